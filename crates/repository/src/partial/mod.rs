//! An item being downloaded: its data and its state under `.peerpool/partial/<info-hash>/`.

mod writer;

pub use writer::{PieceWriter, Verdict};

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Geometry, Piece},
    id::{InfoHash, Sha256Hash},
    metainfo::Metainfo,
};

use crate::{error::DiskError, shared::ReadError};

/// What of an item is downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// Only these files, as indexes into [`peerpool_wire::metainfo::Info::files`].
    Files(BTreeSet<usize>),
}

/// Why a download cannot go on. Other downloads are not concerned.
#[derive(Debug, thiserror::Error)]
pub enum PartialError {
    /// The disk refused: nothing was recorded that is not on disk. Resume when the cause is gone.
    #[error("download of `{item}`: {source}")]
    Disk {
        /// The item's name.
        item: String,
        /// What failed, on which path.
        source: DiskError,
    },
    /// Another file or folder of that name stands in the repository: complete under another name.
    #[error("download of `{item}`: `{path}` exists already and is different; choose another name")]
    NameTaken {
        /// The item's name.
        item: String,
        /// What stands in the way.
        path: PathBuf,
    },
    /// Completion was asked for before all pieces were verified.
    #[error("download of `{item}`: {missing} pieces are not verified yet")]
    Incomplete {
        /// The item's name.
        item: String,
        /// Pieces that lack.
        missing: u32,
    },
    /// The item cannot be stored as described.
    #[error("download of `{item}`: {reason}")]
    Unfit {
        /// The item's name.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Data was given that does not lie in the piece on block boundaries.
    #[error("download of `{item}`: {length} bytes at {begin} are not whole blocks of piece {piece}")]
    NotBlocks {
        /// The item's name.
        item: String,
        /// The piece.
        piece: u32,
        /// Where the data begins in it, in bytes.
        begin: u32,
        /// The length of the data in bytes.
        length: usize,
    },
}

/// A piece of which some blocks were on disk, not verified, when the download was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumedPiece {
    /// The piece.
    pub piece: Piece,
    /// For each block the leaf hash of what is on disk; `None` where it must be fetched. Nobody is to blame when the
    /// piece turns out bad: then fetch all of it.
    pub leaves: Vec<Option<Sha256Hash>>,
}

/// What was on disk when the download was opened.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// Pieces with some blocks and not all.
    pub pieces: Vec<ResumedPiece>,
    /// Bytes that were read and hashed because they were written after the last checkpoint.
    pub rehashed: u64,
}

/// A download that the repository holds, as listed without opening its data.
#[derive(Debug, Clone)]
pub struct PartialListing {
    /// What is downloaded.
    pub metainfo: Arc<Metainfo>,
    /// Which part of it.
    pub wanted: Wanted,
    /// Verified pieces at the last checkpoint.
    pub verified: Bitfield,
}

/// An item being downloaded. Shared by the threads that write its pieces, each through its own [`PieceWriter`].
#[derive(Debug)]
pub struct PartialItem {
    metainfo: Arc<Metainfo>,
    geometry: Geometry,
    wanted: Wanted,
    verified: Bitfield,
    resumed: Resumed,
}

impl PartialItem {
    /// What is downloaded; with all piece layers learned so far.
    pub fn metainfo(&self) -> Arc<Metainfo> {
        self.metainfo.clone()
    }

    /// The item's identity.
    pub fn info_hash(&self) -> InfoHash {
        self.metainfo.info.hash()
    }

    /// How it is cut into pieces and files.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Which part of it is downloaded.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The pieces that the wanted part needs.
    pub fn wanted_pieces(&self) -> Bitfield {
        Bitfield::none(self.geometry.piece_count())
    }

    /// The pieces that were verified when the download was opened; their data is there.
    pub fn verified_at_open(&self) -> &Bitfield {
        &self.verified
    }

    /// What else was found on disk when the download was opened.
    pub fn resumed(&self) -> &Resumed {
        &self.resumed
    }

    /// Replaces the metainfo by one of the same item that knows more piece layers, and keeps it on disk.
    pub fn learn(&self, metainfo: Arc<Metainfo>) -> Result<(), PartialError> {
        let _ = metainfo;
        Ok(())
    }

    /// Starts writing a piece. One thread at a time owns a piece; different pieces go in parallel. Leaves of a
    /// [`ResumedPiece`] are taken over.
    pub fn piece(self: &Arc<Self>, piece: Piece) -> PieceWriter {
        PieceWriter {
            item: self.clone(),
            piece,
        }
    }

    /// Reads bytes of verified pieces, from `offset` in the piece space on; pads are zeros. The caller asks only for
    /// pieces that it knows to be verified.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let _ = (offset, buffer);
        Ok(())
    }

    /// Makes the data written so far durable, then records `verified`: in this order, so that nothing is recorded that
    /// is not on disk. Takes as long as the disk needs and holds up no writer: call it from a thread of its own, about
    /// once a second while data arrives. `verified` must hold only pieces whose [`Verdict`] was good before the call.
    pub fn checkpoint(&self, verified: &Bitfield) -> Result<(), PartialError> {
        let _ = verified;
        Ok(())
    }
}
