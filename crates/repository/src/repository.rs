//! The folder that a peer shares.

mod completion;
mod decisions;
mod error;
mod offering;
mod uploading;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use peerpool_wire::{
    id::InfoHash,
    metainfo::{File, Metainfo},
};

pub use self::error::RepositoryError;
use self::{completion::Completion, offering::Offering};
use crate::{
    beneath::Directory,
    envelope::StateFile,
    error::DiskError,
    home, import,
    index::{Compared, HashIndex},
    local_names::{self, LocalNames},
    lock::{self, Attempt, Lock},
    open_files::OpenFiles,
    partial::{PartialError, PartialItem, PartialListing, Partials, Wanted},
    records::Records,
    refresh::{Cancel, Event, Refresh, Scope},
    scan,
    shared::{EntryStamps, SharedItem},
    stamp::Stamp,
    torrents::Torrents,
    unshared::Unshared,
    uploads::Uploads,
    verify::{self, VerifyError},
    watch::Watcher,
};

/// The name of the folder in which a repository keeps its state.
pub const STATE_FOLDER: &str = ".peerpool";

/// A shared folder, held by this process alone. All methods block; call them from threads that may.
#[derive(Debug)]
pub struct Repository {
    root: Arc<Directory>,
    state: Directory,
    /// Holds unfinished data, on the file system of the repository.
    work: Directory,
    /// Others may write to the state folder, and that cannot be changed.
    open_to_others: bool,
    torrents: Mutex<Torrents>,
    partials: Partials,
    uploads: Uploads,
    open_files: Arc<OpenFiles>,
    index: Arc<Mutex<HashIndex>>,
    shared: RwLock<BTreeMap<String, Arc<SharedItem>>>,
    unshared: Mutex<Unshared>,
    /// Folders that hold single files of downloads, so they are no items.
    kept_out: Mutex<BTreeSet<String>>,
    /// Held while a refresh runs.
    refreshing: Mutex<()>,
    _lock: Lock,
}

impl Repository {
    /// Opens the repository in the folder `root`, creating it if needed, and keeps other processes out until it is
    /// dropped. Scans nothing yet.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::InUse`] while another process holds it, [`RepositoryError::ForeignState`] where another user
    /// owns its state, or the disk fails.
    pub fn open(root: &Path) -> Result<Self, RepositoryError> {
        let root = Directory::create(root)?;
        let state = root.create_private_folder(Path::new(STATE_FOLDER))?;
        let open_to_others = home::make_private(&root, &state)?;
        let lock = match lock::take(&state)? {
            Attempt::Taken(lock) => lock,
            Attempt::HeldBy(holder) => {
                return Err(RepositoryError::InUse { root: root.path().to_owned(), holder });
            }
        };
        root.sync()?;
        let open_files = Arc::new(OpenFiles::default());
        let work = home::work_folder(&root, &state)?;
        // Remove copies that a killed process did not finish.
        work.remove_whatever(Path::new(import::INCOMING))?;
        let partials = Partials::open(&work, open_files.clone())?;
        let uploads = Uploads::open(&work)?;
        Ok(Self {
            work,
            open_to_others,
            torrents: Mutex::new(Torrents::open(&state)?),
            open_files,
            index: Arc::new(Mutex::new(HashIndex::load(&state))),
            shared: RwLock::default(),
            unshared: Mutex::new(Unshared::load(&root, &state)?),
            kept_out: Mutex::new(partials.delivered_to()?.into_iter().collect()),
            refreshing: Mutex::default(),
            partials,
            uploads,
            root: Arc::new(root),
            state,
            _lock: lock,
        })
    }

    /// The shared folder, as an absolute path.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The state folder (`.peerpool`), which also holds the control socket.
    pub fn state_folder(&self) -> PathBuf {
        self.state.path().to_owned()
    }

    /// Scans the scope, hashes what is unknown, and reports by `report` which items become shared or withdrawn, each as
    /// soon as it is ready. One refresh runs at a time; a second call waits, except with [`Scope::Stirred`].
    ///
    /// # Errors
    ///
    /// The folder cannot be listed, or the list of unshared names is damaged. What is wrong with single items is a
    /// [`Problem`](crate::refresh::Problem) of the result and no error.
    pub fn refresh(
        &self,
        scope: &Scope,
        cancel: &Cancel,
        report: &(dyn Fn(Event) + Sync),
    ) -> Result<Refresh, RepositoryError> {
        if let Scope::Stirred(names) = scope {
            Offering::new(self, cancel, report).withdraw_stirred(names);
            return Ok(Refresh::default());
        }
        let _one = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        Offering::new(self, cancel, report).run(scope)
    }

