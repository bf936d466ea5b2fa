//! The first and last address of every range in the IANA special-purpose registries, and the public addresses just
//! outside.

use std::net::IpAddr;

use egress::special_use;

fn of(text: &str) -> Option<&'static str> {
    special_use(text.parse::<IpAddr>().unwrap())
}

/// Typed from the IANA IPv4 Special-Purpose Address Registry and the IPv4 multicast registry.
#[test]
fn s_23_every_ipv4_range_of_special_use_is_known() {
    for (first, last, use_) in [
        ("0.0.0.0", "0.255.255.255", "this network"),
        ("10.0.0.0", "10.255.255.255", "private use"),
        ("100.64.0.0", "100.127.255.255", "shared address space"),
        ("127.0.0.0", "127.255.255.255", "loopback"),
        ("169.254.0.0", "169.254.255.255", "link-local"),
        ("172.16.0.0", "172.31.255.255", "private use"),
        ("192.0.0.0", "192.0.0.255", "IETF protocol assignments"),
        ("192.0.0.8", "192.0.0.9", "IETF protocol assignments"),
        ("192.0.0.170", "192.0.0.171", "IETF protocol assignments"),
        ("192.0.2.0", "192.0.2.255", "documentation"),
        ("192.31.196.0", "192.31.196.255", "AS112"),
        ("192.52.193.0", "192.52.193.255", "AMT"),
        ("192.88.99.0", "192.88.99.255", "6to4 relay"),
        ("192.168.0.0", "192.168.255.255", "private use"),
        ("192.175.48.0", "192.175.48.255", "AS112"),
        ("198.18.0.0", "198.19.255.255", "benchmarking"),
        ("198.51.100.0", "198.51.100.255", "documentation"),
        ("203.0.113.0", "203.0.113.255", "documentation"),
        ("224.0.0.0", "239.255.255.255", "multicast"),
        ("240.0.0.0", "255.255.255.254", "reserved"),
        ("255.255.255.255", "255.255.255.255", "broadcast"),
    ] {
        assert_eq!((of(first), of(last)), (Some(use_), Some(use_)), "{first} to {last}");
    }
}

/// Typed from the IANA IPv6 Special-Purpose Address Registry, RFC 4291 and the IPv6 multicast registry.
#[test]
fn s_23_every_ipv6_range_of_special_use_is_known() {
    for (first, last, use_) in [
        ("::", "::", "unspecified"),
        ("::1", "::1", "loopback"),
        ("::2", "::ffff:ffff", "IPv4-compatible"),
        ("::ffff:0.0.0.0", "::ffff:255.255.255.255", "IPv4-mapped"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local NAT64"),
        ("100::", "100::ffff:ffff:ffff:ffff", "discard-only"),
        ("100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "dummy prefix"),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"),
        ("2001:1::1", "2001:1::3", "IETF protocol assignments"),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking"),
        ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "AMT"),
        ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", "AS112"),
        ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID"),
        ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHIDv2"),
        ("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "drone remote ID"),
        (
            "2001:40::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "IETF protocol assignments",
        ),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"),
        ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "AS112"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"),
        ("200::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast"),
        (
            "4000::",
            "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "not global unicast",
        ),
        (
            "6000::",
            "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "not global unicast",
        ),
    ] {
        assert_eq!((of(first), of(last)), (Some(use_), Some(use_)), "{first} to {last}");
    }
}

/// The addresses at which AWS, Google, Azure, Oracle and Alibaba answer their machines, from their manuals.
#[test]
fn s_23_cloud_metadata_is_known() {
    for address in [
        "169.254.169.254",
        "fd00:ec2::254",
        "fd20:ce::254",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "64:ff9b::169.254.169.254",
    ] {
        assert_eq!(of(address), Some("cloud metadata"), "{address}");
    }
}

#[test]
fn behind_nat64_the_inner_address_decides() {
    assert_eq!(of("64:ff9b::8.8.8.8"), None);
    assert_eq!(of("64:ff9b::127.0.0.1"), Some("loopback"));
    assert_eq!(of("64:ff9b::10.1.2.3"), Some("private use"));
    assert_eq!(of("64:ff9b::1:0:0"), Some("not global unicast"), "outside the /96");
}

#[test]
fn public_addresses_just_outside_are_public() {
    for address in [
        "1.0.0.0",
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.31.195.255",
        "192.31.197.0",
        "192.52.192.255",
        "192.52.194.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "192.175.47.255",
        "192.175.49.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:200::",
        "2001:4860:4860::8888",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2606:4700:4700::1111",
        "2620:4f:7fff::",
        "2620:4f:8001::",
        "2a00::",
        "3ffe::",
        "3fff:1000::",
        "3fff:ffff::",
    ] {
        assert_eq!(of(address), None, "{address}");
    }
}
