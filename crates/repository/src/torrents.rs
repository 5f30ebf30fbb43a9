//! Torrents kept on disk: those by which items are shared although they are not the canonical ones.

use std::path::{Path, PathBuf};

use peerpool_wire::{
    id::InfoHash,
    metainfo::{Info, MAX_TORRENT, Metainfo},
};

use crate::{beneath::Directory, error::Result};

/// The folder of kept torrents.
#[derive(Debug)]
pub(crate) struct Torrents {
    folder: Directory,
}

impl Torrents {
    pub(crate) fn open(state: &Directory) -> Result<Self> {
        Ok(Self { folder: state.create_private_folder(Path::new("torrents"))? })
    }

    /// The torrent of this identity; one that is missing or damaged is none.
    pub(crate) fn load(&self, hash: InfoHash) -> Option<Metainfo> {
        read(&self.folder, &file_name(hash)).filter(|metainfo| metainfo.info.hash() == hash)
    }

    pub(crate) fn save(&self, metainfo: &Metainfo) -> Result<()> {
        write(&self.folder, &file_name(metainfo.info.hash()), metainfo)
    }

    pub(crate) fn remove(&self, hash: InfoHash) {
        if let Err(error) = self.folder.remove_file(&PathBuf::from(file_name(hash))) {
            tracing::warn!(%error, "a torrent that is no longer needed stays on disk");
        }
    }
}

fn file_name(hash: InfoHash) -> String {
    format!("{hash}.torrent")
}

/// The name of an item's info dictionary alone, while its piece layers are not all known.
const INFO: &str = "info";

/// Reads a torrent from a state folder; without piece layers where [`write`] did not have all of them. `None` when it
/// is missing or damaged.
pub(crate) fn read(folder: &Directory, name: &str) -> Option<Metainfo> {
    let bytes = |name: &str| folder.read_small(Path::new(name), MAX_TORRENT as u64).ok().flatten();
    let whole = bytes(name).and_then(|bytes| Metainfo::from_torrent(&bytes).ok());
    whole.or_else(|| Info::from_bytes(&bytes(INFO)?).ok().map(Metainfo::from_info))
}

/// Writes a torrent into a state folder, durably. A torrent must have all piece layers, so until they are known the
/// info dictionary is kept alone.
pub(crate) fn write(folder: &Directory, name: &str, metainfo: &Metainfo) -> Result<()> {
    if metainfo.piece_layers.is_complete(&metainfo.info) {
        folder.replace_durably(name, &metainfo.to_torrent(&metainfo.trackers))
    } else {
        folder.replace_durably(INFO, metainfo.info.raw())
    }
}
