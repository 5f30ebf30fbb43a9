//! The canonical info dictionary: the same name and bytes give the same info-hash on every peer.
//!
//! Version [`CANONICAL_VERSION`]. An item is described as a hybrid torrent (v1 and v2, BEP 52):
//!
//! - `piece length` is [`piece_length`] of the item's size and its number of files;
//! - files stand in the order of the BEP 52 `file tree`: path components compared as raw bytes, one by one, so
//!   that `a/x` comes before `a-b`. The v1 `files` list has the same order, as BEP 52 demands;
//! - in a folder of two or more files (empty ones and links count), every file that does not end at a piece boundary is
//!   followed by a pad file `.pad/N` with `attr` `p` (BEP 47), the last one included. A folder of one file, and
//!   a single file, have no pad;
//! - a single file has `length` and no `files`; its v2 tree has one entry of the item's own name;
//! - an empty file has `length` 0 and no `pieces root`;
//! - a file that its owner may execute has `attr` `x` (BEP 47), in v1 and in the file tree; a single file's stands
//!   beside its `length`, too;
//! - a symbolic link whose target lies in the item has `attr` `xl` and `symlink path`, the target's components from the
//!   item's folder on (BEP 47), and in v1 `length` 0. It counts where files are counted for pads, and not for the
//!   piece length;
//! - no other keys are written: no dates, other attributes, `private`, `source` or `md5sum`. Empty folders and links
//!   that lead elsewhere do not belong to an item;
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

mod dictionary;
mod hasher;

pub use hasher::FileHasher;

use std::collections::BTreeMap;

use self::dictionary::Dictionary;
use crate::{
    geometry::BLOCK,
    id::{Sha1Hash, Sha256Hash},
    metainfo::{Info, Metainfo, MetainfoError},
};

/// The version of these rules. A change to any of them changes info-hashes, so it gets a new number.
pub const CANONICAL_VERSION: u32 = 2;

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

/// What stands at a path of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A file.
    File {
        /// The hashes of its bytes.
        hashes: &'a FileHashes,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link to something in the item.
    Link {
        /// Where it leads: components from the item's folder on.
        target: &'a [String],
    },
}

impl<'a> Entry<'a> {
    fn hashes(&self) -> Option<&'a FileHashes> {
        match self {
            Self::File { hashes, .. } => Some(hashes),
            Self::Link { .. } => None,
        }
    }

    fn length(&self) -> u64 {
        self.hashes().map_or(0, |hashes| hashes.length)
    }
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
    /// A file that is the item itself (empty path) came together with other files.
    #[error("`{item}` cannot be a file and a folder at once")]
    FileAndFolder {
        /// The item's name.
        item: String,
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
    /// No torrent that every peer accepts can describe the item: a name that no system can store, too many pieces.
    #[error("`{item}` cannot be shared: {source}")]
    Refused {
        /// The item's name.
        item: String,
        /// What the parser says about the dictionary.
        source: MetainfoError,
    },
}

const MIB: u32 = 1024 * 1024;

/// The piece length in bytes of an item with `total` bytes in `files` files (1 for a single file).
///
/// 512 to 1024 pieces between 8 MiB and 512 MiB, with 16 KiB at least; 1 MiB up to 4 GiB; then doubling to keep at
/// most 4096 pieces, 16 MiB at most. In a folder a piece is not longer than the mean file (but 16 KiB at least),
/// so that hashing pads never costs more than hashing content.
pub fn piece_length(total: u64, files: u64) -> u32 {
    let by_size = match total {
        0..=FOUR_GIB => floor_power_of_two(total / 512).min(MIB),
        _ => ceil_power_of_two(total.div_ceil(4096)).min(16 * MIB),
    };
    by_size.min(floor_power_of_two(total / files.max(1))).max(BLOCK)
}

const FOUR_GIB: u64 = 4 << 30;

/// The largest power of two that is not above `value`, or what comes closest in 32 bits.
fn floor_power_of_two(value: u64) -> u32 {
    1 << value.checked_ilog2().unwrap_or(0).min(31)
}

fn ceil_power_of_two(value: u64) -> u32 {
    u32::try_from(value.next_power_of_two()).unwrap_or(1 << 31)
}

/// Collects an item's files and writes its canonical info dictionary.
#[derive(Debug, Clone)]
pub struct Builder {
    piece_length: u32,
    files: BTreeMap<Vec<String>, (FileHashes, bool)>,
    links: BTreeMap<Vec<String>, Vec<String>>,
}

