//! The keys of a pool for members, in the tracker's data folder.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use peerpool_access::{
    Keyset, KeysetError, Pass, PassError,
    key::{PoolId, PublicKey, SecretKey},
};
use peerpool_tls::{Identity, IdentityError, private_file};

/// The key that names the pool, and signs which other keys speak for it.
const ROOT: &str = "root.key";
/// The key that signs passes.
const SIGNER: &str = "signing.key";
/// The key that the tracker shows in TLS.
const IDENTITY: &str = "tls.key";
/// The statement that names the other two, signed by the first.
const KEYSET: &str = "keyset";
/// The serial of the first keyset.
const FIRST: u64 = 1;

/// Why the keys of a pool cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// One of the keys cannot be read or made.
    #[error(transparent)]
    Key(#[from] IdentityError),
    /// The keyset cannot be read or written.
    #[error("cannot keep the pool's keyset in {}: {source}", path.display())]
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
        "the keys in {} are not those that the pool's keyset names: restore them and the file `keyset` from one backup",
        folder.display()
    )]
    Others {
        /// The data folder.
        folder: PathBuf,
    },
}

/// The keys by which a tracker speaks for its pool. Nothing shows the secret ones.
pub struct TrackerKeys {
    /// The key that the tracker shows in TLS.
    pub identity: Identity,
    root: PublicKey,
    signer: SecretKey,
    keyset: Keyset,
    statement: Vec<u8>,
}

impl TrackerKeys {
    /// Whether this data folder is that of a pool for members.
    pub fn are_in(folder: &Path) -> bool {
        folder.join(ROOT).exists()
    }

    /// Reads the keys in this data folder. Those that are not there yet are made, and so is the keyset, for a pool of this
    /// name.
    ///
    /// # Errors
    ///
    /// A file can be neither read nor written, others can read a key, or the keyset is not that of these keys.
    pub fn load_or_create(folder: &Path, name: &str) -> Result<Self, KeysError> {
        let [root, signer, identity] =
            [ROOT, SIGNER, IDENTITY].map(|file| Identity::load_or_create(&folder.join(file)));
        let (root, signer, identity) = (root?, signer?, identity?);
        let path = folder.join(KEYSET);
        let failed = |source| KeysError::File { path: path.clone(), source };
        let statement = match fs::read(&path) {
            Ok(statement) => statement,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let statement = first_keyset(&root, &signer, &identity, name, &path)?;
                private_file::replace(&path, &statement).map_err(failed)?;
                statement
            }
            Err(error) => return Err(failed(error)),
        };
        let keys = Self::new(&root, &signer, identity, statement, &path)?;
        let names = |key, keys: &[PublicKey]| keys.contains(&key);
        match names(keys.signer.public(), &keys.keyset.signers)
            && names(keys.identity.public(), &keys.keyset.trackers)
        {
            true => Ok(keys),
            false => Err(KeysError::Others { folder: folder.to_owned() }),
        }
    }

    /// Keys that are kept nowhere, for tests and demonstrations.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn generate(name: &str) -> Result<Self, KeysError> {
        let (root, signer, identity) = (Identity::generate()?, Identity::generate()?, Identity::generate()?);
        let path = Path::new("memory");
        let statement = first_keyset(&root, &signer, &identity, name, path)?;
        Self::new(&root, &signer, identity, statement, path)
    }

    fn new(
        root: &Identity,
        signer: &Identity,
        identity: Identity,
        statement: Vec<u8>,
        path: &Path,
    ) -> Result<Self, KeysError> {
        let root = root.public();
        let keyset = Keyset::open(&statement, root, None)
            .map_err(|source| KeysError::Keyset { path: path.to_owned(), source })?;
        Ok(Self { identity, root, signer: signer.signing_key()?, keyset, statement })
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

fn first_keyset(
    root: &Identity,
    signer: &Identity,
    identity: &Identity,
    name: &str,
    path: &Path,
) -> Result<Vec<u8>, KeysError> {
    let keyset = Keyset {
        pool: root.public().pool(),
        serial: FIRST,
        name: name.to_owned(),
        signers: vec![signer.public()],
        trackers: vec![identity.public()],
    };
    keyset.sign(&root.signing_key()?).map_err(|source| KeysError::Keyset { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_keyset_stay_the_same_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!TrackerKeys::are_in(folder.path()));
        let first = TrackerKeys::load_or_create(folder.path(), "home").unwrap();
        // The name is that of the first start: another one needs another serial.
        let second = TrackerKeys::load_or_create(folder.path(), "elsewhere").unwrap();
        assert!(TrackerKeys::are_in(folder.path()));
        assert_eq!(first.statement(), second.statement());
        let expected = Keyset {
            pool: first.root().pool(),
            serial: 1,
            name: "home".to_owned(),
            signers: vec![second.signer.public()],
            trackers: vec![second.identity.public()],
        };
        assert_eq!(Keyset::open(second.statement(), first.root(), None).unwrap(), expected);
    }

    #[test]
    fn every_lost_key_and_every_strange_keyset_is_noticed() {
        for lost in [SIGNER, IDENTITY] {
            let folder = tempfile::tempdir().unwrap();
            TrackerKeys::load_or_create(folder.path(), "home").unwrap();
            fs::remove_file(folder.path().join(lost)).unwrap();
            let refused = TrackerKeys::load_or_create(folder.path(), "home").unwrap_err();
            assert!(matches!(refused, KeysError::Others { .. }), "{lost}: {refused}");
        }
        for (file, content) in [(KEYSET, None), (ROOT, None), (KEYSET, Some("no statement"))] {
            let folder = tempfile::tempdir().unwrap();
            TrackerKeys::load_or_create(folder.path(), "home").unwrap();
            let path = folder.path().join(file);
            match content {
                Some(content) => fs::write(&path, content).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let again = TrackerKeys::load_or_create(folder.path(), "home");
            match (file, content) {
                // Nothing but the keyset is lost: the keys make the same one.
                (KEYSET, None) => assert_eq!(again.unwrap().keyset().serial, FIRST),
                _ => assert!(matches!(again, Err(KeysError::Keyset { .. })), "{file}"),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        TrackerKeys::load_or_create(folder.path(), "home").unwrap();
        for file in [ROOT, SIGNER, IDENTITY] {
            let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
}
