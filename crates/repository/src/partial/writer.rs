//! Writing one piece while its hashes are computed.

use std::sync::Arc;

use peerpool_wire::{
    geometry::{BLOCK, Piece},
    id::Sha256Hash,
};

use super::{PartialError, PartialItem, files::LastFile};
use crate::{
    digest::{self, LEAF, Sha1},
    merkle,
    shared::ReadError,
};

/// Blocks that are read back in one go.
const RUN: usize = 64;

/// Whether a piece matches the item's hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It matches, and may be announced and served.
    Good,
    /// It does not. Blocks may be written again.
    Bad {
        /// The SHA-256 leaf hash of each block up to the end of the piece's payload; `None` for a block that did not
        /// arrive.
        leaves: Vec<Option<Sha256Hash>>,
    },
    /// There is no hash to compare it with: the download's metainfo is of a v2-only item and lacks this piece's layer.
    Unknown,
}

/// Writes the blocks of one piece, in any order, and verifies the piece.
#[derive(Debug)]
pub struct PieceWriter {
    item: Arc<PartialItem>,
    piece: Piece,
    blocks: Box<[Block]>,
    missing: usize,
    /// Bytes from the start of the piece to the end of its last file's part; what follows is padding.
    payload_end: u32,
    /// Whether leaf hashes are computed while writing; not when only the v1 hash will decide.
    hash_leaves: bool,
    /// The running v1 hash, if it will be compared.
    stream: Option<Stream>,
    file: LastFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Missing,
    /// On disk, without a leaf hash.
    Arrived,
    /// On disk, with the leaf hash of what was written.
    Hashed(Sha256Hash),
}

/// SHA-1 over the first `next` bytes of the piece. Whatever arrives out of order is read back later.
#[derive(Debug, Clone)]
struct Stream {
    sha1: Sha1,
    next: u32,
}

impl Stream {
    fn new() -> Self {
        Self { sha1: Sha1::new(), next: 0 }
    }

    fn take(&mut self, begin: u32, run: &[u8]) {
        if begin == self.next {
            self.sha1.update(run);
            self.next += run.len() as u32;
        } else if begin < self.next {
            // A block that was hashed already arrives again.
            *self = Self::new();
        }
    }
}

impl PieceWriter {
    pub(super) fn new(
        item: Arc<PartialItem>,
        piece: Piece,
        left_over: Option<Vec<Option<Sha256Hash>>>,
    ) -> Self {
        let payload_end = item.geometry().payload_end(piece);
        let count = payload_end.div_ceil(BLOCK) as usize;
        let mut blocks = vec![Block::Missing; count].into_boxed_slice();
        for (block, leaf) in blocks.iter_mut().zip(left_over.into_iter().flatten()) {
            *block = leaf.map_or(Block::Missing, Block::Hashed);
        }
        let missing = blocks.iter().filter(|block| **block == Block::Missing).count();
        let (v1, v2) = (item.v1_of(piece).is_some(), item.root_of(piece).is_some());
        let stream = (v1 && (!v2 || item.checks_both())).then(Stream::new);
        let hash_leaves = v2 || !v1;
        Self { item, piece, blocks, missing, payload_end, hash_leaves, stream, file: LastFile::default() }
    }

    /// The piece that is written.
    pub fn piece(&self) -> Piece {
        self.piece
    }

    /// Whether all blocks are there, so that [`PieceWriter::verify`] can decide.
    pub fn is_full(&self) -> bool {
        self.missing == 0
    }

    /// Writes one or more whole, adjacent blocks, `begin` bytes into the piece. Only the last block of the piece's
    /// payload may be short; padding is dropped. Longer runs are cheaper.
    ///
    /// # Errors
    ///
    /// The data is not whole blocks of this piece ([`PartialError::NotBlocks`]), or the disk fails or is full; the
    /// blocks then count as missing.
    pub fn write(&mut self, begin: u32, data: &[u8]) -> Result<(), PartialError> {
        let leaves = digest::leaf_hashes(self.to_hash(begin, data));
        self.write_hashed(begin, data, &leaves)
    }

