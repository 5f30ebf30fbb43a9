//! Where the bytes of an item are read from: the repository, or a download under way.

use std::sync::Arc;

use peerpool_repository::{PartialItem, ReadError, SharedItem};
use peerpool_swarm::{Item, Tree, Trees};
use peerpool_wire::{bitfield::Bitfield, geometry::Geometry, metainfo::Metainfo};

/// The bytes of an item. Blocks while it reads.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// All of it.
    Shared(Arc<SharedItem>),
    /// What is verified of it.
    Partial(Arc<PartialItem>),
}

impl Content {
    /// Fills `buffer` with the bytes from `offset` in the piece space on. Only pieces that are verified may be read.
    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        match self {
            Self::Shared(item) => item.read_at(offset, buffer),
            Self::Partial(item) => item.read_at(offset, buffer),
        }
    }

    pub(crate) fn metainfo(&self) -> Arc<Metainfo> {
        match self {
            Self::Shared(item) => item.metainfo().clone(),
            Self::Partial(item) => item.metainfo(),
        }
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        match self {
            Self::Shared(item) => item.geometry(),
            Self::Partial(item) => item.geometry(),
        }
    }

    /// The pieces that are verified.
    pub(crate) fn have(&self) -> Bitfield {
        match self {
            Self::Shared(item) => Bitfield::all(item.geometry().piece_count()),
            Self::Partial(item) => item.verified_at_open().clone(),
        }
    }

    /// The item as its swarm knows it.
    pub(crate) fn swarm_item(&self) -> Item {
        let metainfo = self.metainfo();
        Item {
            geometry: Arc::new(self.geometry().clone()),
            metadata: bytes::Bytes::copy_from_slice(metainfo.info.raw()),
            trees: Arc::new(trees(&metainfo)),
        }
    }
}

fn trees(metainfo: &Metainfo) -> Trees {
    let files = metainfo.info.files().iter().filter_map(|file| {
        let root = file.root?;
        let tree = Tree {
            length: file.length,
            offset: file.offset,
            layer: metainfo.piece_layers.layer(root).unwrap_or_default().to_vec(),
        };
        Some((root, tree))
    });
    Trees::new(metainfo.info.piece_length(), files)
}
