//! What the channel's messages are made of: items, holders and peers, as both sides see them.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{Key, MAX_ADDRESSES, MAX_BITFIELD, MAX_HOLDERS, MAX_NAME, bounded};
use crate::id::{InfoHash, PeerId};

/// Which part of an item a peer has. Only verified pieces count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Have {
    /// Every piece.
    All,
    /// Some pieces, possibly none.
    Some {
        /// How many pieces the item has.
        pieces: u32,
        /// One bit a piece, the first piece in the highest bit of the first byte (BEP 3, "bitfield"); empty when
        /// the peer has nothing yet or (from the tracker) when only its presence is known.
        #[serde(
            serialize_with = "serde_bytes::serialize",
            deserialize_with = "bounded::bytes::<MAX_BITFIELD, _>"
        )]
        bitfield: Vec<u8>,
    },
}

impl Have {
    /// Whether this is every piece.
    pub const fn is_all(&self) -> bool {
        matches!(self, Have::All)
    }
}

/// One item as a peer registers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemState {
    /// The item's info-hash.
    pub info_hash: InfoHash,
    /// What the peer has of it.
    pub have: Have,
}

/// Whether an item is one file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A single file.
    File,
    /// A folder of files.
    Folder,
}

/// One item as the tracker knows it: facts from its verified metainfo, counts from who is online now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueItem {
    /// The v1 or v2 info-hash, or both for a hybrid.
    pub info_hash: InfoHash,
    /// Its name: the top-level entry of a repository.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// Whether it is one file or a folder.
    pub kind: ItemKind,
    /// Bytes of content, without padding.
    pub length: u64,
    /// Bytes in a piece; a power of two for everything but odd v1 items.
    pub piece_length: u32,
    /// Number of pieces.
    pub pieces: u32,
    /// How many files (without pad files).
    pub files: u32,
    /// Whether the item is marked private (BEP 27).
    pub private: bool,
    /// Peers online that have all of it.
    pub seeds: u32,
    /// Peers online that have part of it, or nothing yet and are fetching it.
    pub partial: u32,
    /// Peers online that have all of its content, the same bytes under another name included.
    /// The same as `seeds` for a folder.
    pub content_holders: u32,
    /// How many other items of this name, with other content, somebody online has.
    pub variants: u32,
    /// When it became known, in seconds since 1970, where that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<u64>,
    /// How much of it peers online have between them, in thousandths, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<u16>,
}

/// A peer to fetch an item from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its peer id; `None` for a stock client that has not told one.
    pub peer_id: Option<PeerId>,
    /// Its display name; stock clients have none.
    #[serde(deserialize_with = "bounded::optional_text::<MAX_NAME, _>")]
    pub name: Option<String>,
    /// Where it listens, best address first.
    #[serde(deserialize_with = "bounded::list::<MAX_ADDRESSES, _, _>")]
    pub addresses: Vec<SocketAddr>,
    /// The pieces it has.
    pub have: Have,
    /// The key that it proves to have, in a pool for members: whoever else is there is not talked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
}

/// An item whose single file has the same bytes (BEP 52 `pieces root`) as the item asked for, under another name.
/// Its pieces are the same too when `piece_length` is; fetch them under this item's info-hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// The item to fetch instead.
    pub item: CatalogueItem,
    /// The holders to name, best first.
    #[serde(deserialize_with = "bounded::list::<MAX_HOLDERS, _, _>")]
    pub holders: Vec<Holder>,
}

/// A peer connected to the tracker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerInfo {
    /// The peer id that it told in its hello.
    pub peer_id: PeerId,
    /// A name for people; not unique.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// Its program and version.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub agent: String,
    /// Its address as the tracker sees it.
    pub ip: IpAddr,
    /// The port it listens on for peers; 0 when it cannot be reached.
    pub port: u16,
    /// Whether the tracker could connect to it; `None` while it has not tried.
    #[serde(default)]
    pub reachable: Option<bool>,
    /// How many items it registered.
    pub items: u32,
    /// Seconds since it connected.
    pub connected_seconds: u64,
}
