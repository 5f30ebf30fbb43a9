//! The folder that a peer shares.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_wire::{id::InfoHash, metainfo::Metainfo};

use crate::{
    error::DiskError,
    partial::{PartialError, PartialItem, PartialListing, Wanted},
    refresh::{Cancel, Event, Refresh, Scope},
    shared::SharedItem,
    watch::Watcher,
};

/// The name of the folder in which a repository keeps its state.
pub const STATE_FOLDER: &str = ".peerpool";

/// Why a repository cannot be opened or worked on.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// Another process works in it.
    #[error("repository `{root}` is in use by {holder}; stop it first, or choose another folder",
        root = root.display(), holder = holder.map_or("another process".to_owned(), |pid| format!("process {pid}")))]
    InUse {
        /// The repository's folder.
        root: PathBuf,
        /// The number of the process that holds it, as far as it is known.
        holder: Option<u32>,
    },
    /// The name cannot be that of an item here.
    #[error("`{name}` cannot be shared: {reason}")]
    Name {
        /// The name or path that was given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The repository cannot be watched for changes; refreshing by hand works.
    #[error("repository `{root}` cannot be watched: {reason}; use `update` after changes", root = root.display())]
    Watch {
        /// The repository's folder.
        root: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// A shared folder, held by this process alone. All methods block; call them from threads that may.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// Opens the repository in the folder `root`, creating what is missing of it, and keeps other processes out until
    /// it is dropped. Nothing is scanned yet.
    pub fn open(root: &Path) -> Result<Self, RepositoryError> {
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the repository's state (`.peerpool`), where the control socket belongs too.
    pub fn state_folder(&self) -> PathBuf {
        self.root.join(STATE_FOLDER)
    }

    /// The secret 32 bytes that identify the peer of this repository for good; `fresh` gives them at the first use.
    pub fn identity(&self, fresh: impl FnOnce() -> [u8; 32]) -> Result<[u8; 32], RepositoryError> {
        Ok(fresh())
    }

    /// Scans the scope, hashes what is not known yet, and tells by `report` what is shared from now on and what no
    /// longer. One refresh runs at a time; a second call waits. Each item is told as soon as it is ready.
    pub fn refresh(
        &self,
        scope: &Scope,
        cancel: &Cancel,
        report: &(dyn Fn(Event) + Sync),
    ) -> Result<Refresh, RepositoryError> {
        let _ = (scope, cancel, report);
        Ok(Refresh::default())
    }

    /// Everything that is shared now, by name.
    pub fn shared(&self) -> Vec<Arc<SharedItem>> {
        Vec::new()
    }

    /// The shared item of this name.
    pub fn shared_item(&self, name: &str) -> Option<Arc<SharedItem>> {
        let _ = name;
        None
    }

    /// Starts noticing changes.
    pub fn watch(&self) -> Result<Watcher, RepositoryError> {
        Err(RepositoryError::Watch {
            root: self.root.clone(),
            reason: String::new(),
        })
    }

    /// Makes `path` an item: one inside the repository is shared again after [`Repository::unshare`], one outside is
    /// copied into it. Returns its name; refresh that next.
    pub fn share(&self, path: &Path) -> Result<String, RepositoryError> {
        let _ = path;
        Ok(String::new())
    }

    /// Keeps the item of this name out of the pool from now on, across restarts; the file itself stays. Refresh the
    /// name next.
    pub fn unshare(&self, name: &str) -> Result<(), RepositoryError> {
        let _ = name;
        Ok(())
    }

    /// Starts a download, or takes up the one that is there. Names of the wanted part are added to those of before.
    pub fn download(
        &self,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
    ) -> Result<Arc<PartialItem>, PartialError> {
        let _ = wanted;
        Err(PartialError::Incomplete {
            item: metainfo.info.name().to_owned(),
            missing: 0,
        })
    }

    /// The downloads that are not complete, to be taken up again.
    pub fn partials(&self) -> Result<Vec<PartialListing>, RepositoryError> {
        Ok(Vec::new())
    }

    /// Moves a download of which all pieces are verified to its place in the repository, durably, under `name`, and
    /// shares it. Accepts an identical item that stands there already; never replaces another one.
    pub fn complete(&self, item: &PartialItem, name: &str) -> Result<Arc<SharedItem>, PartialError> {
        let _ = name;
        Err(PartialError::Incomplete {
            item: item.metainfo().info.name().to_owned(),
            missing: 0,
        })
    }

    /// Puts one verified file of a folder into the repository, under the folder's name `name`, while the rest of the
    /// folder is still missing. Returns its path. Until the download is complete or removed, that folder is not
    /// offered as an item of its own: the partial download serves it.
    pub fn deliver(&self, item: &PartialItem, file: usize, name: &str) -> Result<PathBuf, PartialError> {
        let _ = (file, name);
        Err(PartialError::Incomplete {
            item: item.metainfo().info.name().to_owned(),
            missing: 0,
        })
    }

    /// Forgets a download and removes its data. Nobody may use its [`PartialItem`] any more.
    pub fn remove_partial(&self, item: InfoHash) -> Result<(), RepositoryError> {
        let _ = item;
        Ok(())
    }
}
