//! What a tracker tells the members of its pool: keys, and who may have what. This crate does not know what any of it
//! means, and statements are bytes to it.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{MAX_AUDIENCES, MAX_BATCH, MAX_STOCK_HOSTS, MAX_STOCK_ITEMS, MAX_SUBJECTS, MAX_VOIDED, bounded};
use crate::id::{InfoHash, PeerId, WireHash};

/// An Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        match bytes.as_slice().try_into() {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(D::Error::invalid_length(bytes.len(), &"32 bytes")),
        }
    }
}

/// What has changed for a member, or all that it has to know at the beginning of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// How many changes the tracker has made.
    pub epoch: u64,
    /// Keys whose passes are void.
    #[serde(default, deserialize_with = "bounded::list::<MAX_VOIDED, _, _>")]
    pub voided: Vec<Voided>,
    /// The audiences that the items have, as far as they were not told before.
    #[serde(default, deserialize_with = "bounded::list::<MAX_AUDIENCES, _, _>")]
    pub audiences: Vec<Audience>,
    /// Items, at most [`MAX_BATCH`].
    #[serde(default, deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
    pub items: Vec<ItemAudience>,
    /// Items of this peer that stock clients may fetch from it, or may no more; answered by `TakesStock`. A peer that does
    /// not know of it takes no stock client.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "bounded::list::<MAX_STOCK_ITEMS, _, _>"
    )]
    pub stock: Vec<StockItem>,
}

/// Which stock clients may fetch an item, all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockItem {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// The info-hash of its private form, which they name; `None`: no stock client may have it any more.
    pub private: Option<WireHash>,
    /// Where those are that have announced under a key that holds.
    #[serde(deserialize_with = "bounded::list::<MAX_STOCK_HOSTS, _, _>")]
    pub hosts: Vec<StockHost>,
}

/// Where a stock client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockHost {
    /// The address that it connects from, whatever the port.
    pub ip: IpAddr,
    /// Seconds until it may fetch no more, unless it announces again.
    pub seconds: u32,
}

/// That passes of a key are void which were made before a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voided {
    /// The key.
    pub key: Key,
    /// Seconds since 1970: passes made earlier are void.
    pub before: u64,
    /// Seconds since 1970 when the last of them has expired.
    pub expires: u64,
}

/// Who may see, get and give an item: each a sorted list of at most [`MAX_SUBJECTS`] subjects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Its number, which is never given to another.
    pub id: u32,
    /// Who may know that it exists.
    #[serde(deserialize_with = "bounded::list::<MAX_SUBJECTS, _, _>")]
    pub see: Vec<u32>,
    /// Who may fetch it.
    #[serde(deserialize_with = "bounded::list::<MAX_SUBJECTS, _, _>")]
    pub get: Vec<u32>,
    /// Who may share it.
    #[serde(deserialize_with = "bounded::list::<MAX_SUBJECTS, _, _>")]
    pub give: Vec<u32>,
}

/// The audience of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemAudience {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// The number of its audience; `None`: this peer has nothing to do with the item any more.
    pub audience: Option<u32>,
}

/// What passed of an item between a peer and a device of another member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// The key of the device.
    pub key: Key,
    /// Payload bytes that this peer fetched from it.
    pub fetched: u64,
    /// Payload bytes that this peer gave to it.
    pub given: u64,
}

/// What a peer gave of an item to a stock client, which tells nothing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockTransfer {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// What the client called itself towards this peer.
    pub peer_id: PeerId,
    /// Where it connected from.
    pub ip: IpAddr,
    /// Payload bytes that this peer gave to it.
    pub given: u64,
}
