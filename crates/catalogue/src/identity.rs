//! How peers are told apart.

use std::{hash::Hasher, net::IpAddr};

use peerpool_wire::{channel::SessionSecret, id::PeerId};
use siphasher::sip::SipHasher13;

/// A peer's identity in a few bytes: a digest of what only the peer itself repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity(pub(crate) u64);

/// Derives identities from what peers say: SipHash-1-3 of one byte that tells what follows, and that. The key keeps
/// strangers from computing another peer's identity; nodes of a pool share it, and so the identities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identify {
    hasher: SipHasher13,
}

impl Identify {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self { hasher: SipHasher13::new_with_key(key) }
    }

    /// A connected peer.
    pub(crate) fn session(self, peer_id: PeerId) -> Identity {
        self.digest(0, &[peer_id.as_bytes()])
    }

    /// A stock client: with a `key` it is the same at every address (BEP 7), without one only at this address.
    pub(crate) fn stock(self, peer_id: PeerId, key: Option<u64>, ip: IpAddr) -> Identity {
        match (key, ip) {
            (Some(key), _) => self.digest(1, &[peer_id.as_bytes(), &key.to_le_bytes()]),
            (None, IpAddr::V4(ip)) => self.digest(2, &[peer_id.as_bytes(), &ip.octets()]),
            (None, IpAddr::V6(ip)) => self.digest(2, &[peer_id.as_bytes(), &ip.octets()]),
        }
    }

    /// What other nodes are told of a peer's secret.
    pub(crate) fn secret(self, secret: SessionSecret) -> u64 {
        self.digest(3, &[&secret.0]).0
    }

    fn digest(self, kind: u8, parts: &[&[u8]]) -> Identity {
        let mut hasher = self.hasher;
        hasher.write(&[kind]);
        parts.iter().for_each(|part| hasher.write(part));
        Identity(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_stay_the_same_from_release_to_release() {
        let identify = Identify::new(&[7; 16]);
        let peer = PeerId([1; 20]);
        let addresses: [IpAddr; 2] = [[10, 0, 0, 1].into(), "2001:db8::1".parse().unwrap()];
        let all = [
            identify.session(peer).0,
            identify.stock(peer, Some(5), addresses[0]).0,
            identify.stock(peer, None, addresses[0]).0,
            identify.stock(peer, None, addresses[1]).0,
            identify.secret(SessionSecret([9; 16])),
        ];
        // By another implementation of SipHash.
        let expected = [
            0x597487ff55835de9,
            0x5eb947641e261e1b,
            0xabf8d1383434d881,
            0x53c4e39c1194622f,
            0x01d259898e0b8d94,
        ];
        assert_eq!(all, expected);
        assert_eq!(identify.stock(peer, Some(5), addresses[0]), identify.stock(peer, Some(5), addresses[1]));
    }
}
