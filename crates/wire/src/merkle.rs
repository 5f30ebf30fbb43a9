//! The merkle trees of BEP 52: one binary SHA-256 tree a file, its leaves the hashes of 16 KiB blocks.
//!
//! A layer is named by its height: 0 are the leaves, each layer above halves the number of nodes. A tree is as
//! high as its leaves need, and is filled up to full width with leaves of zero bytes ([`pad_hash`]).

mod proof;
#[cfg(test)]
mod tests;

pub use proof::{MAX_LENGTH, ProofError, Tree, requests, verify};

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::{geometry::BLOCK, id::Sha256Hash};

/// No file has a tree higher than this: 2^63 bytes are 2^49 blocks.
pub const MAX_HEIGHT: u32 = 49;

/// The leaf of a block: `block` is 16 KiB, or shorter at the end of a file.
pub fn leaf(block: &[u8]) -> Sha256Hash {
    Sha256Hash(Sha256::digest(block).into())
}

/// The node above two nodes.
pub fn parent(left: &Sha256Hash, right: &Sha256Hash) -> Sha256Hash {
    let mut hasher = Sha256::new();
    hasher.update(left.0);
    hasher.update(right.0);
    Sha256Hash(hasher.finalize().into())
}

/// The node at `height` above nothing but zero leaves. Heights above [`MAX_HEIGHT`] do not occur.
pub fn pad_hash(height: u32) -> Sha256Hash {
    static PADS: LazyLock<Vec<Sha256Hash>> = LazyLock::new(|| {
        std::iter::successors(Some(Sha256Hash([0; 32])), |below| Some(parent(below, below)))
            .take(MAX_HEIGHT as usize + 1)
            .collect()
    });
    PADS[height.min(MAX_HEIGHT) as usize]
}

/// Number of blocks (leaves that are not padding) of a file of `length` bytes.
pub fn blocks(length: u64) -> u64 {
    length.div_ceil(u64::from(BLOCK))
}

/// Height of the tree above `leaves` leaves: 0 for one leaf or none.
pub fn height(leaves: u64) -> u32 {
    match leaves.checked_sub(1) {
        Some(last) => u64::BITS - last.leading_zeros(),
        None => 0,
    }
}

/// Height of the tree of a whole piece of `piece_length` bytes: which layer the piece layer is.
pub fn piece_height(piece_length: u32) -> u32 {
    height(blocks(u64::from(piece_length)))
}

/// The layer above `nodes`, which stand at `height`; a missing last neighbour is padding.
pub fn layer_above(nodes: &[Sha256Hash], height: u32) -> Vec<Sha256Hash> {
    let pad = pad_hash(height);
    nodes
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => parent(left, right),
            [left] => parent(left, &pad),
            _ => pad,
        })
        .collect()
}

/// The node at `top` above `nodes`, which stand at `bottom` and are filled up with padding.
///
/// The root of a file: `root(leaves, 0, height(leaves.len()))`. The node of a piece: `root(leaves, 0,
/// piece_height(piece_length))`, but for a file of one piece its root. More nodes than fit under `top` are not
/// looked at.
pub fn root(nodes: &[Sha256Hash], bottom: u32, top: u32) -> Sha256Hash {
    let mut layer = nodes.to_vec();
    for height in bottom..top {
        layer = layer_above(&layer, height);
    }
    layer.first().copied().unwrap_or_else(|| pad_hash(top))
}
