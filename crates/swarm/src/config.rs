//! What a swarm is told at its start.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use peerpool_wire::{geometry::Geometry, id::PeerId, metainfo::Metainfo};

use crate::{Form, trees::Trees};

/// The item that a swarm exchanges. What few peers ask for is made when the first does: with 20,000 files it takes its
/// time.
#[derive(Clone, Debug)]
pub struct Item {
    /// How it is cut into pieces and files.
    pub geometry: Arc<Geometry>,
    metainfo: Option<Arc<Metainfo>>,
    v1_metadata: OnceLock<Bytes>,
    trees: OnceLock<Trees>,
}

impl Item {
    /// The item that a .torrent file describes.
    pub fn new(metainfo: Arc<Metainfo>) -> Self {
        Self { metainfo: Some(metainfo.clone()), ..Self::nameless(metainfo.info.geometry().clone()) }
    }

    /// An item of which nothing but the geometry is known, so that nobody is told more.
    pub fn nameless(geometry: Arc<Geometry>) -> Self {
        Self { geometry, metainfo: None, v1_metadata: OnceLock::new(), trees: OnceLock::new() }
    }

    /// The info dictionary for a peer that knows the item by this name (BEP 9). Empty: not given.
    pub(crate) fn metadata_of(&self, form: Form) -> Bytes {
        let Some(metainfo) = &self.metainfo else {
            return Bytes::new();
        };
        let v1_form = || metainfo.v1_form_raw().map_or_else(Bytes::new, Bytes::from);
        match form {
            Form::Canonical => metainfo.info.raw().clone(),
            Form::V1 => self.v1_metadata.get_or_init(v1_form).clone(),
        }
    }

    /// The files' merkle trees down to the piece layers (BEP 52). Empty for a v1-only item.
    pub(crate) fn trees(&self) -> &Trees {
        let made = || self.metainfo.as_ref().map(|metainfo| Trees::new(metainfo)).unwrap_or_default();
        self.trees.get_or_init(made)
    }
}

/// Settings of a swarm.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our own peer id.
    pub peer_id: PeerId,
    /// The port we listen on, told to peers in the extension handshake.
    pub port: u16,
    /// Whether its peers are members of a pool, who show each other passes.
    pub passes: bool,
    /// Peers served at a time.
    pub upload_slots: usize,
    /// Connections kept, incoming ones included.
    pub max_connections: usize,
    /// Connections that we open ourselves, so that a pool's peers form a random regular graph.
    pub wanted_connections: usize,
    /// Longest request that we answer, and make where the other side agrees, in bytes.
    pub max_request: u32,
    /// Bytes of blocks that may be handed out unsent over all connections.
    pub max_unsent: u32,
    /// Whether a complete peer shows its pieces one by one while several peers need them (docs/swarm.md).
    pub super_seed: bool,
    /// The name and version told to peers.
    pub client: String,
}

impl Config {
    /// Settings that suit a local network.
    pub fn new(peer_id: PeerId, port: u16) -> Self {
        Self {
            peer_id,
            port,
            passes: false,
            upload_slots: 40,
            max_connections: 80,
            wanted_connections: 14,
            max_request: 1 << 20,
            max_unsent: 16 << 20,
            super_seed: true,
            client: concat!("Peerpool ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