    /// All items that are shared now, ordered by name.
    pub fn shared(&self) -> Vec<Arc<SharedItem>> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The shared item of this name.
    pub fn shared_item(&self, name: &str) -> Option<Arc<SharedItem>> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Starts noticing changes.
    ///
    /// # Errors
    ///
    /// The thread or its event descriptor cannot be made. Folders that cannot be watched are no error:
    /// see [`Watcher::unwatched`].
    pub fn watch(&self) -> Result<Watcher, RepositoryError> {
        Watcher::start(self.root(), self.index.clone())
    }

    /// Reads the body of a state file that the peer keeps; `Ok(None)` when there is none.
    ///
    /// # Errors
    ///
    /// The file is damaged (it is then put aside, and the next call finds none), or the disk fails.
    pub fn read_state(&self, name: &str, kind: StateFile) -> Result<Option<Vec<u8>>, DiskError> {
        const LIMIT: u64 = 64 << 20;
        let Some(bytes) = self.state.read_small(Path::new(name), LIMIT)? else { return Ok(None) };
        match kind.unseal(&bytes) {
            Some(body) => Ok(Some(body.to_vec())),
            None => {
                self.state.put_aside(name)?;
                let source = std::io::Error::new(std::io::ErrorKind::InvalidData, "the file is damaged");
                Err(DiskError::new("understand", self.state.path().join(name), source))
            }
        }
    }

    /// Replaces a state file that the peer keeps, durably.
    ///
    /// # Errors
    ///
    /// The disk fails or is full; the old file is still there then.
    pub fn write_state(&self, name: &str, kind: StateFile, body: &[u8]) -> Result<(), DiskError> {
        self.state.replace_durably(name, &kind.seal(body))
    }

    /// Opens a file of records that the peer keeps, and reads what stands in it.
    ///
    /// # Errors
    ///
    /// The disk fails.
    pub fn records(&self, name: &str) -> Result<(Records, Vec<Vec<u8>>), DiskError> {
        Records::open(self.state.again()?, name)
    }

    /// Somebody received wrong data of this item: withdraws it until the next refresh has read all of it again.
    pub fn distrust(&self, name: &str) {
        self.index().suspect_item(name);
        self.withdraw(name);
    }

