//! The downloads of a repository.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use peerpool_wire::{
    bitfield::Bitfield,
    id::InfoHash,
    metainfo::{Info, Metainfo},
};
use rustc_hash::FxHashMap;

use super::{
    PartialError, PartialItem, Wanted,
    files::{CONTENT, DownloadFiles},
    item::TORRENT,
    resume,
    state::DownloadState,
};
use crate::{
    beneath::Directory,
    error::{Fault, Result},
    local_names::LocalNames,
    open_files::OpenFiles,
    scan,
    shared::ReadError,
    torrents,
};

/// A download that the repository holds, as listed without opening its data.
#[derive(Debug, Clone)]
pub struct PartialListing {
    /// Which files are wanted.
    pub metainfo: Arc<Metainfo>,
    /// The part of it that is wanted.
    pub wanted: Wanted,
    /// Verified pieces at the last checkpoint.
    pub verified: Bitfield,
    /// A delivered file is gone from the repository, or was changed there.
    pub altered: bool,
}

/// Marks the folder of a download that is being removed.
const GONE: &str = "gone-";

/// The folder of all downloads, and those that are open.
#[derive(Debug)]
pub(crate) struct Partials {
    folder: Directory,
    files: Arc<OpenFiles>,
    open: Mutex<FxHashMap<InfoHash, Weak<PartialItem>>>,
    /// Downloads whose torrent is damaged, by their folders' names.
    damaged: Mutex<BTreeSet<OsString>>,
}

impl Partials {
    /// Opens the folder, and finishes removals that a process did not live to finish.
    pub(crate) fn open(work: &Directory, files: Arc<OpenFiles>) -> Result<Self> {
        let folder = work.create_private_folder("partial".as_ref())?;
        for entry in folder.entries()?.iter().filter(|entry| is_gone(&entry.name)) {
            folder.remove_whatever(entry.name.as_ref())?;
        }
        Ok(Self { folder, files, open: Mutex::default(), damaged: Mutex::default() })
    }

    /// All downloads that can be resumed; `root` is where their files go.
    pub(crate) fn list(&self, root: &Directory) -> Result<Vec<PartialListing>> {
        let mut listings = Vec::new();
        for entry in self.folder.entries()?.into_iter().filter(|entry| !is_gone(&entry.name)) {
            let Ok(folder) = self.folder.folder(entry.name.as_ref()) else {
                self.damaged().insert(entry.name);
                continue;
            };
            // A torrent that does not match the name of its folder is damaged, whatever it says.
            let of_this = |metainfo: &Metainfo| folder_name(metainfo.info.hash()).as_os_str() == entry.name;
            let Some(metainfo) = torrents::read(&folder, TORRENT).filter(of_this) else {
                match folder.exists(CONTENT.as_ref())? {
                    true => drop(self.damaged().insert(entry.name)),
                    // The process ended right after creating the folder, or while removing it.
                    false => self.remove_folder(&entry.name)?,
                }
                continue;
            };
            let state = load_state(&folder, &metainfo, Wanted::Whole);
            if is_complete(&folder, &state)? {
                // The process ended between the move into the repository and this removal.
                self.remove_folder(&entry.name)?;
                continue;
            }
            let altered = is_altered(root, &metainfo, &LocalNames::recorded_of_download(&folder), &state);
            let DownloadState { verified, wanted, .. } = state;
            listings.push(PartialListing { metainfo: Arc::new(metainfo), wanted, verified, altered });
        }
        Ok(listings)
    }

    /// The folders of downloads that cannot be resumed, because their torrent is damaged.
    pub(crate) fn without_torrent(&self) -> Vec<PathBuf> {
        self.damaged().iter().map(|name| self.folder.path().join(name)).collect()
    }

    /// The folders of the repository that belong to downloads, not to items of their own.
    pub(crate) fn delivered_to(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in self.folder.entries()? {
            let state =
                self.folder.folder(entry.name.as_ref()).ok().and_then(|folder| DownloadState::load(&folder));
            names.extend(state.and_then(|state| state.delivered_to));
        }
        Ok(names)
    }

    /// The open downloads whose delivered files in the folder `name` are gone or changed.
    pub(crate) fn altered_in(&self, root: &Directory, name: &str) -> Vec<InfoHash> {
        let open: Vec<Arc<PartialItem>> = self.lock().values().filter_map(Weak::upgrade).collect();
        let here = open.iter().filter(|item| item.delivered_to().as_deref() == Some(name));
        here.filter(|item| {
            is_altered(root, &item.metainfo(), item.files().local_names(), &item.recorded_state())
        })
        .map(|item| item.info_hash())
        .collect()
    }

