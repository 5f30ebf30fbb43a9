//! The canonical info dictionary: the same name and bytes give the same info-hash on every peer.
//!
//! Version [`CANONICAL_VERSION`]. An item is described as a hybrid torrent (v1 and v2, BEP 52):
//!
//! - `piece length` is [`piece_length`] of the item's size and its number of files;
//! - files stand in the order of the BEP 52 `file tree`: path components compared as raw bytes, one by one, so
//!   that `a/x` comes before `a-b`. The v1 `files` list has the same order, as BEP 52 demands;
//! - in a folder of two or more files (empty ones count), every file that does not end at a piece boundary is
//!   followed by a pad file `.pad/N` with `attr` `p` (BEP 47), the last one included. A folder of one file, and
//!   a single file, have no pad;
//! - a single file has `length` and no `files`; its v2 tree has one entry of the item's own name;
//! - an empty file has `length` 0 and no `pieces root`;
//! - no other keys are written: no dates, attributes, `private`, `source` or `md5sum`. Symbolic links and empty
//!   folders do not belong to an item;
//! - an item without a single byte has no torrent.
//!
//! Apart from the order of files this is byte for byte what libtorrent 2 writes.
//!
//! # What a hasher must deliver
//!
//! [`FileHashes`] of a file depend on its bytes and the piece length alone, not on its neighbours, so they can be
//! kept in an index. In one pass over the bytes:
//!
//! - v2: a leaf is SHA-256 of a 16 KiB block, the last one as short as it is (never zero-filled). The tree above
//!   is filled up with leaves of 32 zero bytes. `root` is the root of the whole tree; `layer` has the node of each
//!   piece, where the file has more than one.
//! - v1: SHA-1 of each piece; the last one zero-filled to the full piece length (`v1`), and once more as short as
//!   it is (`v1_tail`). Which of the two counts depends on the item: see the pads above.
//!
//! [`FileHasher`] is that contract as code; a faster hasher must agree with it.

use std::collections::BTreeMap;

use crate::{
    id::{Sha1Hash, Sha256Hash},
    metainfo::{Metainfo, MetainfoError},
};

/// The version of these rules. A change to any of them changes info-hashes, so it gets a new number.
pub const CANONICAL_VERSION: u32 = 1;

/// The hashes of one file's bytes at one piece length; see the module's text for what enters them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileHashes {
    /// Length in bytes.
    pub length: u64,
    /// BEP 52 `pieces root`; `None` for an empty file.
    pub root: Option<Sha256Hash>,
    /// BEP 52 piece layer: one hash for each piece; empty when the file has at most one piece.
    pub layer: Vec<Sha256Hash>,
    /// SHA-1 of each piece, the last one zero-filled to the piece length; empty for an empty file.
    pub v1: Vec<Sha1Hash>,
    /// SHA-1 of the last piece without zero-filling; `None` for an empty file.
    pub v1_tail: Option<Sha1Hash>,
}

/// Why no canonical info dictionary can be made of some files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// The item has no bytes at all.
    #[error("`{item}` has no bytes: an empty item has no pieces to share; put something in it")]
    Empty {
        /// The item's name.
        item: String,
    },
    /// A single file (empty path) stands beside other files, or the same path came twice.
    #[error("`{item}` was given the file `{path}` twice, or beside a file that is the item itself")]
    Conflict {
        /// The item's name.
        item: String,
        /// The file's path inside the item, components joined by `/`.
        path: String,
    },
    /// The number of hashes does not fit the file's length and the piece length.
    #[error("hashes of `{path}` in `{item}` do not fit its {length} bytes: hash the file again")]
    Hashes {
        /// The item's name.
        item: String,
        /// The file's path inside the item, components joined by `/`.
        path: String,
        /// The file's length in bytes.
        length: u64,
    },
    /// The item cannot be described by a torrent that every peer accepts: a name no system can store, too many pieces.
    #[error("`{item}` cannot be shared: {source}")]
    Refused {
        /// The item's name.
        item: String,
        /// What the parser says about the dictionary.
        source: MetainfoError,
    },
}

/// The piece length in bytes of an item with `total` bytes in `files` files (1 for a single file).
///
/// About 512 to 1024 pieces between 8 MiB and 1 GiB; 16 KiB at least, 1 MiB from 512 MiB to 4 GiB, then doubling
/// to keep at most 4096 pieces, 16 MiB at most. In a folder a piece is not longer than the mean file (but 16 KiB
/// at least), so that hashing pads never costs more than hashing content.
pub fn piece_length(total: u64, files: u64) -> u32 {
    let _ = (total, files);
    16384
}

/// Collects an item's files and writes its canonical info dictionary.
#[derive(Debug, Clone)]
pub struct Builder {
    piece_length: u32,
    files: BTreeMap<Vec<String>, FileHashes>,
}

impl Builder {
    /// Starts an item whose files were hashed at `piece_length` bytes ([`piece_length`] says which).
    pub fn new(piece_length: u32) -> Self {
        Self {
            piece_length,
            files: BTreeMap::new(),
        }
    }

    /// Adds a file at `path` (components inside the item; empty when the item is this one file). Any order will do;
    /// a second file at the same path replaces the first.
    pub fn file(mut self, path: Vec<String>, hashes: FileHashes) -> Self {
        self.files.insert(path, hashes);
        self
    }

    /// Writes the dictionary for an item called `name`, and reads it back, so that what is returned is valid.
    pub fn finish(self, name: &str) -> Result<Metainfo, CanonicalError> {
        let _ = self.piece_length;
        Err(CanonicalError::Empty {
            item: name.to_owned(),
        })
    }
}

/// Hashes one file's bytes, in order, into [`FileHashes`]: the contract in its plainest form.
#[derive(Debug, Clone)]
pub struct FileHasher {
    piece_length: u32,
}

impl FileHasher {
    /// Starts a file of unknown length at `piece_length` bytes a piece.
    pub fn new(piece_length: u32) -> Self {
        Self { piece_length }
    }

    /// Takes the next bytes of the file, of any length.
    pub fn update(&mut self, bytes: &[u8]) {
        let _ = (self.piece_length, bytes);
    }

    /// The hashes of all bytes taken.
    pub fn finish(self) -> FileHashes {
        FileHashes::default()
    }
}
