//! The hash index: hashes of files, kept across restarts, renames and moves.
//!
//! The index finds a file by device and inode, and trusts its hashes while its whole [`Stamp`] is unchanged. So the
//! files of a renamed folder are not read again. A file that was itself renamed, linked or given other permissions is,
//! because that looks like a write after which the time of modification was put back. A file that somebody had open for
//! writing is read again, too ([`HashIndex::suspect`]): writing through a memory map changes no time.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

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

/// Suspected files that are remembered; the hashes of any more are dropped at once.
const SUSPECTS: usize = 1 << 16;

/// How long this process may still have a file of a completed download open, to serve it.
const PLACED: Duration = Duration::from_secs(600);

/// The hashes of all files of a repository, as the state file `index` records them.
#[derive(Debug, Default)]
pub struct HashIndex {
    files: FxHashMap<Key, Record>,
    compared: FxHashMap<String, Compared>,
    /// Files to be read again, and the generation in which they were suspected.
    suspects: FxHashMap<PathBuf, u32>,
    /// Items that downloads put in their place, and when.
    placed: FxHashMap<String, Instant>,
    generation: u32,
    dirty: bool,
}

/// Which file, and at which piece length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    device: u64,
    inode: u64,
    piece_length: u32,
}

#[derive(Debug)]
struct Record {
    path: Box<Path>,
    stamp: Stamp,
    seen_ns: i64,
    hashes: FileHashes,
    only: Option<Tail>,
    generation: u32,
}

/// Which SHA-1 of a file's last piece enters a torrent: see [`FileHashes::v1_tail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tail {
    /// Without filling: the file is the only one of its item.
    Short,
    /// Filled with zeros: the item has other files.
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

/// The result of comparing an item with its own torrent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) info_hash: InfoHash,
    /// The stamps of its files, in the order of the torrent, without pads and links.
    pub(crate) stamps: Vec<Stamp>,
    /// Every byte was as the torrent says.
    pub(crate) agrees: bool,
}

/// The file's format. All hashes of a file are one byte string, which is compact and quick to read.
#[derive(Serialize, Deserialize)]
struct Stored {
    files: Vec<StoredRecord>,
    compared: Vec<(String, Compared)>,
}

#[derive(Serialize, Deserialize)]
struct StoredRecord {
    path: PathBuf,
    stamp: Stamp,
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
        Self { device: stamp.device, inode: stamp.inode, piece_length }
    }
}