    /// The part of `data` whose leaf hashes [`PieceWriter::write_hashed`] needs. Empty if it needs none: only the v1
    /// hash will decide, or these are no whole blocks.
    pub fn to_hash<'a>(&self, begin: u32, data: &'a [u8]) -> &'a [u8] {
        if self.hash_leaves { self.blocks_within(begin, data).unwrap_or_default() } else { &[] }
    }

    /// Like [`PieceWriter::write`], with the leaf hashes of what [`PieceWriter::to_hash`] returns. Whoever writes
    /// several runs can hash them together ([`digest::leaf_hashes_of`]).
    ///
    /// # Errors
    ///
    /// As for [`PieceWriter::write`].
    pub fn write_hashed(
        &mut self,
        begin: u32,
        data: &[u8],
        leaves: &[Sha256Hash],
    ) -> Result<(), PartialError> {
        let run = self.blocks_within(begin, data)?;
        if run.is_empty() {
            return Ok(());
        }
        if let Some(stream) = &mut self.stream {
            stream.take(begin, run);
        }
        let offset = self.item.geometry().offset_of(self.piece) + u64::from(begin);
        let first = (begin / BLOCK) as usize;
        let blocks = &mut self.blocks[first..first + run.len().div_ceil(LEAF)];
        // Until the write has succeeded, nobody knows what is on disk.
        self.missing += blocks.iter().filter(|block| **block != Block::Missing).count();
        blocks.fill(Block::Missing);
        if let Err(error) = self.item.write_at(offset, run, &mut self.file) {
            self.stream = self.stream.as_ref().map(|_| Stream::new());
            return Err(error);
        }
        self.missing -= blocks.len();
        blocks.fill(Block::Arrived);
        for (block, leaf) in blocks.iter_mut().zip(leaves) {
            *block = Block::Hashed(*leaf);
        }
        Ok(())
    }

    /// The part of `data` that lies in the payload, if it consists of whole blocks.
    fn blocks_within<'a>(&self, begin: u32, data: &'a [u8]) -> Result<&'a [u8], PartialError> {
        let end = u64::from(begin) + data.len() as u64;
        let length = u64::from(self.item.geometry().length_of(self.piece));
        let whole = begin.is_multiple_of(BLOCK)
            && end <= length
            && (end.is_multiple_of(u64::from(BLOCK)) || end >= u64::from(self.payload_end));
        if !whole {
            let item = self.item.name().to_owned();
            let (piece, length) = (self.piece.index(), data.len());
            return Err(PartialError::NotBlocks { item, piece, begin, length });
        }
        let payload = self.payload_end.saturating_sub(begin) as usize;
        Ok(&data[..payload.min(data.len())])
    }

    /// Compares the piece with the item's hashes: with the v2 root, from the leaf hashes computed while writing; or,
    /// without a v2 root, with the v1 hash, reading back what arrived out of order. The next checkpoint records a good
    /// piece.
    ///
    /// # Errors
    ///
    /// The disk fails, or the piece is right by one hash of a hybrid and wrong by the other ([`PartialError::Unfit`]).
    pub fn verify(&mut self) -> Result<Verdict, PartialError> {
        if !self.is_full() {
            return Ok(Verdict::Bad { leaves: self.leaves()? });
        }
        let by_v2 = match self.item.root_of(self.piece) {
            Some(root) => {
                let leaves: Vec<Sha256Hash> = self.leaves()?.into_iter().flatten().collect();
                Some(merkle::root_of_leaves(leaves, self.item.width_of(self.piece)) == root)
            }
            None => None,
        };
        let v1 = self.item.v1_of(self.piece).filter(|_| by_v2.is_none() || self.stream.is_some());
        let by_v1 = match v1 {
            Some(expected) if by_v2 != Some(false) => Some(self.finish_stream()? == expected),
            _ => None,
        };
        match (by_v2, by_v1) {
            (None, None) => Ok(Verdict::Unknown),
            (Some(true), Some(false)) => Err(self.disagreement()),
            (Some(false), _) | (None, Some(false)) => Ok(Verdict::Bad { leaves: self.leaves()? }),
            (Some(true), _) | (None, Some(true)) => {
                self.item.set_verified(self.piece);
                Ok(Verdict::Good)
            }
        }
    }

    /// The same bytes match by v2 and not by v1: nobody can ever have all of this item.
    fn disagreement(&self) -> PartialError {
        let reason = format!(
            "its v1 and v2 hashes of piece {} disagree, so nobody can ever have all of it: get another torrent",
            self.piece
        );
        PartialError::Unfit { item: self.item.name().to_owned(), reason }
    }

    /// The SHA-1 of the piece; reads back what was not hashed while writing.
    fn finish_stream(&mut self) -> Result<peerpool_wire::id::Sha1Hash, PartialError> {
        let Stream { mut sha1, next: mut at } = self.stream.clone().unwrap_or_else(Stream::new);
        let end = self.item.geometry().length_of(self.piece);
        let mut buffer = vec![0; RUN * LEAF];
        while at < end {
            let step = buffer.len().min((end - at) as usize);
            self.read_back(at, &mut buffer[..step])?;
            sha1.update(&buffer[..step]);
            at += step as u32;
        }
        Ok(sha1.finish())
    }

    /// The leaf hashes of all blocks up to the end of the piece's payload; `None` for blocks that are not there. Reads
    /// back those that were not hashed while writing.
    ///
    /// # Errors
    ///
    /// The disk fails while blocks are read back.
    pub fn leaves(&mut self) -> Result<Vec<Option<Sha256Hash>>, PartialError> {
        let mut buffer = Vec::new();
        for nth in 0..self.blocks.len() {
            if self.blocks[nth] == Block::Arrived {
                let begin = nth as u32 * BLOCK;
                buffer.resize(BLOCK.min(self.payload_end - begin) as usize, 0);
                self.read_back(begin, &mut buffer)?;
                self.blocks[nth] = Block::Hashed(digest::sha256(&buffer));
            }
        }
        let leaf = |block: &Block| match block {
            Block::Hashed(leaf) => Some(*leaf),
            Block::Missing | Block::Arrived => None,
        };
        Ok(self.blocks.iter().map(leaf).collect())
    }

    fn read_back(&self, begin: u32, buffer: &mut [u8]) -> Result<(), PartialError> {
        let offset = self.item.geometry().offset_of(self.piece) + u64::from(begin);
        self.item.read_at(offset, buffer).map_err(|error| match error {
            ReadError::Disk(source) => PartialError::Disk { item: self.item.name().to_owned(), source },
            other => PartialError::Unfit { item: self.item.name().to_owned(), reason: other.to_string() },
        })
    }
}
