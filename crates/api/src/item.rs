//! The pool's catalogue as a peer sees it.

use std::net::SocketAddr;

use peerpool_wire::id::{InfoHash, PeerId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One item of the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// What identifies it.
    #[schema(value_type = String)]
    pub hash: InfoHash,
    /// What people call it; several items may have one name.
    pub name: String,
    /// A file or a folder.
    pub kind: ItemKind,
    /// Bytes of its files, padding not counted.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
    /// How many pieces.
    pub pieces: u32,
    /// Bytes of a piece.
    pub piece_bytes: u32,
    /// Peers that have all of it.
    pub complete: u32,
    /// Peers that have some of it.
    pub partial: u32,
    /// Peers that have the same bytes, under other names included; as `complete` for a folder.
    #[serde(default)]
    pub content_holders: u32,
    /// How many items of this name and other content the pool knows.
    #[serde(default)]
    pub variants: u32,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// One file.
    File,
    /// A folder of files.
    Folder,
}

/// Which items to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(default)]
pub struct ItemQuery {
    /// Only items whose name contains all these words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most so many; the tracker may give fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A part of the catalogue, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ItemPage {
    /// The items of this page.
    pub items: Vec<Item>,
    /// The cursor of the next page; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A peer that has an item, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Holder {
    /// Which peer, unless it is a stock client that was not heard to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub peer: Option<PeerId>,
    /// What it calls itself; stock clients have no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it listens, best address first.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<SocketAddr>,
    /// How many of the item's pieces it has.
    pub pieces: u32,
}
