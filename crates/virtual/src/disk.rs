//! A virtual disk: which blocks a peer has stored, and whether they are the item's.

use std::{collections::VecDeque, time::Duration};

use peerpool_swarm::Verdict;
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    id::Sha256Hash,
    message::Request,
    time::Time,
};
use rustc_hash::FxHashMap;

/// The payload handle of a virtual world: which bytes it stands for, and whether they were tampered with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// The bytes.
    pub span: Request,
    /// 0 for the item's own bytes; another number for each way in which they are wrong.
    pub flaw: u32,
}

/// The SHA-256 of each block of each piece.
pub type Leaves = Vec<Vec<Sha256Hash>>;

/// What one peer holds.
#[derive(Clone, Debug)]
pub struct Disk {
    good: Bitfield,
    /// For each block of an unverified piece that is there, its flaw.
    partial: FxHashMap<Piece, Vec<Option<u32>>>,
    /// Pieces that wait to be checked, when they are, and whether block hashes are wanted.
    verifying: VecDeque<(Time, Piece, bool)>,
    /// How long it takes to check a piece.
    delay: Duration,
    /// The true hashes of blocks, where they matter.
    leaves: Option<&'static Leaves>,
}

impl Disk {
    /// A disk that holds these pieces, verified, and that takes so long to check another one.
    pub fn new(good: Bitfield, delay: Duration) -> Self {
        Self { good, partial: FxHashMap::default(), verifying: VecDeque::new(), delay, leaves: None }
    }

    /// The same, of an item whose blocks have these hashes. Otherwise stand-ins serve, which are equal when the bytes
    /// are.
    pub fn with_leaves(self, leaves: &'static Leaves) -> Self {
        Self { leaves: Some(leaves), ..self }
    }

    /// The pieces that were verified here. What a swarm claims must be among them.
    pub fn good(&self) -> &Bitfield {
        &self.good
    }

    /// Bytes held: verified pieces, and what there is of others.
    pub fn bytes(&self, geometry: &Geometry) -> u64 {
        let good = self.good.iter().filter_map(|piece| geometry.piece(piece));
        let whole: u64 = good.map(|piece| u64::from(geometry.length_of(piece))).sum();
        let begun = self.partial.iter().flat_map(|(piece, blocks)| {
            let here = (0..).zip(blocks).filter(|(_, block)| block.is_some());
            here.map(|(nth, _)| u64::from((geometry.length_of(*piece) - nth * BLOCK).min(BLOCK)))
        });
        whole + begun.sum::<u64>()
    }

    /// When the next piece has been checked.
    pub fn next_verified(&self) -> Option<Time> {
        self.verifying.front().map(|(time, ..)| *time)
    }

    /// Number of pieces that wait to be checked.
    pub fn verifying(&self) -> usize {
        self.verifying.len()
    }

    /// Forgets what waits to be checked.
    pub fn stop_verifying(&mut self) {
        self.verifying.clear();
    }

    /// Stores bytes; what lies under them is overwritten.
    pub fn write(&mut self, span: Span, data: Token) {
        let blocks = self.partial.entry(span.piece()).or_default();
        let written = (span.begin() / BLOCK) as usize..span.end().div_ceil(BLOCK) as usize;
        blocks.resize(blocks.len().max(written.end), None);
        blocks[written].fill(Some(data.flaw));
    }

    /// Whether each block of a piece is there; padding need not be.
    pub(crate) fn is_whole(&self, geometry: &Geometry, piece: Piece) -> bool {
        let payload = geometry.payload_end(piece).div_ceil(BLOCK) as usize;
        let stored = self.partial.get(&piece).into_iter().flatten();
        stored.take(payload).flatten().count() == payload
    }

    pub(crate) fn is_verifying(&self, piece: Piece) -> bool {
        self.verifying.iter().any(|(_, other, _)| *other == piece)
    }

    pub(crate) fn begin_verifying(&mut self, now: Time, piece: Piece, leaves: bool) {
        self.verifying.push_back((now + self.delay, piece, leaves));
    }

    /// Checks the piece at this place among those that wait for it, as hashing it would.
    pub(crate) fn verify(&mut self, geometry: &Geometry, place: usize) -> Option<(Piece, Verdict)> {
        let (_, piece, leaves) = self.verifying.remove(place)?;
        let mut blocks = self.partial.remove(&piece).unwrap_or_default();
        blocks.resize(geometry.payload_end(piece).div_ceil(BLOCK) as usize, None);
        let hashes = || (0..).zip(&blocks).map(|(nth, flaw)| self.hash(piece, nth, *flaw)).collect();
        let verdict = if blocks.iter().all(|flaw| *flaw == Some(0)) {
            let leaves = if leaves { hashes() } else { Vec::new() };
            self.good.set(piece);
            Verdict::Good { leaves }
        } else {
            Verdict::Bad { leaves: hashes() }
        };
        Some((piece, verdict))
    }

    /// Verified pieces cannot be read any more.
    pub(crate) fn lose(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.good.clear(*piece);
        }
    }

    fn hash(&self, piece: Piece, nth: u32, flaw: Option<u32>) -> Sha256Hash {
        match self.leaves.and_then(|leaves| leaves.get(piece.as_usize())?.get(nth as usize)) {
            Some(truth) if flaw == Some(0) => *truth,
            _ => stand_in(piece, nth, flaw.unwrap_or(u32::MAX)),
        }
    }
}

/// A stand-in for the SHA-256 of a block: equal exactly when the bytes are.
fn stand_in(piece: Piece, nth: u32, flaw: u32) -> Sha256Hash {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&piece.index().to_be_bytes());
    bytes[4..8].copy_from_slice(&nth.to_be_bytes());
    bytes[8..12].copy_from_slice(&flaw.to_be_bytes());
    Sha256Hash(bytes)
}
