//! The pool's catalogue, as peers and trackers show it.

use std::net::SocketAddr;

use peerpool_wire::{
    bitfield::Bitfield,
    channel::{self, CatalogueItem, Have, HoldersFound},
    id::{InfoHash, PeerId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One item of the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// What identifies it: its v1 or v2 info-hash, or both as `V1:V2`.
    #[schema(value_type = String)]
    pub hash: InfoHash,
    /// Its v1 info-hash alone.
    pub v1: Option<String>,
    /// Its v2 info-hash alone.
    pub v2: Option<String>,
    /// What people call it; several items may have one name.
    pub name: String,
    /// A file or a folder.
    pub kind: ItemKind,
    /// Bytes of its files, padding not counted.
    pub size: u64,
    /// How many files.
    pub files: u64,
    /// How many pieces.
    pub pieces: u32,
    /// Bytes of a piece.
    pub piece_length: u32,
    /// Whether it is marked private (BEP 27).
    #[serde(default)]
    pub private: bool,
    /// Peers that have all of it.
    pub seeds: u32,
    /// Peers that have some of it.
    pub partial: u32,
    /// Peers that have the same bytes, under other names included; as `seeds` for a folder.
    #[serde(default)]
    pub content_holders: u32,
    /// How many items of this name and other content the pool knows.
    #[serde(default)]
    pub variants: u32,
    /// When the pool first knew it, in seconds since 1970, where that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<u64>,
    /// How much of it the peers online have between them, from 0 to 1, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<f64>,
}

impl From<CatalogueItem> for Item {
    fn from(item: CatalogueItem) -> Self {
        Self {
            hash: item.info_hash,
            v1: item.info_hash.v1().map(|hash| hash.to_string()),
            v2: item.info_hash.v2().map(|hash| hash.to_string()),
            name: item.name,
            kind: item.kind.into(),
            size: item.length,
            files: item.files.into(),
            pieces: item.pieces,
            piece_length: item.piece_length,
            private: item.private,
            seeds: item.seeds,
            partial: item.partial,
            content_holders: item.content_holders,
            variants: item.variants,
            added: item.added,
            completeness: item.completeness.map(|thousandths| f64::from(thousandths) / 1000.0),
        }
    }
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

impl From<channel::ItemKind> for ItemKind {
    fn from(kind: channel::ItemKind) -> Self {
        match kind {
            channel::ItemKind::File => Self::File,
            channel::ItemKind::Folder => Self::Folder,
        }
    }
}

impl From<ItemKind> for channel::ItemKind {
    fn from(kind: ItemKind) -> Self {
        match kind {
            ItemKind::File => Self::File,
            ItemKind::Folder => Self::Folder,
        }
    }
}

/// An item with what the pool knows around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ItemDetail {
    /// The item.
    pub item: Item,
    /// Some of its holders, 100 at most.
    pub holders: Vec<Holder>,
    /// Items with the same content under other names.
    pub twins: Vec<Item>,
    /// Items of the same name with other content.
    pub variants: Vec<Item>,
    /// A magnet link that names the tracker.
    pub magnet: String,
}

/// A peer that has an item, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Holder {
    /// Its peer id, unless it is a stock client that was not heard to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub peer_id: Option<PeerId>,
    /// What it calls itself; stock clients have no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it listens, best address first.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<SocketAddr>,
    /// Whether it has all of the item.
    pub complete: bool,
    /// How many of the item's pieces it has, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u32>,
}

impl Holder {
    /// A holder of an item that has so many pieces.
    pub fn new(holder: channel::Holder, pieces: u32) -> Self {
        let (complete, have) = match &holder.have {
            Have::All => (true, Some(pieces)),
            Have::Some { bitfield, .. } => {
                (false, Bitfield::from_bytes(bitfield, pieces).ok().map(|have| have.count()))
            }
        };
        Self {
            peer_id: holder.peer_id,
            name: holder.name,
            addresses: holder.addresses,
            complete,
            pieces: have,
        }
    }
}

/// Which part of an item's holders to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct HolderQuery {
    /// How many holders to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// At most so many, up to 200; 100 when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A part of an item's holders, in an order that lasts while nobody comes or leaves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HolderPage {
    /// How many there are.
    pub total: u32,
    /// Those of this page.
    pub holders: Vec<Holder>,
}

impl HolderPage {
    /// The holders of an item that has so many pieces.
    pub fn new(found: HoldersFound, pieces: u32) -> Self {
        let holders = found.holders.into_iter().map(|holder| Holder::new(holder, pieces)).collect();
        Self { total: found.total, holders }
    }
}
