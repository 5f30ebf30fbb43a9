//! Names that cross the network: peer ids and hashes.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A text that is not the hexadecimal form of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: write {digits} hexadecimal digits")]
pub struct ParseIdError {
    text: String,
    what: &'static str,
    digits: usize,
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The bytes as they stand on the wire.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads the identifier from exactly as many bytes as it has.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                HEXLOWER_PERMISSIVE
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| Self::from_slice(&bytes))
                    .ok_or_else(|| ParseIdError { text: text.to_owned(), what: $what, digits: $len * 2 })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(D::Error::custom)
                } else {
                    let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
                    Self::from_slice(&bytes)
                        .ok_or_else(|| D::Error::invalid_length(bytes.len(), &concat!($len, " bytes")))
                }
            }
        }
    };
}

byte_id!(
    /// A peer's identity in one run of its process (BEP 3, BEP 20). It grants no rights.
    PeerId, 20, "a peer id");
byte_id!(
    /// A tracker's identity; it keeps it over restarts.
    TrackerId, 16, "a tracker id");
byte_id!(
    /// A SHA-1 digest: a v1 info-hash or piece hash.
    Sha1Hash, 20, "a SHA-1 hash");
byte_id!(
    /// A SHA-256 digest: a v2 info-hash, or a node of a merkle tree (BEP 52).
    Sha256Hash, 32, "a SHA-256 hash");
byte_id!(
    /// The 20 bytes that name a swarm in handshakes and announces: a v1 info-hash, or a v2 info-hash cut to
    /// 20 bytes (BEP 52, "tracker and handshake").
    WireHash, 20, "a 20-byte info-hash");

impl PeerId {
    /// The client prefix of this program's peer ids (BEP 20).
    pub const PREFIX: [u8; 8] = *b"-PP0100-";

    /// A peer id of this program with the given random tail.
    pub fn new(random: [u8; 12]) -> Self {
        let mut id = [0; 20];
        id[..8].copy_from_slice(&Self::PREFIX);
        id[8..].copy_from_slice(&random);
        PeerId(id)
    }

    /// Whether it is one of this program, of whatever version. Anybody may say so.
    pub fn is_peerpool(&self) -> bool {
        self.0.starts_with(b"-PP")
    }
}

/// The identity of an item: its v1 info-hash, its v2 info-hash, or both (hybrid).
///
/// Written as the v2 hash in hexadecimal, or as the v1 hash when there is no v2 hash; a hybrid is
/// serialised as `v1:v2` so that nothing is lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InfoHash {
    v1: Option<Sha1Hash>,
    v2: Option<Sha256Hash>,
}

impl InfoHash {
    /// The identity of a v1-only item.
    pub const fn v1_only(v1: Sha1Hash) -> Self {
        Self { v1: Some(v1), v2: None }
    }

    /// The identity of a v2-only item.
    pub const fn v2_only(v2: Sha256Hash) -> Self {
        Self { v1: None, v2: Some(v2) }
    }

    /// The identity of a hybrid item.
    pub const fn hybrid(v1: Sha1Hash, v2: Sha256Hash) -> Self {
        Self { v1: Some(v1), v2: Some(v2) }
    }

    /// From what is known; `None` when nothing is.
    pub const fn from_parts(v1: Option<Sha1Hash>, v2: Option<Sha256Hash>) -> Option<Self> {
        match (v1, v2) {
            (None, None) => None,
            _ => Some(Self { v1, v2 }),
        }
    }

    /// The v1 info-hash.
    pub const fn v1(&self) -> Option<Sha1Hash> {
        self.v1
    }

    /// The v2 info-hash.
    pub const fn v2(&self) -> Option<Sha256Hash> {
        self.v2
    }

    /// The v1 hash and the truncated v2 hash, as far as they exist: every name this item has on the wire.
    pub fn wire_hashes(&self) -> impl Iterator<Item = WireHash> + use<> {
        self.v1_wire().into_iter().chain(self.v2_wire())
    }

    /// The name of the v1 swarm.
    pub fn v1_wire(&self) -> Option<WireHash> {
        self.v1.map(|hash| WireHash(hash.0))
    }

    /// The name of the v2 swarm: the v2 info-hash cut to 20 bytes.
    pub fn v2_wire(&self) -> Option<WireHash> {
        self.v2.map(|hash| {
            let mut short = [0; 20];
            short.copy_from_slice(&hash.0[..20]);
            WireHash(short)
        })
    }

    /// The name to say first: the v1 hash where there is one (BEP 52, "upgrade path").
    pub fn primary(&self) -> WireHash {
        self.v1_wire().or_else(|| self.v2_wire()).unwrap_or(WireHash([0; 20]))
    }

    /// All of it, as it is read again: 40 digits (v1), 64 digits (v2), or `v1:v2` (hybrid).
    pub fn whole(&self) -> String {
        match (self.v1, self.v2) {
            (Some(v1), Some(v2)) => format!("{v1}:{v2}"),
            _ => self.to_string(),
        }
    }

    /// The first 8 hexadecimal digits, as in `name@hash`.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl fmt::Display for InfoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.v2, self.v1) {
            (Some(v2), _) => v2.fmt(f),
            (None, Some(v1)) => v1.fmt(f),
            (None, None) => Ok(()),
        }
    }
}

impl FromStr for InfoHash {
    type Err = ParseIdError;

    /// Reads 40 digits (v1), 64 digits (v2), or `v1:v2` (hybrid).
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        match text.split_once(':') {
            Some((v1, v2)) => Ok(Self::hybrid(v1.parse()?, v2.parse()?)),
            None if text.len() == 2 * Sha1Hash::LEN => Ok(Self::v1_only(text.parse()?)),
            None => Ok(Self::v2_only(text.parse()?)),
        }
    }
}

impl Serialize for InfoHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.whole())
    }
}

impl<'de> Deserialize<'de> for InfoHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
