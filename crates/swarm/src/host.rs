//! Who is behind an address, as far as a limit can tell.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An IPv4 address, or the network of an IPv6 address: whoever has one address of the 64 bits has all of them.
///
/// Many honest peers may share one, behind a NAT or on one machine. So a limit for a host is a share of what there is, and
/// never refuses what nobody else waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Host(IpAddr);

impl Host {
    /// The host of an address.
    pub(crate) fn of(addr: SocketAddr) -> Self {
        match addr.ip().to_canonical() {
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            v4 => Self(v4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_64_bits_is_one_host() {
        let host = |text: &str| Host::of(text.parse().unwrap());
        assert_eq!(host("[2001:db8:1:2::1]:5"), host("[2001:db8:1:2:ffff::9]:6"));
        assert_ne!(host("[2001:db8:1:2::1]:5"), host("[2001:db8:1:3::1]:5"));
        assert_eq!(host("10.0.0.1:1"), host("[::ffff:10.0.0.1]:2"));
        assert_ne!(host("10.0.0.1:1"), host("10.0.0.2:1"));
    }
}
