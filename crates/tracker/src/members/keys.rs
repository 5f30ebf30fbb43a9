//! The keys of a pool for members, in the tracker's data folder.
//!
//! A tracker reads them and makes those of a new pool; the commands of `peerpool tracker keys` change them ([`KeysFolder`]). A
//! change happens with the file `keyset`: the private keys that it names are beside it before, under names of their own, and
//! take their place afterwards. The root key is read by commands alone, so a tracker goes on without it.

mod bundle;
mod error;
mod folder;
mod next;
pub(super) mod noted;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use peerpool_access::{
    FIRST_SERIAL, Keyset, KeysetError, Moment, Pass, PassError,
    key::{PoolId, PublicKey, SecretKey},
};
use peerpool_tls::Identity;

use self::next::Next;
pub use self::{
    error::KeysError,
    folder::{KeysFolder, Overview},
};

/// The keys by which a tracker speaks for its pool. Nothing shows the secret ones.
pub struct TrackerKeys {
    /// The key that the tracker shows in TLS.
    pub identity: Identity,
    root: PublicKey,
    signer: SecretKey,
    keyset: Keyset,
    statement: Vec<u8>,
    /// The keyset that takes its place, and when.
    next: Option<Next>,
    /// Where they are kept; nowhere, for tests and demonstrations.
    folder: Option<PathBuf>,
}

impl TrackerKeys {
    /// Whether this data folder is that of a pool for members.
    pub fn are_in(folder: &Path) -> bool {
        KeysFolder::new(folder).is_one()
    }

    /// Reads the keys in this data folder. Those of a new pool of this name are made, and so is its keyset. A keyset that is
    /// due takes the place of the one before.
    ///
    /// # Errors
    ///
    /// A file can be neither read nor written, others can read a key, or the keyset is not that of these keys.
    pub fn load_or_create(folder: &Path, name: &str, now: Moment) -> Result<Self, KeysError> {
        KeysFolder::new(folder).load_or_create(name, now)
    }

    /// Keys that are kept nowhere, for tests and demonstrations.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn generate(name: &str) -> Result<Self, KeysError> {
        let (root, signer, identity) = (Identity::generate()?, Identity::generate()?, Identity::generate()?);
        let unfit = |source| KeysError::Keyset { path: PathBuf::from("memory"), source };
        let statement = first_keyset(&root, &signer, &identity, name)?.map_err(unfit)?;
        let keyset = Keyset::open(&statement, root.public(), None).map_err(unfit)?;
        let (root, signer) = (root.public(), signer.signing_key()?);
        Ok(Self { identity, root, signer, keyset, statement, next: None, folder: None })
    }

    /// Where they are kept.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// When another keyset takes the place of this one.
    pub(crate) fn next_timeout(&self) -> Option<Moment> {
        self.next.as_ref().map(|next| next.due)
    }

    /// The pool's root key, which its invites carry.
    pub fn root(&self) -> PublicKey {
        self.root
    }

    /// The pool.
    pub fn pool(&self) -> PoolId {
        self.root.pool()
    }

    /// The keyset.
    pub fn keyset(&self) -> &Keyset {
        &self.keyset
    }

    /// The keyset as the root has signed it.
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// Signs a pass.
    ///
    /// # Errors
    ///
    /// It has too many subjects.
    pub fn sign(&self, pass: &Pass) -> Result<Vec<u8>, PassError> {
        pass.sign(&self.signer)
    }
}

impl fmt::Debug for TrackerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackerKeys(of the pool {})", self.pool())
    }
}

/// The keyset that a pool begins with.
fn first_keyset(
    root: &Identity,
    signer: &Identity,
    identity: &Identity,
    name: &str,
) -> Result<Result<Vec<u8>, KeysetError>, KeysError> {
    let keyset = Keyset {
        pool: root.public().pool(),
        serial: FIRST_SERIAL,
        name: name.to_owned(),
        signers: vec![signer.public()],
        trackers: vec![identity.public()],
    };
    Ok(keyset.sign(&root.signing_key()?))
}

#[cfg(test)]
mod tests;
