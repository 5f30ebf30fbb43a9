//! Writing one piece while its hashes are computed.

use std::sync::Arc;

use peerpool_wire::{geometry::Piece, id::Sha256Hash};

use super::{PartialError, PartialItem};

/// Whether a piece is what the item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is. It may be announced and served.
    Good,
    /// It is not: for each block the SHA-256 leaf hash of what arrived, `None` for a block that did not. Blocks may be
    /// written again.
    Bad {
        /// One for each block up to the end of the piece's payload.
        leaves: Vec<Option<Sha256Hash>>,
    },
    /// Nothing is known to compare with: a v2-only item whose piece layer has not been learned
    /// ([`PartialItem::learn`]); ask again then.
    Unknown,
}

/// Writes the blocks of one piece, in any order, and tells whether the piece is good.
#[derive(Debug)]
pub struct PieceWriter {
    pub(super) item: Arc<PartialItem>,
    pub(super) piece: Piece,
}

impl PieceWriter {
    /// The piece that is written.
    pub fn piece(&self) -> Piece {
        self.piece
    }

    /// Writes one or more whole blocks that follow each other, `begin` bytes into the piece. The last block of the
    /// piece's payload may be as short as it is; what reaches into padding is dropped. The bigger the run, the cheaper.
    pub fn write(&mut self, begin: u32, data: &[u8]) -> Result<(), PartialError> {
        let _ = (begin, data, &self.item);
        Ok(())
    }

    /// Whether all blocks are there: time to [`PieceWriter::verify`].
    pub fn is_full(&self) -> bool {
        false
    }

    /// Compares the piece with the item's hashes: with the v2 root from the leaf hashes taken while writing, or with
    /// the v1 hash when there is no v2 root (then what did not arrive in order is read back).
    pub fn verify(&mut self) -> Result<Verdict, PartialError> {
        Ok(Verdict::Unknown)
    }
}
