//! The API's answers. They are shapes of their own, so that the channel can change without them.

use peerpool_wire::{
    bitfield::Bitfield,
    channel::{CatalogueItem, Have, Holder, ItemKind, PeerInfo},
};
use serde::Serialize;
use utoipa::ToSchema;

/// An item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemView {
    /// The name.
    name: String,
    /// The v1 info-hash in hexadecimal.
    v1: Option<String>,
    /// The v2 info-hash in hexadecimal.
    v2: Option<String>,
    /// `file` or `folder`.
    kind: &'static str,
    /// Bytes of content.
    length: u64,
    /// Bytes in a piece.
    piece_length: u32,
    /// How many pieces.
    pieces: u32,
    /// How many files.
    files: u32,
    /// Whether it is private (BEP 27).
    private: bool,
    /// Peers that have all of it.
    seeds: u32,
    /// Peers that have not all of it.
    partial: u32,
    /// Peers that have all of its content, other names included.
    content_holders: u32,
    /// Other items of this name.
    variants: u32,
}

impl From<CatalogueItem> for ItemView {
    fn from(item: CatalogueItem) -> Self {
        Self {
            name: item.name,
            v1: item.info_hash.v1().map(|hash| hash.to_string()),
            v2: item.info_hash.v2().map(|hash| hash.to_string()),
            kind: match item.kind {
                ItemKind::File => "file",
                ItemKind::Folder => "folder",
            },
            length: item.length,
            piece_length: item.piece_length,
            pieces: item.pieces,
            files: item.files,
            private: item.private,
            seeds: item.seeds,
            partial: item.partial,
            content_holders: item.content_holders,
            variants: item.variants,
        }
    }
}

/// A page of items.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemPage {
    /// The items, ordered by name.
    pub(crate) items: Vec<ItemView>,
    /// The `cursor` of the next page; none at the end.
    pub(crate) next: Option<String>,
}

/// An item and some of its holders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemDetail {
    /// The item.
    pub(crate) item: ItemView,
    /// Some of its holders.
    pub(crate) holders: Vec<HolderView>,
    /// Items with the same content under other names.
    pub(crate) twins: Vec<ItemView>,
    /// Items of the same name with other content.
    pub(crate) variants: Vec<ItemView>,
    /// A magnet link.
    pub(crate) magnet: String,
}

/// Who has an item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HolderView {
    /// Its display name; stock clients have none.
    name: Option<String>,
    /// Where it listens.
    addresses: Vec<String>,
    /// Whether it has everything.
    complete: bool,
    /// How many pieces it has, as far as it is known.
    pieces: Option<u32>,
}

impl HolderView {
    /// A holder of an item with so many pieces.
    pub(crate) fn new(holder: Holder, pieces: u32) -> Self {
        let (complete, have) = match &holder.have {
            Have::All => (true, Some(pieces)),
            Have::Some { bitfield, .. } => {
                (false, Bitfield::from_bytes(bitfield, pieces).ok().map(|bits| bits.count()))
            }
        };
        Self {
            name: holder.name,
            addresses: holder.addresses.iter().map(ToString::to_string).collect(),
            complete,
            pieces: have,
        }
    }
}

/// A connected peer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeerView {
    /// Its display name.
    name: String,
    /// Its program and version.
    agent: String,
    /// Its peer id in hexadecimal.
    peer_id: String,
    /// Its address.
    address: String,
    /// Whether the tracker could connect to it; none while it has not tried.
    reachable: Option<bool>,
    /// How many items it registered.
    items: u32,
    /// Seconds since it connected.
    connected_seconds: u64,
}

impl From<PeerInfo> for PeerView {
    fn from(peer: PeerInfo) -> Self {
        Self {
            name: peer.name,
            agent: peer.agent,
            peer_id: peer.peer_id.to_string(),
            address: std::net::SocketAddr::new(peer.ip, peer.port).to_string(),
            reachable: peer.reachable,
            items: peer.items,
            connected_seconds: peer.connected_seconds,
        }
    }
}

/// The connected peers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeerList {
    /// Some of them.
    pub(crate) peers: Vec<PeerView>,
    /// How many there are.
    pub(crate) total: u32,
}

/// How the tracker is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// The tracker's id.
    pub(crate) tracker: String,
    /// The tracker's display name.
    pub(crate) name: String,
    /// The program's version.
    pub(crate) version: &'static str,
    /// Connected peers.
    pub(crate) peers: usize,
    /// Known items.
    pub(crate) items: usize,
    /// Names of swarms.
    pub(crate) swarms: usize,
    /// Seconds since the tracker started.
    pub(crate) uptime_seconds: u64,
}
