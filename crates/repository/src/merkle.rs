//! Merkle trees over 16 KiB leaves (BEP 52), computed with the fast hashes.

use peerpool_wire::{geometry::Piece, id::Sha256Hash, metainfo::Info};

use crate::digest;

/// A leaf behind the end of a file (BEP 52, "pieces root").
const NO_LEAF: Sha256Hash = Sha256Hash([0; 32]);

/// The root of a tree that is `width` nodes wide, a power of two. `nodes` stand at its left, `filler` right of them.
fn root(mut nodes: Vec<Sha256Hash>, mut width: usize, mut filler: Sha256Hash) -> Sha256Hash {
    while width > 1 {
        if nodes.len() % 2 == 1 {
            nodes.push(filler);
        }
        nodes = digest::parents(&nodes);
        filler = digest::parents(&[filler, filler])[0];
        width /= 2;
    }
    nodes.first().copied().unwrap_or(filler)
}

/// The root over leaves, in a tree that is `width` leaves wide, a power of two.
pub(crate) fn root_of_leaves(leaves: Vec<Sha256Hash>, width: usize) -> Sha256Hash {
    root(leaves, width, NO_LEAF)
}

/// The root of a file over its piece layer, whose nodes each stand for `piece_width` leaves.
pub(crate) fn root_of_layer(layer: Vec<Sha256Hash>, piece_width: usize) -> Sha256Hash {
    let width = layer.len().next_power_of_two();
    root(layer, width, root(Vec::new(), piece_width, NO_LEAF))
}

/// The width, in leaves, of the tree under one piece: a whole piece, or as few as needed in a file of one piece.
pub(crate) fn piece_width(file_length: u64, piece_length: u32) -> usize {
    let covered = if file_length <= u64::from(piece_length) {
        usize::try_from(file_length).unwrap_or(usize::MAX)
    } else {
        piece_length as usize
    };
    covered.div_ceil(digest::LEAF).next_power_of_two()
}

/// The same for a piece of an item (BEP 52: a piece of v2 lies in one file).
pub(crate) fn width_of_piece(info: &Info, piece: Piece) -> usize {
    info.v2_piece(piece.index()).map_or(0, |place| 1 << place.height)
}
