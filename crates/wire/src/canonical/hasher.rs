//! The hashing contract of canonical items in its plainest form.

use sha1::{Digest, Sha1};

use crate::{
    geometry::BLOCK,
    id::{Sha1Hash, Sha256Hash},
    merkle,
};

use super::FileHashes;

/// Hashes one file's bytes, in order, into [`FileHashes`]: the contract in its plainest form.
#[derive(Debug, Clone)]
pub struct FileHasher {
    piece_length: u32,
    length: u64,
    /// Bytes of the block that is not full yet.
    block: Vec<u8>,
    /// Leaves of the last piece, full or not.
    leaves: Vec<Sha256Hash>,
    layer: Vec<Sha256Hash>,
    v1_piece: Sha1,
    v1: Vec<Sha1Hash>,
}

impl FileHasher {
    /// Starts a file of unknown length; `piece_length` is a power of two, 16 KiB or more (other lengths are taken as
    /// the next one that is).
    pub fn new(piece_length: u32) -> Self {
        let piece_length = piece_length.clamp(BLOCK, 1 << 31).next_power_of_two();
        Self {
            piece_length,
            length: 0,
            block: Vec::with_capacity(BLOCK as usize),
            leaves: Vec::new(),
            layer: Vec::new(),
            v1_piece: Sha1::new(),
            v1: Vec::new(),
        }
    }

    /// Takes the next bytes of the file, of any length.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK as usize - self.block.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.extend_from_slice(now);
            self.length += now.len() as u64;
            bytes = later;
            if self.block.len() == BLOCK as usize {
                self.end_block();
            }
            if self.length.is_multiple_of(u64::from(self.piece_length)) {
                self.end_piece();
            }
        }
    }

    /// The hashes of all bytes taken.
    pub fn finish(mut self) -> FileHashes {
        let in_piece = self.length % u64::from(self.piece_length);
        let mut v1_tail = self.v1.last().copied();
        if in_piece > 0 {
            self.end_block();
            v1_tail = Some(Sha1Hash(self.v1_piece.clone().finalize().into()));
            self.fill_v1_piece(u64::from(self.piece_length) - in_piece);
            self.end_piece();
        }
        let height = merkle::height(merkle::blocks(self.length));
        let root = match self.layer.as_slice() {
            [] => None,
            [_] => Some(merkle::root(&self.leaves, 0, height)),
            layer => Some(merkle::root(layer, merkle::piece_height(self.piece_length), height)),
        };
        let layer = if self.layer.len() > 1 { self.layer } else { Vec::new() };
        FileHashes { length: self.length, root, layer, v1: self.v1, v1_tail }
    }

    fn end_block(&mut self) {
        if self.block.is_empty() {
            return;
        }
        if self.leaves.len() as u64 == merkle::blocks(u64::from(self.piece_length)) {
            self.leaves.clear();
        }
        self.leaves.push(merkle::leaf(&self.block));
        self.v1_piece.update(&self.block);
        self.block.clear();
    }

    fn end_piece(&mut self) {
        self.layer.push(merkle::root(&self.leaves, 0, merkle::piece_height(self.piece_length)));
        self.v1.push(Sha1Hash(self.v1_piece.finalize_reset().into()));
    }

    fn fill_v1_piece(&mut self, mut zeros: u64) {
        const ZEROS: [u8; BLOCK as usize] = [0; BLOCK as usize];
        while zeros > 0 {
            let now = zeros.min(u64::from(BLOCK));
            self.v1_piece.update(&ZEROS[..now as usize]);
            zeros -= now;
        }
    }
}
