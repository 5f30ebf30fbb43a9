//! Why a repository cannot be opened or worked on.

use std::path::PathBuf;

use crate::{error::DiskError, verify::VerifyError};

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
    /// An item of that name stands in the repository.
    #[error(
        "`{name}` cannot be shared, because the repository already has an item of that name: rename one of them"
    )]
    NameTaken {
        /// The name that is taken.
        name: String,
    },
    /// The source changed while it was copied into the repository. Nothing of it is there.
    #[error("`{path}` changed while it was copied, so nothing is shared: try again when it no longer changes", path = path.display())]
    SourceChanged {
        /// The file or folder that changed.
        path: PathBuf,
    },
    /// The list of unshared names is damaged, so that nothing can be decided about single names.
    #[error("nothing is shared: {0}")]
    UnsharedDamaged(String),
    /// The state folder belongs to another user, who could make the peer share or overwrite anything.
    #[error("`{path}` belongs to another user (number {owner}): remove it, or run the peer as that user", path = path.display())]
    ForeignState {
        /// The state folder.
        path: PathBuf,
        /// User id of the owner.
        owner: u32,
    },
    /// The caller gave up.
    #[error("it was stopped")]
    Cancelled,
    /// Changes cannot be watched for.
    #[error("repository `{root}` cannot be watched: {reason}; use `update` after changes", root = root.display())]
    Watch {
        /// The repository's folder.
        root: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The item could not be compared with a torrent.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// An operation on the disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
