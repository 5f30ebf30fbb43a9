//! Why a membership cannot be read or kept.

use std::{
    io,
    path::{Path, PathBuf},
};

use peerpool_access::KeysetError;
use peerpool_tls::IdentityError;

/// Why a membership cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// The device has no key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A file or the folder can be neither read nor written.
    #[error("cannot {action} {}: {source}", path.display())]
    Disk {
        /// `read`, `write`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of a pool says something else.
    #[error("{} is no pool's file ({reason}): restore it from a backup, or remove it and join the pool again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Others could have said who speaks for the pool.
    #[error(
        "others can write {} (mode {mode:03o}): run `chmod 600 {}`; if somebody may have written it, remove it, and \
         join the pool again",
        path.display(), path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A keyset that the pool's root has not signed.
    #[error("a keyset is not followed that contradicts {}: {source}", path.display())]
    Keyset {
        /// The file of the pool.
        path: PathBuf,
        /// What is wrong with the keyset.
        source: KeysetError,
    },
}

impl MembershipError {
    pub(super) fn disk(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { action, path, source }
    }

    pub(super) fn format(path: &Path, reason: impl ToString) -> Self {
        Self::Format { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn keyset(path: &Path, source: KeysetError) -> Self {
        Self::Keyset { path: path.to_owned(), source }
    }
}
