//! What a client speaks, told from the first byte that it sends: one port is for all of it.

/// A protocol above TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1 as plain text.
    Http,
    /// TLS: a handshake record comes first (RFC 8446, section 5.1). Nodes link by it, and a pool for members
    /// serves it to everybody.
    Tls,
}

/// The content type of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

impl Protocol {
    /// What a client speaks that sent this; `None` while it has sent nothing.
    pub(crate) fn of(received: &[u8]) -> Option<Self> {
        match *received.first()? {
            TLS_HANDSHAKE => Some(Self::Tls),
            _ => Some(Self::Http),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_by_its_first_byte() {
        assert_eq!(Protocol::of(b""), None);
        assert_eq!(Protocol::of(b"G"), Some(Protocol::Http));
        assert_eq!(Protocol::of(b"GET /announce?"), Some(Protocol::Http));
        assert_eq!(Protocol::of(b"\x16\x03\x01\x02\x00\x01"), Some(Protocol::Tls));
    }
}
