//! The downloads of a repository.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use peerpool_wire::{bitfield::Bitfield, id::InfoHash, metainfo::Metainfo};
use rustc_hash::FxHashMap;

use super::{
    PartialError, PartialItem, Wanted,
    content::{CONTENT, Content},
    item::TORRENT,
    resume,
    state::State,
};
use crate::{
    beneath::Directory, error::Result, index::StoredStamp, open_files::OpenFiles, shared::ReadError, torrents,
};

/// A download that the repository holds, as listed without opening its data.
#[derive(Debug, Clone)]
pub struct PartialListing {
    /// What is downloaded.
    pub metainfo: Arc<Metainfo>,
    /// Which part of it.
    pub wanted: Wanted,
    /// Verified pieces at the last checkpoint.
    pub verified: Bitfield,
}

/// The folder of all downloads, and those that are open.
#[derive(Debug)]
pub(crate) struct Partials {
    folder: Directory,
    files: Arc<OpenFiles>,
    open: Mutex<FxHashMap<InfoHash, Weak<PartialItem>>>,
}

impl Partials {
    pub(crate) fn open(state: &Directory, files: Arc<OpenFiles>) -> Result<Self> {
        let folder = state.create_private_folder("partial".as_ref())?;
        Ok(Self { folder, files, open: Mutex::default() })
    }

    /// All downloads that can be taken up.
    pub(crate) fn list(&self) -> Result<Vec<PartialListing>> {
        let mut listings = Vec::new();
        for entry in self.folder.entries()? {
            let folder = self.folder.folder(entry.name.as_ref())?;
            let Some(metainfo) = torrents::read(&folder, TORRENT) else {
                tracing::warn!(folder = %folder.path().display(), "a download without a torrent is ignored");
                continue;
            };
            let state = load_state(&folder, &metainfo, Wanted::Whole);
            if is_complete(&folder, &state)? {
                // The process ended between the move into the repository and this removal.
                self.folder.remove_tree(entry.name.as_ref())?;
                continue;
            }
            let State { verified, wanted, .. } = state;
            listings.push(PartialListing { metainfo: Arc::new(metainfo), wanted, verified });
        }
        Ok(listings)
    }

    /// The folders of the repository that belong to downloads, not to items of their own.
    pub(crate) fn delivered_to(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in self.folder.entries()? {
            let state = self.folder.folder(entry.name.as_ref()).ok().and_then(|folder| State::load(&folder));
            names.extend(state.and_then(|state| state.delivered_to));
        }
        Ok(names)
    }

    /// Takes up a download, or starts it. One that is open already is given again, and wants more from then on.
    pub(crate) fn take_up(
        &self,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
    ) -> std::result::Result<Arc<PartialItem>, PartialError> {
        let hash = metainfo.info.hash();
        let mut open = self.lock();
        open.retain(|_, item| item.strong_count() > 0);
        if let Some(item) = open.get(&hash).and_then(Weak::upgrade) {
            item.want(wanted);
            item.checkpoint()?;
            return Ok(item);
        }
        let item = Arc::new(self.open_item(metainfo, wanted)?);
        item.checkpoint()?;
        open.insert(hash, Arc::downgrade(&item));
        Ok(item)
    }

    fn open_item(
        &self,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
    ) -> std::result::Result<PartialItem, PartialError> {
        let name = metainfo.info.name().to_owned();
        let failed = PartialError::disk(&name);
        let folder =
            self.folder.create_private_folder(&folder_name(metainfo.info.hash())).map_err(&failed)?;
        let stored =
            torrents::read(&folder, TORRENT).filter(|stored| stored.info.hash() == metainfo.info.hash());
        let metainfo = match stored {
            Some(stored) if !metainfo.piece_layers.is_complete(&metainfo.info) => Arc::new(stored),
            _ => metainfo,
        };
        torrents::write(&folder, TORRENT, &metainfo).map_err(&failed)?;
        self.folder.sync().map_err(&failed)?;
        let mut state = load_state(&folder, &metainfo, wanted.clone());
        state.wanted = state.wanted.with(wanted);
        let content = Content::open(folder, &metainfo.info, self.files.clone()).map_err(&failed)?;
        disown_changed(&content, &mut state).map_err(&failed)?;
        let resumed = resume::recover(&metainfo, &content, &mut state).map_err(|error| match error {
            ReadError::Disk(source) => PartialError::Disk { item: name.clone(), source },
            other => PartialError::Unfit { item: name.clone(), reason: other.to_string() },
        })?;
        Ok(PartialItem::new(metainfo, content, state, resumed))
    }

    /// Removes a download and its data.
    pub(crate) fn remove(&self, hash: InfoHash) -> Result<()> {
        self.lock().remove(&hash);
        self.folder.remove_tree(&folder_name(hash))
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<InfoHash, Weak<PartialItem>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn folder_name(hash: InfoHash) -> PathBuf {
    PathBuf::from(hash.to_string())
}

fn load_state(folder: &Directory, metainfo: &Metainfo, wanted: Wanted) -> State {
    let pieces = metainfo.info.geometry().piece_count();
    let fitting = State::load(folder).filter(|state| state.verified.len() == pieces);
    fitting.unwrap_or_else(|| State::new(pieces, wanted))
}

/// Whether all is verified and the data has moved away: into the repository.
fn is_complete(folder: &Directory, state: &State) -> Result<bool> {
    Ok(state.verified.is_all() && !folder.exists(CONTENT.as_ref())?)
}

/// A file that was put into the repository and changed there since belongs to its owner alone: it is fetched anew.
fn disown_changed(content: &Content, state: &mut State) -> Result<()> {
    for (file, stamp) in std::mem::take(&mut state.delivered) {
        if content.stamp(file)?.map(StoredStamp::from) == Some(stamp) {
            content.set_delivered(file, stamp);
            state.delivered.push((file, stamp));
        } else {
            content.disown(file)?;
        }
    }
    Ok(())
}
