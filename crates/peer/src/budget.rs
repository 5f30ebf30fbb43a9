//! What one connection, one host and all of them together may hold of what every one of them needs.
//!
//! Two rules run through it. A host may use whatever is free, and gives way when another waits: many honest peers
//! share an address behind NAT, so shares do better than small fixed limits. And who makes progress keeps its place:
//! whoever is idle, or slow, is the one that gives way.

mod asked;
mod handles;
mod places;
mod queued;
mod seats;
mod spell;

use std::{net::IpAddr, time::Duration};

pub(crate) use self::{
    asked::Asked,
    handles::Handles,
    places::{Notice, Place, Places},
    queued::{AllQueued, Queued, longest_answer, weight},
    spell::Spell,
};

/// Connections over all items; fewer where the process may have few handles ([`Handles`]).
pub(crate) const CONNECTIONS: usize = 2000;
/// Connections whose handshake is not done, over and above.
pub(crate) const HANDSHAKES: usize = 1024;
/// Time that a handshake has while none of its own host waits for longer, however many come.
const HANDSHAKE: Duration = Duration::from_millis(500);
/// Received payload in memory on its way to the disk, in bytes.
pub(crate) const RECEIVED: usize = 24 << 20;
/// Payload in memory on its way to sockets, in bytes.
pub(crate) const SENT: usize = 12 << 20;

/// Those who are one when it comes to shares: an IPv4 address, or an IPv6 network of 64 bits, which one host has for
/// itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Host(IpAddr);

impl Host {
    pub(crate) fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
            v4 => v4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_ipv4_address_or_a_network_of_64_bits() {
        let host = |text: &str| Host::of(text.parse().unwrap());
        assert_eq!(host("2001:db8::1"), host("2001:db8::ffff:1"));
        assert_ne!(host("2001:db8::1"), host("2001:db8:0:1::1"));
        assert_eq!(host("10.0.0.1"), host("::ffff:10.0.0.1"));
        assert_ne!(host("10.0.0.1"), host("10.0.0.2"));
    }
}
