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
    /// How many items match in all.
    pub total: u64,
    /// The cursor of the next page; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A peer that has an item, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Holder {
    /// Which peer.
    #[schema(value_type = String)]
    pub peer: PeerId,
    /// What it calls itself.
    pub name: String,
    /// Where it listens.
    #[schema(value_type = String)]
    pub address: SocketAddr,
    /// How many of the item's pieces it has.
    pub pieces: u32,
}
