//! The first 68 bytes of a connection between two peers (BEP 3, BEP 4).

use crate::id::{PeerId, WireHash};

const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// What the reserved bits say (BEP 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Features {
    /// The extension protocol (BEP 10).
    pub extension: bool,
    /// The fast extension (BEP 6).
    pub fast: bool,
    /// The sender of a v1 hash also knows the v2 hash of the item (BEP 52, "upgrade path").
    pub v2: bool,
}

/// A handshake. The same type is sent and received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// What the sender can do.
    pub features: Features,
    /// Which swarm it is about.
    pub swarm: WireHash,
    /// The sender's peer id.
    pub peer_id: PeerId,
}

/// Bytes that do not begin a connection between peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side does not speak BitTorrent (no handshake as in BEP 3)")]
pub struct NotAHandshake;

impl Handshake {
    /// Length in bytes.
    pub const LEN: usize = 68;
    /// The byte that it begins with.
    pub const FIRST: u8 = PROTOCOL[0];

    /// The handshake's 68 bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..20].copy_from_slice(PROTOCOL);
        bytes[25] = if self.features.extension { 0x10 } else { 0 };
        bytes[27] = if self.features.fast { 0x04 } else { 0 } | if self.features.v2 { 0x10 } else { 0 };
        bytes[28..48].copy_from_slice(self.swarm.as_bytes());
        bytes[48..].copy_from_slice(self.peer_id.as_bytes());
        bytes
    }

    /// Reads a handshake; reserved bits other than these are ignored (BEP 3, 6, 10, 52).
    ///
    /// # Errors
    ///
    /// The bytes do not begin with BitTorrent's length and name.
    pub fn decode(bytes: &[u8; Self::LEN]) -> Result<Self, NotAHandshake> {
        let (Some(swarm), Some(peer_id)) =
            (WireHash::from_slice(&bytes[28..48]), PeerId::from_slice(&bytes[48..]))
        else {
            return Err(NotAHandshake);
        };
        if &bytes[..20] != PROTOCOL {
            return Err(NotAHandshake);
        }
        let features = Features {
            extension: bytes[25] & 0x10 != 0,
            fast: bytes[27] & 0x04 != 0,
            v2: bytes[27] & 0x10 != 0,
        };
        Ok(Self { features, swarm, peer_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_reads_back_as_written() {
        let handshake = Handshake {
            features: Features { extension: true, fast: true, v2: false },
            swarm: WireHash([7; 20]),
            peer_id: PeerId::new([9; 12]),
        };
        let bytes = handshake.encode();
        assert_eq!(bytes[20..28], [0, 0, 0, 0, 0, 0x10, 0, 0x04]);
        assert_eq!(Handshake::decode(&bytes), Ok(handshake));
    }

    #[test]
    fn another_protocol_is_recognized() {
        let mut bytes = [0; 68];
        bytes[..14].copy_from_slice(b"GET / HTTP/1.1");
        assert_eq!(Handshake::decode(&bytes), Err(NotAHandshake));
    }
}