impl HashIndex {
    /// Reads the index of a state folder. A missing or damaged index, or one of another version, is empty; files are
    /// then hashed again.
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
        let key = Key::of(stamp, piece_length);
        if self.suspects.remove(path).is_some() {
            self.dirty |= self.files.remove(&key).is_some();
        }
        let Some(record) = self.files.get_mut(&key).filter(|record| record.stamp == *stamp) else {
            return false;
        };
        let stayed = *record.path == *path;
        // Without a time of birth, an inode may belong to another file by now.
        let reused = !stayed && stamp.born_ns == 0;
        if reused || stamp.is_fresh(record.seen_ns) || record.only.is_some_and(|only| only != tail) {
            return false;
        }
        if !stayed {
            record.path = path.into();
            self.dirty = true;
        }
        record.generation = self.generation;
        true
    }

    /// A download was put in its place. For a while this process closes its files, so that raises no suspicion.
    pub(crate) fn set_placed(&mut self, name: &str) {
        self.placed.retain(|_, at| at.elapsed() < PLACED);
        self.placed.insert(name.to_owned(), Instant::now());
    }

    /// Somebody closed the file at `path` who may have written to it through a memory map, which need not change its
    /// stamp, so the next refresh reads it again. Files of a download that was just completed are beyond doubt: they
    /// were synced before they were recorded.
    pub(crate) fn suspect(&mut self, path: &Path) {
        let item = path.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
        if self.placed.get(item).is_some_and(|at| at.elapsed() < PLACED) {
            return;
        }
        self.suspects.insert(path.to_owned(), self.generation);
        if self.suspects.len() >= SUSPECTS {
            let suspects = std::mem::take(&mut self.suspects);
            self.files.retain(|_, record| !suspects.contains_key(&*record.path));
            self.dirty = true;
        }
    }

    /// Makes the next refresh of an item read all of its files again.
    pub(crate) fn suspect_item(&mut self, name: &str) {
        self.files.retain(|_, record| !record.path.starts_with(name));
        self.compared.remove(name);
        self.dirty = true;
    }

    /// Whether the item has a suspected file. Clears the suspicion.
    pub(crate) fn take_suspects_of(&mut self, name: &str) -> bool {
        let before = self.suspects.len();
        self.suspects.retain(|path, _| !path.starts_with(name));
        before != self.suspects.len()
    }

    /// The hashes of a file that [`HashIndex::knows`], or that was inserted just now.
    pub(crate) fn hashes(&self, stamp: &Stamp, piece_length: u32) -> Option<FileHashes> {
        if stamp.size == 0 {
            return Some(FileHashes::default());
        }
        let record = self.files.get(&Key::of(stamp, piece_length)).filter(|record| record.stamp == *stamp);
        record.map(|record| record.hashes.clone())
    }

    /// Keeps the hashes of a file found at `path`.
    pub(crate) fn insert(&mut self, path: &Path, stamp: &Stamp, piece_length: u32, known: Known) {
        let record = Record {
            path: path.into(),
            stamp: *stamp,
            seen_ns: known.seen_ns,
            hashes: known.hashes,
            only: known.only,
            generation: self.generation,
        };
        self.files.insert(Key::of(stamp, piece_length), record);
        self.dirty = true;
    }

    /// Begins a scan of all files. [`HashIndex::forget_missing`] then drops what the scan did not find.
    pub(crate) fn begin_full_scan(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// Drops the files that were not found since [`HashIndex::begin_full_scan`].
    pub(crate) fn forget_missing(&mut self) {
        let before = self.files.len();
        self.files.retain(|_, record| record.generation == self.generation);
        self.suspects.retain(|_, since| *since == self.generation);
        self.dirty |= self.files.len() != before;
    }

    /// The last result of comparing the item of this name with its own torrent.
    pub(crate) fn compared(&self, name: &str) -> Option<&Compared> {
        self.compared.get(name)
    }

    /// Records the result of comparing an item with its own torrent.
    pub(crate) fn set_compared(&mut self, name: &str, compared: Compared) {
        self.dirty |= self.compared.get(name) != Some(&compared);
        self.compared.insert(name.to_owned(), compared);
    }

    /// The index file's bytes.
    ///
    /// # Errors
    ///
    /// A path that MessagePack cannot hold because it is not UTF-8.
    pub fn encode(&self) -> std::io::Result<Vec<u8>> {
        let stored = Stored {
            files: self.files.iter().map(|(key, record)| StoredRecord::new(key, record)).collect(),
            compared: self.compared.iter().map(|(name, done)| (name.clone(), done.clone())).collect(),
        };
        let body = rmp_serde::to_vec(&stored).map_err(std::io::Error::other)?;
        Ok(StateFile::HashIndex.seal(&body))
    }

    /// Reads the index file's bytes. `None` when they are damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let body = StateFile::HashIndex.unseal(bytes)?;
        let stored: Stored = rmp_serde::from_slice(body).ok()?;
        Some(Self {
            files: stored.files.into_iter().map(StoredRecord::into_record).collect::<Option<_>>()?,
            compared: stored.compared.into_iter().collect(),
            suspects: FxHashMap::default(),
            placed: FxHashMap::default(),
            generation: 0,
            dirty: false,
        })
    }
}

impl StoredRecord {
    fn new(key: &Key, record: &Record) -> Self {
        Self {
            path: record.path.to_path_buf(),
            stamp: record.stamp,
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
        let hashes = FileHashes {
            length: self.stamp.size,
            root: self.root,
            layer: self.layer.chunks(32).map(Sha256Hash::from_slice).collect::<Option<_>>()?,
            v1: self.v1.chunks(20).map(Sha1Hash::from_slice).collect::<Option<_>>()?,
            v1_tail: self.v1_tail,
        };
        let key = Key::of(&self.stamp, self.piece_length);
        let record = Record {
            path: self.path.into(),
            stamp: self.stamp,
            seen_ns: self.seen_ns,
            hashes,
            only: self.only,
            generation: 0,
        };
        Some((key, record))
    }
}
