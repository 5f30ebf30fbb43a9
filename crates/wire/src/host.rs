//! Who is behind an address, as far as a limit can tell.

use std::net::IpAddr;

/// An IPv4 address, or an IPv6 network of 64 bits: whoever has one address of such a network has all of them.
///
/// Many honest peers may share one, behind a NAT or on one machine. So a limit for a host is a share of what there
/// is, and never refuses what nobody else waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Host(IpAddr);

impl Host {
    /// The host that this address belongs to.
    pub fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
            v4 => v4,
        })
    }
}

/// A network, as far as an address tells: an IPv4 network of 24 bits, or an IPv6 network of 64.
///
/// Between two of them there may be a line that is slower than both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Network(u64);

impl Network {
    /// The network that this address belongs to.
    pub fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            // No IPv6 network in use begins with so many zeros.
            IpAddr::V4(v4) => u64::from(v4.to_bits() >> 8),
            IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64,
        })
    }

    /// That of a site, which is none of any address: those that begin like this are of groups (RFC 4291, section 2.7).
    pub(crate) fn of_site(site: u16) -> Self {
        Self(0xffff << 48 | u64::from(site))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_24_bits_of_an_ipv4_address_or_64_of_an_ipv6_one() {
        let network = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(network("10.0.0.1"), network("::ffff:10.0.0.255"));
        assert_ne!(network("10.0.0.1"), network("10.0.1.1"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }

    #[test]
    fn a_network_of_64_bits_is_one_host() {
        let host = |text: &str| Host::of(text.parse().unwrap());
        assert_eq!(host("2001:db8:1:2::1"), host("2001:db8:1:2:ffff::9"));
        assert_ne!(host("2001:db8:1:2::1"), host("2001:db8:1:3::1"));
        assert_eq!(host("10.0.0.1"), host("::ffff:10.0.0.1"));
        assert_ne!(host("10.0.0.1"), host("10.0.0.2"));
    }
}