    /// Resumes a download, or starts it. One that is open already is returned, with the wanted part added.
    pub(crate) fn take_up(
        &self,
        root: &Directory,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
    ) -> std::result::Result<Arc<PartialItem>, PartialError> {
        let hash = metainfo.info.hash();
        let mut open = self.lock();
        open.retain(|_, item| item.strong_count() > 0);
        let others = open.iter().filter(|(other, _)| **other != hash);
        let promised = others.filter_map(|(_, item)| item.upgrade()).map(|item| item.needed()).sum();
        if let Some(item) = open.get(&hash).and_then(Weak::upgrade) {
            item.ensure_room(wanted.clone(), promised)?;
            item.want(wanted);
            item.checkpoint()?;
            return Ok(item);
        }
        let failed = PartialError::disk(metainfo.info.name());
        let is_new = !self.folder.exists(&folder_name(hash)).map_err(failed)?;
        let item = Arc::new(self.open_item(root, metainfo, wanted.clone())?);
        if let Err(refused) = item.ensure_room(wanted, promised) {
            if is_new {
                self.remove_folder(folder_name(hash).as_os_str()).map_err(PartialError::disk(item.name()))?;
            }
            return Err(refused);
        }
        item.checkpoint()?;
        open.insert(hash, Arc::downgrade(&item));
        self.damaged().remove(folder_name(hash).as_os_str());
        Ok(item)
    }

    fn open_item(
        &self,
        root: &Directory,
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
        let files = DownloadFiles::open(folder, &metainfo.info, self.files.clone()).map_err(&failed)?;
        files.restore(&state.stamps, &state.delivered).map_err(&failed)?;
        let recorded = state.verified.clone();
        let resumed = resume::recover(&metainfo, &files, &mut state).map_err(|error| match error {
            ReadError::Disk(source) => PartialError::Disk { item: name.clone(), source },
            other => PartialError::Unfit { item: name.clone(), reason: other.to_string() },
        })?;
        give_up_changed(root, &files, &mut state, &recorded, &metainfo.info).map_err(&failed)?;
        Ok(PartialItem::new(metainfo, files, state, resumed))
    }

    /// Removes a download and its data.
    pub(crate) fn remove(&self, hash: InfoHash) -> Result<()> {
        self.lock().remove(&hash);
        self.damaged().remove(folder_name(hash).as_os_str());
        self.remove_folder(folder_name(hash).as_os_str())
    }

    /// Removes a folder. A rename first makes it no download any more, at once and durably.
    fn remove_folder(&self, name: &OsStr) -> Result<()> {
        let gone = OsString::from_iter([GONE.as_ref(), name]);
        self.folder.remove_whatever(gone.as_ref())?;
        match self.folder.move_new(name.as_ref(), &self.folder, gone.as_ref()) {
            Err(error) if error.fault() == Fault::Missing => Ok(()),
            moved => moved.and_then(|()| self.folder.remove_whatever(gone.as_ref())),
        }
    }

    fn damaged(&self) -> MutexGuard<'_, BTreeSet<OsString>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<InfoHash, Weak<PartialItem>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn folder_name(hash: InfoHash) -> PathBuf {
    PathBuf::from(hash.to_string())
}

fn load_state(folder: &Directory, metainfo: &Metainfo, wanted: Wanted) -> DownloadState {
    let pieces = metainfo.info.geometry().piece_count();
    let fitting = DownloadState::load(folder).filter(|state| state.verified.len() == pieces);
    fitting.unwrap_or_else(|| DownloadState::new(pieces, wanted))
}

/// Whether everything is verified and the data has moved into the repository.
fn is_complete(folder: &Directory, state: &DownloadState) -> Result<bool> {
    Ok(state.verified.is_all() && !folder.exists(CONTENT.as_ref())?)
}

/// Whether a delivered file is gone or changed.
fn is_altered(
    root: &Directory,
    metainfo: &Metainfo,
    local_names: &LocalNames,
    state: &DownloadState,
) -> bool {
    let Some(name) = &state.delivered_to else { return false };
    state.delivered.iter().any(|(file, stamp)| {
        let entry = metainfo.info.files().get(*file);
        let path = entry.map(|entry| scan::path_in_item(name, &local_names.local(&entry.path)));
        let there = path.and_then(|path| root.stamp(&path).ok().flatten());
        there.is_none_or(|there| there.fingerprint() != *stamp)
    })
}

/// A delivered file that was changed in the repository belongs to its owner, and the download fetches it anew. One that
/// is unchanged, or only has other times or permissions, still counts as delivered.
fn give_up_changed(
    root: &Directory,
    files: &DownloadFiles,
    state: &mut DownloadState,
    recorded: &Bitfield,
    info: &Info,
) -> Result<()> {
    let geometry = info.geometry();
    for (file, stamp) in std::mem::take(&mut state.delivered) {
        let pieces = geometry.pieces_of_file(file).filter_map(|index| geometry.piece(index));
        if files.is_made(file)
            && pieces.clone().all(|piece| state.verified.has(piece) || !recorded.has(piece))
        {
            let name = state.delivered_to.as_deref().unwrap_or_default();
            let path = info.files().get(file).map(|entry| scan::path_in_item(name, &entry.path));
            let there = path.map(|path| root.stamp(&path)).transpose()?.flatten();
            let ours = files.stamp(file)?;
            let linked = there.filter(|there| {
                ours.is_some_and(|ours| (ours.device, ours.inode) == (there.device, there.inode))
            });
            let copied = there.filter(|there| there.fingerprint() == stamp);
            files.set_delivered(file, linked.or(copied).map_or(0, |there| there.fingerprint()));
            continue;
        }
        files.give_up(file)?;
        for piece in pieces {
            state.verified.clear(piece);
        }
    }
    Ok(())
}

fn is_gone(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(GONE.as_bytes())
}
