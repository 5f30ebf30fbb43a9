//! The files' merkle trees, as far as they are kept in memory: from the root down to the piece layer.

use std::collections::BTreeMap;

use peerpool_wire::{
    id::Sha256Hash,
    merkle::{self, Tree},
    metainfo::Metainfo,
};

/// For each content of an item, by its pieces root: its tree above the piece layer, and its length.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trees {
    files: BTreeMap<Sha256Hash, FileTree>,
}

/// One file's tree.
#[derive(Clone, Debug)]
pub(crate) struct FileTree {
    pub(crate) tree: Tree,
    /// Where the file begins in the piece space, in bytes.
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

impl Trees {
    /// The trees of an item; empty for a v1-only one. Files whose piece layer is not known are left out.
    pub(crate) fn new(metainfo: &Metainfo) -> Self {
        let base = merkle::piece_height(metainfo.info.piece_length());
        let trees = metainfo.info.files().iter().filter_map(|file| {
            let root = file.root?;
            let (base, nodes) = match metainfo.piece_layers.layer(root) {
                Some(layer) => (base, layer.to_vec()),
                // A file of one piece has no layer: its root stands for it.
                None => (merkle::height(merkle::blocks(file.length)), vec![root]),
            };
            let tree = Tree::new(file.length, base, nodes).filter(|tree| tree.root() == root)?;
            Some((root, FileTree { tree, offset: file.offset, length: file.length }))
        });
        Self { files: trees.collect() }
    }

    pub(crate) fn get(&self, root: &Sha256Hash) -> Option<&FileTree> {
        self.files.get(root)
    }

    /// The file that a place in the piece space belongs to.
    pub(crate) fn file_at(&self, offset: u64) -> Option<(Sha256Hash, &FileTree)> {
        let holds = |file: &FileTree| (file.offset..file.offset + file.length).contains(&offset);
        self.files.iter().find(|(_, file)| holds(file)).map(|(root, file)| (*root, file))
    }
}
