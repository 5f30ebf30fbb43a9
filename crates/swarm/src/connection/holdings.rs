//! What a peer has, by its own word.

use peerpool_wire::{bitfield::Bitfield, geometry::Piece};

/// The pieces that a peer has announced, and how they are counted.
#[derive(Debug)]
pub(crate) struct Holdings {
    pub(crate) pieces: Bitfield,
    /// Whether the picker counts it among those that have everything.
    pub(crate) whole: bool,
    /// Whether it lost a piece: it is not counted among them again, for that takes a look at every piece.
    pub(crate) fickle: bool,
    /// Whether it has said which pieces it has, after which it may only add to them.
    pub(crate) told: bool,
    /// How many pieces it has that we need.
    pub(crate) needed: u32,
}

impl Holdings {
    /// None of this many pieces.
    pub(super) fn new(pieces: u32) -> Self {
        Self { pieces: Bitfield::none(pieces), whole: false, fickle: false, told: false, needed: 0 }
    }

    pub(crate) fn has(&self, piece: Piece) -> bool {
        self.pieces.has(piece)
    }
}
