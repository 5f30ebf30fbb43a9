//! A virtual disk: which blocks a peer has stored, and whether they are the item's.

use peerpool_swarm::Verdict;
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    id::Sha256Hash,
    message::Request,
};
use rustc_hash::FxHashMap;

/// The payload handle of the virtual world: which bytes it stands for, and whether they were tampered with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// The bytes.
    pub span: Request,
    /// 0 for the item's own bytes; another number for each way in which they are wrong.
    pub flaw: u32,
}

/// What one peer holds.
#[derive(Clone, Debug)]
pub struct Store {
    good: Bitfield,
    partial: FxHashMap<Piece, Vec<Token>>,
}

impl Store {
    /// A store that holds these pieces, verified.
    pub fn new(good: Bitfield) -> Self {
        Self { good, partial: FxHashMap::default() }
    }

    /// The pieces that were verified here. What a swarm claims must be among them.
    pub fn good(&self) -> &Bitfield {
        &self.good
    }

    /// Bytes held: verified pieces, and what there is of others.
    pub fn bytes(&self, geometry: &Geometry) -> u64 {
        let good = self.good.iter().filter_map(|piece| geometry.piece(piece));
        let whole: u64 = good.map(|piece| u64::from(geometry.length_of(piece))).sum();
        let begun = self.partial.values().flatten();
        whole + begun.map(|block| u64::from(block.span.length)).sum::<u64>()
    }

    /// Stores bytes; what lies under them is overwritten. Returns false when they are not those they claim to be,
    /// or would overwrite a verified piece.
    pub fn write(&mut self, span: Span, data: Token) -> bool {
        if self.good.has(span.piece()) || Request::from(span) != data.span {
            return false;
        }
        let blocks = self.partial.entry(span.piece()).or_default();
        let (begin, end) = (span.begin(), span.end());
        blocks.retain(|old| old.span.begin < begin || old.span.begin + old.span.length > end);
        blocks.push(data);
        true
    }

    /// Checks a piece, as hashing it would.
    pub fn verify(&mut self, geometry: &Geometry, piece: Piece, leaves: bool) -> Verdict {
        let length = geometry.length_of(piece);
        let mut blocks = self.partial.remove(&piece).unwrap_or_default();
        blocks.sort_by_key(|block| block.span.begin);
        let covered = blocks
            .iter()
            .try_fold(0, |end, block| {
                (block.span.begin <= end).then_some(end.max(block.span.begin + block.span.length))
            })
            .is_some_and(|end| end == length);
        let hashes = |wanted: bool| match wanted {
            true => (0..geometry.blocks_of(piece)).map(|nth| hash(piece, nth, &blocks)).collect(),
            false => Vec::new(),
        };
        if covered && blocks.iter().all(|block| block.flaw == 0) {
            self.good.set(piece);
            Verdict::Good { leaves: hashes(leaves) }
        } else {
            Verdict::Bad { leaves: hashes(true) }
        }
    }
}

/// A stand-in for the SHA-256 of a block: equal exactly when the bytes are.
fn hash(piece: Piece, nth: u32, blocks: &[Token]) -> Sha256Hash {
    let begin = nth * BLOCK;
    let flaw = blocks
        .iter()
        .filter(|block| block.span.begin <= begin && begin < block.span.begin + block.span.length)
        .map(|block| block.flaw)
        .max()
        .unwrap_or(u32::MAX);
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&piece.index().to_be_bytes());
    bytes[4..8].copy_from_slice(&nth.to_be_bytes());
    bytes[8..12].copy_from_slice(&flaw.to_be_bytes());
    Sha256Hash(bytes)
}