impl Builder {
    /// Starts an item whose files were hashed at `piece_length` bytes ([`piece_length`] says which).
    pub fn new(piece_length: u32) -> Self {
        Self { piece_length, files: BTreeMap::new(), links: BTreeMap::new() }
    }

    /// Adds a file at `path` (components inside the item; empty when the item is this one file). Any order will do;
    /// a second file at the same path replaces the first.
    pub fn file(mut self, path: Vec<String>, hashes: FileHashes) -> Self {
        self.files.insert(path, (hashes, false));
        self
    }

    /// Like [`Builder::file`], for a file that its owner may execute.
    pub fn executable(mut self, path: Vec<String>, hashes: FileHashes) -> Self {
        self.files.insert(path, (hashes, true));
        self
    }

    /// Adds a symbolic link at `path` to `target`, both as components inside the item.
    pub fn link(mut self, path: Vec<String>, target: Vec<String>) -> Self {
        self.links.insert(path, target);
        self
    }

    /// Writes the dictionary for an item called `name`, and reads it back, so that what is returned is valid.
    ///
    /// # Errors
    ///
    /// The item has no bytes, is a file and a folder at once, has hashes that do not fit its lengths, or has a name
    /// that no torrent may have.
    pub fn finish(self, name: &str) -> Result<Metainfo, CanonicalError> {
        let info = Info::from_bytes(&self.encode(name)?)
            .map_err(|source| CanonicalError::Refused { item: name.to_owned(), source })?;
        let mut metainfo = Metainfo::from_info(info);
        self.insert_layers(name, &mut metainfo)?;
        Ok(metainfo)
    }

    /// Writes the info dictionary for an item called `name`.
    ///
    /// # Errors
    ///
    /// As for [`Builder::finish`], but names are not checked.
    pub fn encode(&self, name: &str) -> Result<Vec<u8>, CanonicalError> {
        let item = || name.to_owned();
        if self.files.values().all(|(hashes, _)| hashes.length == 0) {
            return Err(CanonicalError::Empty { item: item() });
        }
        let is_file = self.files.contains_key(&[][..]);
        if is_file && self.files.len() + self.links.len() > 1 {
            return Err(CanonicalError::FileAndFolder { item: item() });
        }
        let unfit = self.files.iter().find(|(_, (hashes, _))| !hashes.fit(self.piece_length));
        if let Some((path, (hashes, _))) = unfit {
            return Err(CanonicalError::Hashes { item: item(), path: path.join("/"), length: hashes.length });
        }
        let files = self.files.iter().map(|(path, (hashes, executable))| {
            (path.as_slice(), Entry::File { hashes, executable: *executable })
        });
        let links = self.links.iter().map(|(path, target)| (path.as_slice(), Entry::Link { target }));
        Ok(dictionary(name, self.piece_length, files.chain(links)).encode())
    }

    fn insert_layers(&self, name: &str, metainfo: &mut Metainfo) -> Result<(), CanonicalError> {
        let info = metainfo.info.clone();
        for (index, file) in info.files().iter().enumerate().filter(|(_, file)| !file.pad) {
            let Some((hashes, _)) = self.files.get(&file.path).filter(|(hashes, _)| !hashes.layer.is_empty())
            else {
                continue;
            };
            metainfo.piece_layers.insert(&info, index, hashes.layer.clone()).map_err(|_| {
                CanonicalError::Hashes {
                    item: name.to_owned(),
                    path: file.path.join("/"),
                    length: file.length,
                }
            })?;
        }
        Ok(())
    }
}

/// Whether an item is what its entries give, which are named by their paths.
pub fn describes<'a>(info: &'a Info, entries: impl IntoIterator<Item = (&'a [String], Entry<'a>)>) -> bool {
    dictionary(info.name(), info.piece_length(), entries).encode() == *info.raw()
}

fn dictionary<'a>(
    name: &'a str,
    piece_length: u32,
    entries: impl IntoIterator<Item = (&'a [String], Entry<'a>)>,
) -> Dictionary<'a> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by_key(|(path, _)| *path);
    Dictionary { name, piece_length, entries }
}

impl FileHashes {
    /// Whether there are as many hashes as a file of this length needs.
    fn fit(&self, piece_length: u32) -> bool {
        let piece_length = u64::from(piece_length.max(1));
        let pieces = self.length.div_ceil(piece_length);
        let layer = if pieces > 1 { pieces } else { 0 };
        let has_bytes = self.length > 0;
        self.length <= i64::MAX as u64
            && self.v1.len() as u64 == pieces
            && self.layer.len() as u64 == layer
            && self.root.is_some() == has_bytes
            && self.v1_tail.is_some() == has_bytes
    }
}
