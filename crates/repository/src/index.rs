//! What is known about files without reading them: their hashes, kept across restarts, renames and moves.
//!
//! A file is recognised by device, inode, size and time of modification, which a rename or a move leaves as they are.
//! A file that also kept its path must have kept its time of change too: a tool that writes a file and puts its time
//! of modification back is not trusted.

use std::path::{Path, PathBuf};

use peerpool_wire::{
    canonical::FileHashes,
    id::{InfoHash, Sha1Hash, Sha256Hash},
};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::{
    beneath::Directory,
    envelope::StateFile,
    error::{DiskError, Result},
    stamp::Stamp,
};

const NAME: &str = "index";
const LIMIT: u64 = 1 << 30;

/// The hashes of all files of a repository.
#[derive(Debug, Default)]
pub(crate) struct HashIndex {
    files: FxHashMap<Key, Record>,
    adopted: FxHashMap<String, Adopted>,
    generation: u32,
    dirty: bool,
}

/// Which file, and at which piece length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    device: u64,
    inode: u64,
    size: u64,
    modified_ns: i64,
    piece_length: u32,
}

#[derive(Debug)]
struct Record {
    path: Box<Path>,
    changed_ns: i64,
    seen_ns: i64,
    hashes: FileHashes,
    only: Option<Tail>,
    generation: u32,
}

/// Which SHA-1 of a file's last piece enters a torrent: see [`FileHashes::v1_tail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tail {
    /// As short as it is: the file stands alone in its item.
    Short,
    /// Filled with zeros: there are other files.
    Filled,
}

/// Hashes, and how far they can be trusted.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) hashes: FileHashes,
    /// The wall clock when the file was found, before it was hashed: one modified just before that is hashed again.
    pub(crate) seen_ns: i64,
    /// Set when the last piece's SHA-1 is known in one form only; the other one is then meaningless.
    pub(crate) only: Option<Tail>,
}

/// An item that is shared by a torrent made elsewhere, as long as its files stay as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Adopted {
    pub(crate) info_hash: InfoHash,
    /// The stamps of its files, in the order of the torrent, pads and links left out.
    pub(crate) stamps: Vec<StoredStamp>,
}

/// A [`Stamp`] as it is stored, without the time of change, which moving the file alters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredStamp(u64, u64, u64, i64);

impl From<Stamp> for StoredStamp {
    fn from(stamp: Stamp) -> Self {
        Self(stamp.device, stamp.inode, stamp.size, stamp.modified_ns)
    }
}

/// The file's form. Hashes stand as one run of bytes, which is short and quick to read.
#[derive(Serialize, Deserialize)]
struct Stored {
    files: Vec<StoredRecord>,
    adopted: Vec<(String, Adopted)>,
}

#[derive(Serialize, Deserialize)]
struct StoredRecord {
    path: PathBuf,
    stamp: StoredStamp,
    changed_ns: i64,
    seen_ns: i64,
    piece_length: u32,
    root: Option<Sha256Hash>,
    #[serde(with = "serde_bytes")]
    layer: Vec<u8>,
    #[serde(with = "serde_bytes")]
    v1: Vec<u8>,
    v1_tail: Option<Sha1Hash>,
    only: Option<Tail>,
}

impl Key {
    fn of(stamp: &Stamp, piece_length: u32) -> Self {
        let Stamp { device, inode, size, modified_ns, .. } = *stamp;
        Self { device, inode, size, modified_ns, piece_length }
    }
}

impl HashIndex {
    /// Reads the index of a state folder. One that is missing, damaged or of another version is an empty one: then
    /// files are hashed again.
    pub(crate) fn load(state: &Directory) -> Self {
        let read = state.read_small(Path::new(NAME), LIMIT);
        match read.map(|bytes| bytes.map(|bytes| Self::decode(&bytes))) {
            Ok(None) => Self::default(),
            Ok(Some(Some(index))) => index,
            Ok(Some(None)) => {
                tracing::warn!(folder = %state.path().display(), "the hash index is damaged: files are hashed again");
                Self::default()
            }
            Err(error) => {
                tracing::warn!(%error, "the hash index cannot be read: files are hashed again");
                Self::default()
            }
        }
    }

