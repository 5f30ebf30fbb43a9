//! Checks an item's bytes, read in order, against its torrent.

use sha1::{Digest, Sha1};

use crate::{
    geometry::BLOCK,
    id::Sha256Hash,
    merkle,
    metainfo::{Kind, Metainfo},
};

/// What became of a check: pieces by number, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Pieces whose bytes are wrong or missing.
    pub wrong: Vec<u32>,
    /// Pieces that the v1 hash accepts and the v2 hash does not, or the other way round: the torrent contradicts
    /// itself. They are not among the wrong ones.
    pub contradictory: Vec<u32>,
}

impl Checked {
    /// Whether every piece is as the torrent says.
    pub fn is_whole(&self) -> bool {
        self.wrong.is_empty() && self.contradictory.is_empty()
    }
}

/// Takes the bytes of an item's files in the order of [`Info::files`](crate::metainfo::Info::files), pads left out:
/// exactly as many for each file as the torrent says, with [`Check::skip`] for those that are not there.
///
/// Both hashes of a hybrid are compared. A piece whose layer is not known is judged by its v1 hash alone.
#[derive(Debug)]
pub struct Check<'m> {
    metainfo: &'m Metainfo,
    /// The entry that the next bytes belong to, and how many of its bytes were taken.
    entry: usize,
    taken: u64,
    piece: Piece,
    checked: Checked,
}

/// The piece that is being put together.
#[derive(Debug, Default)]
struct Piece {
    index: u32,
    filled: u32,
    is_missing: bool,
    v1: Sha1,
    block: Vec<u8>,
    leaves: Vec<Sha256Hash>,
}

/// A run of bytes of the piece space.
#[derive(Clone, Copy)]
enum Run<'b> {
    Content(&'b [u8]),
    Zeros(u64),
    Missing(u64),
}

impl<'b> Run<'b> {
    fn length(self) -> u64 {
        match self {
            Run::Content(bytes) => bytes.len() as u64,
            Run::Zeros(length) | Run::Missing(length) => length,
        }
    }

    /// Cuts off the first `length` bytes, or all.
    fn split(self, length: u64) -> (Self, Self) {
        let first = length.min(self.length());
        match self {
            Run::Content(bytes) => {
                let (now, later) = bytes.split_at(first as usize);
                (Run::Content(now), Run::Content(later))
            }
            Run::Zeros(all) => (Run::Zeros(first), Run::Zeros(all - first)),
            Run::Missing(all) => (Run::Missing(first), Run::Missing(all - first)),
        }
    }
}

impl<'m> Check<'m> {
    /// Starts at the first byte of the item.
    pub fn new(metainfo: &'m Metainfo) -> Self {
        Self { metainfo, entry: 0, taken: 0, piece: Piece::default(), checked: Checked::default() }
    }

    /// Takes the next bytes; what comes after the end of the item is passed over.
    pub fn update(&mut self, bytes: &[u8]) {
        self.take(Run::Content(bytes));
    }

    /// Goes on behind `length` bytes that are not there; their pieces are wrong.
    pub fn skip(&mut self, length: u64) {
        self.take(Run::Missing(length));
    }

    /// The verdict; bytes that did not come are missing.
    pub fn finish(mut self) -> Checked {
        self.skip(u64::MAX);
        self.checked
    }

    fn take(&mut self, mut run: Run<'_>) {
        let files = self.metainfo.info.files();
        while let Some(file) = files.get(self.entry) {
            let left = file.length - self.taken;
            let now = if file.pad {
                Run::Zeros(left)
            } else {
                let (now, later) = run.split(left);
                run = later;
                now
            };
            self.fill(now);
            self.taken += now.length();
            if self.taken < file.length {
                return;
            }
            (self.entry, self.taken) = (self.entry + 1, 0);
        }
    }

    fn fill(&mut self, mut run: Run<'_>) {
        let geometry = self.metainfo.info.geometry();
        while run.length() > 0 {
            let Some(piece) = geometry.piece(self.piece.index) else { return };
            let length = geometry.length_of(piece);
            let (now, later) = run.split(u64::from(length - self.piece.filled));
            self.piece.take(now);
            run = later;
            if self.piece.filled == length {
                self.judge();
            }
        }
    }

    fn judge(&mut self) {
        let info = &self.metainfo.info;
        let next = Piece { index: self.piece.index + 1, ..Piece::default() };
        let mut piece = std::mem::replace(&mut self.piece, next);
        piece.end_block();
        let index = piece.index;
        let v1 = info.v1_pieces().get(index as usize).map(|hash| hash.0 == *piece.v1.finalize());
        let v2 = info.v2_piece(index).and_then(|place| {
            let root = self.metainfo.piece_layers.root_of_piece(info, index)?;
            Some(merkle::root(&piece.leaves, 0, place.height) == root)
        });
        // A piece of padding alone has no v2 hash; a v2-only piece without a known layer cannot be right.
        let is_unknown = v2.is_none() && info.kind() == Kind::V2;
        match (v1, v2) {
            _ if piece.is_missing || is_unknown => self.checked.wrong.push(index),
            (Some(v1), Some(v2)) if v1 != v2 => self.checked.contradictory.push(index),
            (Some(false), _) | (_, Some(false)) => self.checked.wrong.push(index),
            _ => {}
        }
    }
}

impl Piece {
    fn take(&mut self, run: Run<'_>) {
        self.filled += run.length() as u32;
        match run {
            Run::Missing(length) => self.is_missing |= length > 0,
            Run::Zeros(length) => self.take_zeros(length),
            Run::Content(bytes) => self.take_content(bytes),
        }
    }

    fn take_zeros(&mut self, mut length: u64) {
        const ZEROS: [u8; BLOCK as usize] = [0; BLOCK as usize];
        while length > 0 {
            let now = length.min(u64::from(BLOCK));
            self.v1.update(&ZEROS[..now as usize]);
            length -= now;
        }
    }

    fn take_content(&mut self, mut bytes: &[u8]) {
        self.v1.update(bytes);
        while !bytes.is_empty() {
            let room = BLOCK as usize - self.block.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK as usize {
                self.end_block();
            }
        }
    }

    fn end_block(&mut self) {
        if !self.block.is_empty() {
            self.leaves.push(merkle::leaf(&self.block));
            self.block.clear();
        }
    }
}
