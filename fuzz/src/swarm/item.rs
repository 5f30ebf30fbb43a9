//! The items that swarms exchange here: small, with real hashes.

use std::sync::{Arc, LazyLock};

use peerpool_swarm::Item;
use peerpool_wire::{
    canonical::{Builder, FileHasher},
    geometry::{BLOCK, Geometry},
    id::Sha256Hash,
    merkle::{self, Tree},
    message::HashRequest,
    metainfo::Metainfo,
};

/// An item, and the true hashes of its blocks.
pub(super) struct Sample {
    pub(super) item: Item,
    /// For each file with a tree, all of it.
    pub(super) trees: Vec<Tree>,
    /// For each piece, the hash of each of its blocks.
    pub(super) leaves: Vec<Vec<Sha256Hash>>,
}

/// One file without trees; a geometry with pads everywhere; a hybrid folder; a hybrid file of one piece.
pub(super) static SAMPLES: LazyLock<[Sample; 4]> = LazyLock::new(|| {
    [
        plain(2 * BLOCK, &[(u64::from(11 * BLOCK) - 5000, false)]),
        plain(BLOCK, &[(1, false), (49_151, true), (0, false), (40_000, false), (9152, true), (7, false)]),
        hybrid(2 * BLOCK, &[("a", 90_000), ("b", 3), ("c", 40_000)]),
        hybrid(4 * BLOCK, &[("", 60_000)]),
    ]
});

fn plain(piece_length: u32, files: &[(u64, bool)]) -> Sample {
    let geometry = Geometry::new(piece_length, files.iter().copied()).expect("a small item");
    // Nobody compares these with anything: that they differ is enough.
    let leaf = |piece: u32, block: u32| Sha256Hash([(piece * 16 + block) as u8; 32]);
    let leaves = geometry
        .pieces()
        .map(|piece| (0..geometry.blocks_of(piece)).map(|block| leaf(piece.index(), block)).collect());
    Sample { leaves: leaves.collect(), item: Item::nameless(Arc::new(geometry)), trees: Vec::new() }
}

fn hybrid(piece_length: u32, files: &[(&str, usize)]) -> Sample {
    let content = |length: usize| -> Vec<u8> { (0..length).map(|at| (at / 100) as u8).collect() };
    let builder = files.iter().fold(Builder::new(piece_length), |builder, (name, length)| {
        let mut hasher = FileHasher::new(piece_length);
        hasher.update(&content(*length));
        builder.file(name.split_terminator('/').map(str::to_owned).collect(), hasher.finish())
    });
    let metainfo = builder.finish("item").expect("a canonical item");
    Sample {
        leaves: leaves(&metainfo, content),
        trees: trees(files, content),
        item: Item::new(Arc::new(metainfo)),
    }
}

fn trees(files: &[(&str, usize)], content: impl Fn(usize) -> Vec<u8>) -> Vec<Tree> {
    let tree = |length: usize| Tree::new(length as u64, 0, block_hashes(&content(length)));
    files.iter().map(|(_, length)| tree(*length).expect("a leaf a block")).collect()
}

fn leaves(metainfo: &Metainfo, content: impl Fn(usize) -> Vec<u8>) -> Vec<Vec<Sha256Hash>> {
    let geometry = metainfo.info.geometry();
    let of_piece = |piece| {
        let place = metainfo.info.v2_piece(piece).expect("a piece of a file");
        let bytes = content(metainfo.info.files()[place.file].length as usize);
        let begin = place.index as usize * geometry.piece_length() as usize;
        block_hashes(&bytes[begin..begin + place.length as usize])
    };
    (0..geometry.piece_count()).map(of_piece).collect()
}

fn block_hashes(bytes: &[u8]) -> Vec<Sha256Hash> {
    bytes.chunks(BLOCK as usize).map(merkle::leaf).collect()
}

impl Sample {
    /// What a good peer answers.
    pub(super) fn answer(&self, request: &HashRequest) -> Option<Vec<Sha256Hash>> {
        self.trees.iter().find_map(|tree| tree.answer(request))
    }
}
