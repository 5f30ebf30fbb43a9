//! What proves that two connections are of the same peer.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Chosen at random once per process, told to the tracker alone. Whoever knows it may take over the peer's session.
#[derive(Clone, Copy, Eq)]
pub struct SessionSecret(pub [u8; 16]);

impl PartialEq for SessionSecret {
    /// Takes the same time wherever the difference is.
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl fmt::Debug for SessionSecret {
    /// Never shown, so that it reaches no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl Serialize for SessionSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for SessionSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        match bytes.as_slice().try_into() {
            Ok(secret) => Ok(Self(secret)),
            Err(_) => Err(D::Error::invalid_length(bytes.len(), &"16 bytes")),
        }
    }
}
