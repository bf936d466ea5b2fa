//! A range of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address prefix such as `10.0.0.0/8` or `fc00::/7` (RFC 4632 s3.1, RFC 4291 s2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    base: IpAddr,
    prefix_bits: u8,
}

/// The text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network is written as address/prefix, with no bit set after the prefix: 10.0.0.0/8, fc00::/7, 192.0.2.1/32")]
pub struct NetworkSyntax;

impl Network {
    /// Loopback of both families; `localhost` needs both.
    pub const LOOPBACK: [Network; 2] = [
        Network::v4([127, 0, 0, 0], 8),
        Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
    ];

    pub(crate) const fn v4(octets: [u8; 4], prefix_bits: u8) -> Self {
        Self {
            base: IpAddr::V4(Ipv4Addr::from_octets(octets)),
            prefix_bits,
        }
    }

    pub(crate) const fn v6(segments: [u16; 8], prefix_bits: u8) -> Self {
        Self {
            base: IpAddr::V6(Ipv6Addr::from_segments(segments)),
            prefix_bits,
        }
    }

    /// Whether the address lies in this range; an IPv4 address lies in no IPv6 range, mapped or not.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differing = u32::from(base) ^ u32::from(address);
                differing
                    .checked_shr(32_u32.saturating_sub(self.prefix_bits.into()))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differing = u128::from(base) ^ u128::from(address);
                differing
                    .checked_shr(128_u32.saturating_sub(self.prefix_bits.into()))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkSyntax;

    fn from_str(text: &str) -> Result<Self, NetworkSyntax> {
        let (base, prefix) = text.split_once('/').ok_or(NetworkSyntax)?;
        let base: IpAddr = base.parse().map_err(|_| NetworkSyntax)?;
        if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NetworkSyntax);
        }
        let prefix_bits: u8 = prefix.parse().map_err(|_| NetworkSyntax)?;
        let (prefix_bits_max, host_bits) = match base {
            IpAddr::V4(ip) => (32, u32::from(ip).checked_shl(prefix_bits.into()).unwrap_or(0) != 0),
            IpAddr::V6(ip) => (128, u128::from(ip).checked_shl(prefix_bits.into()).unwrap_or(0) != 0),
        };
        if prefix_bits > prefix_bits_max || host_bits {
            return Err(NetworkSyntax);
        }
        Ok(Self { base, prefix_bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix_bits)
    }
}
