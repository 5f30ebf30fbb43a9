//! Why the keys of a pool cannot be had, or changed.

use std::{io, path::PathBuf};

use peerpool_access::{KeysetError, key::PoolId};
use peerpool_tls::IdentityError;

/// Why the keys of a pool cannot be had, or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// One of the keys cannot be read or made.
    #[error(transparent)]
    Key(#[from] IdentityError),
    /// A file cannot be read, written or removed.
    #[error("cannot keep the pool's keys: {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The keyset is not by the pool's root key, or cannot be made.
    #[error("the pool's keyset in {} does not hold: {source}; restore it, and the keys beside it, from one backup", path.display())]
    Keyset {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeysetError,
    },
    /// The keyset names other keys than those beside it.
    #[error(
        "the keys in {} are not those that the pool's keyset names: restore them and the file `keyset` from one backup, \
         or have new ones made with `peerpool tracker keys renew`",
        folder.display()
    )]
    Others {
        /// The data folder.
        folder: PathBuf,
    },
    /// The folder has no keys of a pool.
    #[error(
        "{} has no keys of a pool for members: name the tracker's data folder with --data, as the user whom the tracker \
         runs as",
        folder.display()
    )]
    Nothing {
        /// The data folder.
        folder: PathBuf,
    },
    /// The root key is elsewhere.
    #[error(
        "this needs the pool's root key, which is not in {}: name its file with --root FILE; it is read for this command \
         alone",
        folder.display()
    )]
    NoRoot {
        /// The data folder.
        folder: PathBuf,
    },
    /// A file has another pool's root key, or another key.
    #[error("the key in {} is not the root key of the pool {pool}", path.display())]
    OtherRoot {
        /// The file.
        path: PathBuf,
        /// The pool.
        pool: PoolId,
    },
    /// The file where a root key is to go is there.
    #[error("{} is there already: name a file that is not", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file of another node's keys cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file has no keys that another node has copied.
    #[error("{} holds no keys of a pool: make it with `peerpool tracker keys export FILE` at another node", path.display())]
    NoBundle {
        /// The file.
        path: PathBuf,
    },
    /// A file has the keys of another pool.
    #[error("the keys in {} are those of another pool than {pool}, whose keys are here", path.display())]
    OtherPool {
        /// The file.
        path: PathBuf,
        /// The pool.
        pool: PoolId,
    },
    /// A file has keys that were replaced.
    #[error("the keys in {} were replaced since: export them anew where the newest are", path.display())]
    Older {
        /// The file.
        path: PathBuf,
    },
    /// More keys would sign passes than a keyset may name.
    #[error(
        "{known} keys sign passes of this pool already: rotate again when the oldest have left its keyset, in {hours} h"
    )]
    Rotating {
        /// How many.
        known: usize,
        /// Until the oldest leave.
        hours: u64,
    },
}
