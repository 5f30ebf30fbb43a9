//! The files' merkle trees, as far as they are kept in memory: from the root down to the piece layer.

use std::collections::BTreeMap;

use peerpool_wire::id::Sha256Hash;

/// For each content, by its pieces root: its piece layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trees {
    piece_length: u32,
    files: BTreeMap<Sha256Hash, Tree>,
}

/// One file's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Length of the file in bytes.
    pub length: u64,
    /// Where the file begins in the piece space; a multiple of the piece length.
    pub offset: u64,
    /// The hashes of its pieces; empty for a file of one piece, whose root is that hash.
    pub layer: Vec<Sha256Hash>,
}

impl Trees {
    /// Trees of an item with that piece length.
    pub fn new(piece_length: u32, files: impl IntoIterator<Item = (Sha256Hash, Tree)>) -> Self {
        Self {
            piece_length,
            files: files.into_iter().collect(),
        }
    }

    /// Length of a piece in bytes.
    pub fn piece_length(&self) -> u32 {
        self.piece_length
    }

    /// The tree with that root.
    pub fn get(&self, root: &Sha256Hash) -> Option<&Tree> {
        self.files.get(root)
    }

    /// Whether the item has no v2 hashes.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
