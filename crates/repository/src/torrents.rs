//! The torrents by which items are shared that are not their canonical ones.
//!
//! Which item is shared by which torrent is somebody's decision, so it is not kept with what can be computed again. It
//! survives when the item is touched, copied, changed or gone for a while: whenever the item matches the torrent again,
//! it is shared by it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use peerpool_wire::{
    id::InfoHash,
    metainfo::{Info, MAX_TORRENT, Metainfo},
};

use crate::{
    beneath::Directory,
    envelope::StateFile,
    error::{DiskError, Result},
    local_names::LocalNames,
};

/// Which item is shared by which torrent, by the item's name.
const NAMES: &str = "names";
const NAMES_LIMIT: u64 = 16 << 20;

/// Maximum number of items with their own torrent; more push out those whose names sort first.
const MAX_ADOPTED: usize = 20_000;

/// The folder of kept torrents.
#[derive(Debug)]
pub(crate) struct Torrents {
    folder: Directory,
    adopted: BTreeMap<String, InfoHash>,
    damaged: bool,
}

impl Torrents {
    /// Opens the folder. Puts a damaged list of names aside.
    pub(crate) fn open(state: &Directory) -> Result<Self> {
        let folder = state.create_private_folder(Path::new("torrents"))?;
        let bytes = folder.read_small(Path::new(NAMES), NAMES_LIMIT)?;
        let read = bytes.map(|bytes| {
            StateFile::Adopted.unseal(&bytes).and_then(|body| serde_json::from_slice(body).ok())
        });
        let damaged = matches!(read, Some(None));
        if damaged {
            folder.put_aside(NAMES)?;
        }
        Ok(Self { folder, adopted: read.flatten().unwrap_or_default(), damaged })
    }

    /// Where a damaged list of names was put.
    pub(crate) fn damaged(&self) -> Option<PathBuf> {
        self.damaged.then(|| self.folder.path().join(Directory::aside(NAMES)))
    }

    /// The info-hash of the item's own torrent, if it has one.
    pub(crate) fn adopted(&self, name: &str) -> Option<InfoHash> {
        self.adopted.get(name).copied()
    }

    /// Shares the item of this name by its own torrent from now on, durably. The caller has saved that torrent.
    pub(crate) fn adopt(&mut self, name: &str, hash: Option<InfoHash>) -> Result<()> {
        let before = match hash {
            Some(hash) => self.adopted.insert(name.to_owned(), hash),
            None => self.adopted.remove(name),
        };
        if before == hash {
            return Ok(());
        }
        while self.adopted.len() > MAX_ADOPTED {
            self.adopted.pop_first();
        }
        let failed =
            |error| DiskError::new("write", self.folder.path().join(NAMES), std::io::Error::from(error));
        let body = serde_json::to_vec(&self.adopted).map_err(failed)?;
        self.folder.replace_durably(NAMES, &StateFile::Adopted.seal(&body))?;
        if let Some(before) = before.filter(|before| !self.adopted.values().any(|hash| hash == before)) {
            self.folder.remove_file(Path::new(&file_name(before)))?;
            self.folder.remove_file(Path::new(&names_of(before)))?;
        }
        Ok(())
    }

    /// The torrent of this info-hash; `None` if it is missing or damaged.
    pub(crate) fn load(&self, hash: InfoHash) -> Option<Metainfo> {
        read(&self.folder, &file_name(hash)).filter(|metainfo| metainfo.info.hash() == hash)
    }

    /// The local names of the files of the item with this torrent.
    pub(crate) fn local_names(&self, hash: InfoHash) -> LocalNames {
        LocalNames::recorded(&self.folder, &names_of(hash)).unwrap_or_default()
    }

    /// Keeps a torrent, and the local names of its item's files.
    pub(crate) fn save(&self, metainfo: &Metainfo, local_names: &LocalNames) -> Result<()> {
        local_names.record(&self.folder, &names_of(metainfo.info.hash()))?;
        write(&self.folder, &file_name(metainfo.info.hash()), metainfo)
    }
}

fn file_name(hash: InfoHash) -> String {
    format!("{hash}.torrent")
}

fn names_of(hash: InfoHash) -> String {
    format!("{hash}.names")
}

/// The name of an item's info dictionary alone, while its piece layers are not all known.
const INFO: &str = "info";

/// Reads a torrent from a state folder, without piece layers if [`write`] did not have all of them. `None` when it is
/// missing or damaged.
pub(crate) fn read(folder: &Directory, name: &str) -> Option<Metainfo> {
    let bytes = |name: &str| folder.read_small(Path::new(name), MAX_TORRENT as u64).ok().flatten();
    let whole = bytes(name).and_then(|bytes| Metainfo::from_torrent(&bytes).ok());
    whole.or_else(|| Info::from_bytes(&bytes(INFO)?).ok().map(Metainfo::from_info))
}

/// Writes a torrent into a state folder, durably. A torrent must have all piece layers; if some are unknown, only the
/// info dictionary is kept.
pub(crate) fn write(folder: &Directory, name: &str, metainfo: &Metainfo) -> Result<()> {
    if metainfo.piece_layers.is_complete(&metainfo.info) {
        folder.replace_durably(name, &metainfo.to_torrent(&metainfo.trackers))
    } else {
        folder.replace_durably(INFO, metainfo.info.raw())
    }
}
