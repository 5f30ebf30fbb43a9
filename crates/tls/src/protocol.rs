//! What is spoken over TLS, and with whom.

use peerpool_access::key::PublicKey;
use subtle::{Choice, ConstantTimeEq as _};

/// What the ends of a connection speak over TLS. They name it in the handshake (RFC 7301), so that nothing which was
/// meant for one is ever taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// BitTorrent among the peers of a pool.
    Peer,
    /// HTTP with the pool's tracker, the channel included.
    Tracker,
    /// What trackers that are one pool tell each other.
    Link,
}

impl Protocol {
    /// Its name in the handshake.
    pub fn name(self) -> &'static str {
        match self {
            Self::Peer => "peerpool-peer/1",
            Self::Tracker => "peerpool/1",
            Self::Link => "peerpool-link/1",
        }
    }
}

/// Whom a dialer talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The owner of one of these keys.
    OneOf(Vec<PublicKey>),
    /// Whoever has a key. What it is worth is found out afterwards, before anything is said that matters.
    Anybody,
}

impl Expected {
    /// Whether the owner of this key is talked to. How long it takes does not depend on the keys.
    pub(crate) fn includes(&self, key: &PublicKey) -> bool {
        match self {
            Self::OneOf(keys) => {
                keys.iter().fold(Choice::from(0), |found, one| found | one.0.ct_eq(&key.0)).into()
            }
            Self::Anybody => true,
        }
    }
}

impl From<PublicKey> for Expected {
    fn from(key: PublicKey) -> Self {
        Self::OneOf(vec![key])
    }
}
