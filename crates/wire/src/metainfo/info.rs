//! The info dictionary: what an item consists of.

use crate::id::{InfoHash, Sha1Hash, Sha256Hash};

use super::MetainfoError;

/// Which of the two BitTorrent versions an info dictionary speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// BEP 3: SHA-1 over pieces that run across files.
    V1,
    /// BEP 52: one SHA-256 merkle tree a file.
    V2,
    /// Both, describing the same bytes.
    Hybrid,
}

/// One entry of an item, in the order of its piece space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Components of the path inside the item; empty when the item is this one file. A pad's path has no meaning.
    pub path: Vec<String>,
    /// Length in bytes.
    pub length: u64,
    /// Where it starts in the piece space, in bytes.
    pub offset: u64,
    /// BEP 52 `pieces root`; `None` for empty files, pads and v1-only items.
    pub root: Option<Sha256Hash>,
    /// Zeros that fill the space up to the next piece (BEP 47): never stored.
    pub pad: bool,
    /// Marked executable (BEP 47).
    pub executable: bool,
    /// Marked hidden (BEP 47).
    pub hidden: bool,
    /// The target of a symbolic link: components of a path inside the item (BEP 47). A link has no bytes.
    pub symlink: Option<Vec<String>>,
}

/// A parsed, checked info dictionary, with the bytes it was read from.
///
/// The piece space is the v1 layout where there is one (pads are entries). In a v2-only item each file starts at a
/// piece boundary, and pad entries stand between files, so that the same geometry serves all kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    pub(super) raw: Vec<u8>,
    pub(super) hash: InfoHash,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) piece_length: u32,
    pub(super) private: bool,
    pub(super) files: Vec<File>,
    pub(super) v1_pieces: Vec<Sha1Hash>,
}

impl Info {
    /// Parses an info dictionary alone, as metadata exchange delivers it (BEP 9).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MetainfoError> {
        let _ = bytes;
        Err(MetainfoError::Missing { key: "info" })
    }

    /// The bytes that the info-hash is taken over, exactly as received.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The identity of the item.
    pub fn hash(&self) -> InfoHash {
        self.hash
    }

    /// The item's name: one path component.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which versions it speaks.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes in a piece.
    pub fn piece_length(&self) -> u32 {
        self.piece_length
    }

    /// Whether peers may come from the tracker alone (BEP 27).
    pub fn private(&self) -> bool {
        self.private
    }

    /// All entries in the order of the piece space, pads included.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// SHA-1 of each piece; empty for a v2-only item.
    pub fn v1_pieces(&self) -> &[Sha1Hash] {
        &self.v1_pieces
    }

    /// Bytes of content, pads not counted.
    pub fn length(&self) -> u64 {
        self.files
            .iter()
            .filter(|file| !file.pad)
            .map(|file| file.length)
            .sum()
    }

    /// Bytes of the piece space, pads counted.
    pub fn space(&self) -> u64 {
        self.files.last().map_or(0, |file| file.offset + file.length)
    }

    /// Number of pieces.
    pub fn piece_count(&self) -> u32 {
        let pieces = self.space().div_ceil(u64::from(self.piece_length.max(1)));
        u32::try_from(pieces).unwrap_or(u32::MAX)
    }
}
