//! Addresses that are not the public Internet.
//!
//! Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), the multicast registries, RFC 4291,
//! and the addresses at which clouds answer their own machines. Entries that the registries call globally reachable,
//! such as AS112, are refused like the rest: no stranger serves documents there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Network;

/// What the address is set aside for, or nothing if it is an ordinary public one.
pub fn special_use(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(_) => listed(V4, ip),
        IpAddr::V6(v6) => match behind_nat64(v6) {
            // In a network without IPv4, DNS64 gives every IPv4-only host such an address: what lies behind it decides.
            Some(v4) => listed(V4, IpAddr::V4(v4)),
            None => listed(V6, ip).or_else(|| (!GLOBAL_UNICAST.contains(ip)).then_some("not global unicast")),
        },
    }
}

fn listed(table: &[(Network, &'static str)], ip: IpAddr) -> Option<&'static str> {
    table
        .iter()
        .find(|(network, _)| network.contains(ip))
        .map(|(_, use_)| *use_)
}

/// The IPv4 address inside the well-known NAT64 prefix (RFC 6052 s2.1).
fn behind_nat64(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    NAT64.contains(IpAddr::V6(ip)).then(|| {
        let [.., a, b, c, d] = ip.octets();
        Ipv4Addr::new(a, b, c, d)
    })
}

const NAT64: Network = Network::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// All that IANA has opened for ordinary use (RFC 4291 s2.4); whatever lies outside is reserved, known or not.
const GLOBAL_UNICAST: Network = Network::v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The first that fits names the use, so narrow ranges stand before wide ones.
const V4: &[(Network, &str)] = &[
    (Network::v4([169, 254, 169, 254], 32), "cloud metadata"),
    (Network::v4([168, 63, 129, 16], 32), "cloud metadata"),
    (Network::v4([100, 100, 100, 200], 32), "cloud metadata"),
    (Network::v4([192, 0, 0, 192], 32), "cloud metadata"),
    (Network::v4([0, 0, 0, 0], 8), "this network"),
    (Network::v4([10, 0, 0, 0], 8), "private use"),
    (Network::v4([100, 64, 0, 0], 10), "shared address space"),
    (Network::v4([127, 0, 0, 0], 8), "loopback"),
    (Network::v4([169, 254, 0, 0], 16), "link-local"),
    (Network::v4([172, 16, 0, 0], 12), "private use"),
    (Network::v4([192, 0, 0, 0], 24), "IETF protocol assignments"),
    (Network::v4([192, 0, 2, 0], 24), "documentation"),
    (Network::v4([192, 31, 196, 0], 24), "AS112"),
    (Network::v4([192, 52, 193, 0], 24), "AMT"),
    (Network::v4([192, 88, 99, 0], 24), "6to4 relay"),
    (Network::v4([192, 168, 0, 0], 16), "private use"),
    (Network::v4([192, 175, 48, 0], 24), "AS112"),
    (Network::v4([198, 18, 0, 0], 15), "benchmarking"),
    (Network::v4([198, 51, 100, 0], 24), "documentation"),
    (Network::v4([203, 0, 113, 0], 24), "documentation"),
    (Network::v4([224, 0, 0, 0], 4), "multicast"),
    (Network::v4([255, 255, 255, 255], 32), "broadcast"),
    (Network::v4([240, 0, 0, 0], 4), "reserved"),
];

const V6: &[(Network, &str)] = &[
    (
        Network::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128),
        "cloud metadata",
    ),
    (Network::v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), "cloud metadata"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (Network::v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "IPv4-mapped"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible"),
    (Network::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "local NAT64"),
    (Network::v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discard-only"),
    (Network::v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), "dummy prefix"),
    (Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo"),
    (Network::v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "benchmarking"),
    (Network::v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32), "AMT"),
    (Network::v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48), "AS112"),
    (Network::v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28), "ORCHID"),
    (Network::v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28), "ORCHIDv2"),
    (Network::v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28), "drone remote ID"),
    (
        Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        "IETF protocol assignments",
    ),
    (Network::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (Network::v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4"),
    (Network::v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), "AS112"),
    (Network::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
    (Network::v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "segment routing"),
    (Network::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique local"),
    (Network::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (Network::v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (Network::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];