    /// Writes the index, if it differs from what is on disk.
    pub(crate) fn save(&mut self, state: &Directory) -> Result<()> {
        if self.dirty {
            state.replace_durably(
                NAME,
                &self.encode().map_err(DiskError::on("write", &state.path().join(NAME)))?,
            )?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Whether the hashes of the file found at `path` with this stamp are known and can be trusted without reading it.
    pub(crate) fn knows(&mut self, path: &Path, stamp: &Stamp, piece_length: u32, tail: Tail) -> bool {
        if stamp.size == 0 {
            return true;
        }
        let Some(record) = self.files.get_mut(&Key::of(stamp, piece_length)) else {
            return false;
        };
        let stayed = *record.path == *path;
        let touched = stayed && record.changed_ns != stamp.changed_ns;
        if touched || stamp.is_fresh(record.seen_ns) || record.only.is_some_and(|only| only != tail) {
            return false;
        }
        if !stayed {
            record.path = path.into();
            record.changed_ns = stamp.changed_ns;
            self.dirty = true;
        }
        record.generation = self.generation;
        true
    }

    /// The hashes of a file that [`HashIndex::knows`], or that was inserted just now.
    pub(crate) fn hashes(&self, stamp: &Stamp, piece_length: u32) -> Option<FileHashes> {
        if stamp.size == 0 {
            return Some(FileHashes::default());
        }
        self.files.get(&Key::of(stamp, piece_length)).map(|record| record.hashes.clone())
    }

    /// Keeps the hashes of a file found at `path`.
    pub(crate) fn insert(&mut self, path: &Path, stamp: &Stamp, piece_length: u32, known: Known) {
        let record = Record {
            path: path.into(),
            changed_ns: stamp.changed_ns,
            seen_ns: known.seen_ns,
            hashes: known.hashes,
            only: known.only,
            generation: self.generation,
        };
        self.files.insert(Key::of(stamp, piece_length), record);
        self.dirty = true;
    }

    /// Begins a look at all files: what is not found again until [`HashIndex::forget_the_lost`] is forgotten then.
    pub(crate) fn begin_full_scan(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// Forgets the files that were not found since [`HashIndex::begin_full_scan`].
    pub(crate) fn forget_the_lost(&mut self) {
        let before = self.files.len();
        self.files.retain(|_, record| record.generation == self.generation);
        self.dirty |= self.files.len() != before;
    }

    /// The torrent by which the item of this name is shared, where it has one of its own.
    pub(crate) fn adopted(&self, name: &str) -> Option<&Adopted> {
        self.adopted.get(name)
    }

    /// Shares the item of this name by a torrent of its own from now on, or no longer.
    pub(crate) fn set_adopted(&mut self, name: &str, adopted: Option<Adopted>) {
        let before = match adopted {
            Some(adopted) => self.adopted.insert(name.to_owned(), adopted),
            None => self.adopted.remove(name),
        };
        self.dirty |= before.as_ref() != self.adopted.get(name);
    }

    /// The index file's bytes.
    pub(crate) fn encode(&self) -> std::io::Result<Vec<u8>> {
        let stored = Stored {
            files: self.files.iter().map(|(key, record)| StoredRecord::new(key, record)).collect(),
            adopted: self.adopted.iter().map(|(name, adopted)| (name.clone(), adopted.clone())).collect(),
        };
        let body = rmp_serde::to_vec(&stored).map_err(std::io::Error::other)?;
        Ok(StateFile::HashIndex.seal(&body))
    }

    /// Reads the index file's bytes. `None` when they are damaged.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let body = StateFile::HashIndex.unseal(bytes)?;
        let stored: Stored = rmp_serde::from_slice(body).ok()?;
        Some(Self {
            files: stored.files.into_iter().map(StoredRecord::into_record).collect::<Option<_>>()?,
            adopted: stored.adopted.into_iter().collect(),
            generation: 0,
            dirty: false,
        })
    }
}

impl StoredRecord {
    fn new(key: &Key, record: &Record) -> Self {
        Self {
            path: record.path.to_path_buf(),
            stamp: StoredStamp(key.device, key.inode, key.size, key.modified_ns),
            changed_ns: record.changed_ns,
            seen_ns: record.seen_ns,
            piece_length: key.piece_length,
            root: record.hashes.root,
            layer: record.hashes.layer.iter().flat_map(|hash| hash.0).collect(),
            v1: record.hashes.v1.iter().flat_map(|hash| hash.0).collect(),
            v1_tail: record.hashes.v1_tail,
            only: record.only,
        }
    }

    fn into_record(self) -> Option<(Key, Record)> {
        let StoredStamp(device, inode, size, modified_ns) = self.stamp;
        let hashes = FileHashes {
            length: size,
            root: self.root,
            layer: self.layer.chunks(32).map(Sha256Hash::from_slice).collect::<Option<_>>()?,
            v1: self.v1.chunks(20).map(Sha1Hash::from_slice).collect::<Option<_>>()?,
            v1_tail: self.v1_tail,
        };
        let key = Key { device, inode, size, modified_ns, piece_length: self.piece_length };
        let record = Record {
            path: self.path.into(),
            changed_ns: self.changed_ns,
            seen_ns: self.seen_ns,
            hashes,
            only: self.only,
            generation: 0,
        };
        Some((key, record))
    }
}