    /// Shares the item `name` by this torrent, made elsewhere, instead of its canonical one, for as long as its files
    /// match it. Reads the whole item; waits for a running refresh.
    ///
    /// # Errors
    ///
    /// There is no such item, it is not what the torrent describes, `cancel` was called, or the disk fails.
    pub fn adopt(
        &self,
        metainfo: &Arc<Metainfo>,
        name: &str,
        cancel: &Cancel,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Arc<SharedItem>, RepositoryError> {
        let _one = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = |reason| RepositoryError::Name { name: name.to_owned(), reason };
        let found = scan::item(&self.root, name, &mut Vec::new()).map_err(VerifyError::Problem)?;
        let found = found.ok_or_else(|| refused("the repository has no item of that name"))?;
        let local_names = LocalNames::default();
        if !verify::compare(metainfo, &local_names, &found, &self.root, cancel, progress)?.is_exact() {
            return Err(refused("its content does not match the torrent"));
        }
        let stamps = completion::real_files(&metainfo.info).filter_map(|(_, file)| found.stamp(&file.path));
        let (info_hash, stamps) = (metainfo.info.hash(), stamps.collect());
        let mut torrents = self.torrents();
        torrents.save(metainfo, &local_names)?;
        torrents.adopt(name, Some(info_hash))?;
        drop(torrents);
        let mut index = self.index();
        index.set_compared(name, Compared { info_hash, stamps, agrees: true });
        index.save(&self.state)?;
        drop(index);
        self.share_as(name, metainfo.clone(), local_names, |path| found.stamp(path))
            .map_err(|_| refused("a file of it went away"))
    }

    /// Whether the repository's file system can hold an item of this name, which is no path.
    ///
    /// # Errors
    ///
    /// The disk fails while the name is tried.
    pub fn can_hold(&self, name: &str) -> Result<bool, RepositoryError> {
        Ok(local_names::can_hold(&self.state, name)?)
    }

    /// The default local name of an item called `name`: its own, or a marked one if the file system cannot hold that,
    /// or if it would be hidden.
    ///
    /// # Errors
    ///
    /// The disk fails, or refuses every name that could stand in place of this one.
    pub fn name_for(&self, name: &str) -> Result<String, RepositoryError> {
        Ok(local_names::name_for(&self.state, name)?)
    }

    /// Starts a download, or resumes the one that is there with what is on disk. The wanted part is added to the
    /// earlier one.
    ///
    /// # Errors
    ///
    /// The repository cannot be written to, or the disk fails.
    pub fn download(
        &self,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
    ) -> Result<Arc<PartialItem>, PartialError> {
        // Do not begin what cannot be moved to its place in the end.
        self.root.ensure_writable().map_err(PartialError::disk(metainfo.info.name()))?;
        self.partials.take_up(&self.root, metainfo, wanted)
    }

    /// The unfinished downloads, which can be resumed.
    ///
    /// # Errors
    ///
    /// The folder of downloads cannot be listed. Single downloads that cannot be understood are left out.
    pub fn partials(&self) -> Result<Vec<PartialListing>, RepositoryError> {
        Ok(self.partials.list(&self.root)?)
    }

    /// The downloads whose files in the folder of this name are gone or changed, so that nothing of them may be offered
    /// as it stands.
    pub(crate) fn altered_downloads(&self, name: &str) -> Vec<InfoHash> {
        self.partials.altered_in(&self.root, name)
    }

    /// Moves a fully verified download to its place in the repository, durably, under `name`, and shares it. Accepts an
    /// identical item that is there already; never replaces another one. Drop the [`PartialItem`] afterwards.
    ///
    /// # Errors
    ///
    /// Pieces are missing, a different item of that name is there, a file was edited, or the disk fails. Nothing has
    /// moved then, and the call can be repeated.
    pub fn complete(&self, item: &PartialItem, name: &str) -> Result<Arc<SharedItem>, PartialError> {
        Completion { repository: self, item, name }.run()
    }

    /// Delivers one verified file of a folder into the repository, in the folder `name`, while the rest is still
    /// missing. Returns its path. Until the download is complete or removed, that folder is no item of its own: the
    /// partial download serves it.
    ///
    /// # Errors
    ///
    /// The file is not verified, a different one stands there, or the disk fails.
    pub fn deliver(&self, item: &PartialItem, file: usize, name: &str) -> Result<PathBuf, PartialError> {
        Completion { repository: self, item, name }.deliver(file)
    }

    /// Forgets a download and removes its data; delivered files stay. Nobody may use its [`PartialItem`] afterwards.
    ///
    /// # Errors
    ///
    /// The disk fails. The download may then be half removed, and is finished at the next start.
    pub fn remove_partial(&self, item: InfoHash) -> Result<(), RepositoryError> {
        self.partials.remove(item)?;
        *self.kept_out() = self.partials.delivered_to()?.into_iter().collect();
        Ok(())
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.root
    }

    pub(crate) fn shared_directory(&self) -> Arc<Directory> {
        self.root.clone()
    }

    pub(crate) fn state(&self) -> &Directory {
        &self.state
    }

    pub(crate) fn torrents(&self) -> MutexGuard<'_, Torrents> {
        self.torrents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index(&self) -> MutexGuard<'_, HashIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the name must not be shared.
    pub(crate) fn is_kept_out(&self, name: &str) -> bool {
        self.unshared().has(name) || self.kept_out().contains(name)
    }

    /// Marks a folder as the place of a download's single files, so that it is no item.
    pub(crate) fn keep_out(&self, name: &str) {
        self.kept_out().insert(name.to_owned());
    }

    /// Removes a download that became the item `name`.
    pub(crate) fn forget_download(&self, item: InfoHash, name: &str) -> Result<(), DiskError> {
        self.kept_out().remove(name);
        self.partials.remove(item)
    }

    /// Shares the item `name` by this torrent; `stamp_of` gives the stamps with which the files at these local paths
    /// were hashed.
    pub(crate) fn share_as(
        &self,
        name: &str,
        metainfo: Arc<Metainfo>,
        local_names: LocalNames,
        stamp_of: impl Fn(&[String]) -> Option<Stamp>,
    ) -> Result<Arc<SharedItem>, String> {
        let gone = |file: &File| format!("its file `{}` is gone", file.path.join("/"));
        let stamps = metainfo.info.files().iter().map(|file| {
            let stamp = || stamp_of(&local_names.local(&file.path)).ok_or_else(|| gone(file));
            file.is_stored().then(stamp).transpose()
        });
        let stamps = stamps.collect::<Result<_, _>>()?;
        Ok(self.share_with(name, metainfo, local_names, stamps))
    }

    /// Shares an item whose entries have these stamps; pads and links have none.
    pub(crate) fn share_with(
        &self,
        name: &str,
        metainfo: Arc<Metainfo>,
        local_names: LocalNames,
        stamps: EntryStamps,
    ) -> Arc<SharedItem> {
        let (root, open) = (self.root.clone(), self.open_files.clone());
        let item = SharedItem::new(name, metainfo, local_names, stamps, root, open);
        let item = Arc::new(item);
        self.shared.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), item.clone());
        item
    }

    /// Stops sharing; true when the name was shared.
    pub(crate) fn withdraw(&self, name: &str) -> bool {
        self.shared.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some()
    }

    fn unshared(&self) -> MutexGuard<'_, Unshared> {
        self.unshared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_out(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.kept_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
