//! Where the bytes of an item are read from: the repository, or a download under way.

use std::{io::IoSliceMut, sync::Arc};

use peerpool_repository::{FileRun, PartialItem, ReadError, SharedItem};
use peerpool_swarm::Item;
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    metainfo::Metainfo,
};

/// The bytes of an item. Blocks while it reads.
#[derive(Clone, Debug)]
pub(crate) enum ItemData {
    /// All of it.
    Shared(Arc<SharedItem>),
    /// What is verified of it.
    Partial(Arc<PartialItem>),
}

impl ItemData {
    /// Fills `buffer` with the bytes from `offset` in the piece space on. Only pieces that are verified may be read.
    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        match self {
            Self::Shared(item) => item.read_at(offset, buffer),
            Self::Partial(item) => item.read_at(offset, buffer),
        }
    }

    /// Like [`ItemData::read_at`], into several buffers one after the other.
    pub(crate) fn read_vectored_at(
        &self,
        offset: u64,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Result<(), ReadError> {
        match self {
            Self::Shared(item) => item.read_vectored_at(offset, buffers),
            Self::Partial(item) => item.read_vectored_at(offset, buffers),
        }
    }

    /// The same without waiting for the disk; false where not all of it is in memory.
    pub(crate) fn read_cached_vectored_at(
        &self,
        offset: u64,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Result<bool, ReadError> {
        match self {
            Self::Shared(item) => item.read_cached_vectored_at(offset, buffers),
            Self::Partial(item) => item.read_cached_vectored_at(offset, buffers),
        }
    }

    /// Has the system begin to read what is wanted soon.
    pub(crate) fn read_ahead(&self, offset: u64, length: u64) {
        match self {
            Self::Shared(item) => item.read_ahead(offset, length),
            Self::Partial(item) => item.read_ahead(offset, length),
        }
    }

    /// Like [`ItemData::read_at`], for sending without reading, where that waits for nothing.
    pub(crate) fn cached_run(&self, offset: u64, length: u64) -> Result<Option<FileRun>, ReadError> {
        match self {
            Self::Shared(item) => item.cached_run(offset, length),
            Self::Partial(item) => item.cached_run(offset, length),
        }
    }

    /// Whether a run is still what it should be.
    pub(crate) fn check_run(&self, run: &FileRun) -> Result<(), ReadError> {
        match self {
            Self::Shared(item) => item.check_run(run),
            Self::Partial(item) => item.check_run(run),
        }
    }

    /// Reads a piece again and tells whether it is what it should be.
    pub(crate) fn verify_piece(&self, piece: Piece) -> Result<bool, ReadError> {
        match self {
            Self::Shared(item) => item.verify_piece(piece),
            Self::Partial(item) => item.verify_piece(piece),
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
            Self::Partial(item) => item.verified(),
        }
    }

    /// Blocks of unfinished pieces that are on disk from an earlier run.
    pub(crate) fn found(&self) -> Vec<Span> {
        let Self::Partial(item) = self else { return Vec::new() };
        let geometry = item.geometry();
        let block = |piece: Piece, nth: usize| {
            let begin = u32::try_from(nth).ok()?.checked_mul(BLOCK)?;
            let length = geometry.payload_end(piece).checked_sub(begin)?.min(BLOCK);
            geometry.span(piece.index(), begin, length)
        };
        let pieces = item.resumed().pieces.iter();
        let found = pieces.flat_map(|piece| {
            let there = piece.leaves.iter().enumerate().filter(|(_, leaf)| leaf.is_some());
            there.filter_map(move |(nth, _)| block(piece.piece, nth))
        });
        found.collect()
    }

    /// The item as its swarm knows it.
    pub(crate) fn swarm_item(&self) -> Item {
        Item::new(self.metainfo())
    }
}
