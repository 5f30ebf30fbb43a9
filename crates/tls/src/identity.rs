//! The key by which a device is known.

mod file;

use std::{
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::error::Unspecified;
use peerpool_access::key::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::{private_file, raw_key};

/// Name of the file below the folder of the program's data.
const FILE: &str = "identity";

/// The Ed25519 key of a device: one for each user and machine, since repositories get copied. Nothing shows its secret.
pub struct Identity {
    seed: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Somebody else can read the file.
    #[error(
        "others can read the key in {path} (mode {mode:03o}): run `chmod 600 {path}`; if somebody may have read it, \
         remove it, and have the new key invited"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is somebody else's.
    #[error(
        "the key in {path} belongs to user {owner}: it must belong to the user who runs this (user {user})"
    )]
    Owner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who runs this program.
        user: u32,
    },
    /// The file says something else.
    #[error(
        "{path} holds no Ed25519 key in PEM: restore it from a backup, or remove it and have the new key invited"
    )]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the key in {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot write a key to {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The system gives no random bytes, or the library takes no key of them.
    #[error("cannot make a key: the system's source of randomness fails")]
    Random,
}

impl From<Unspecified> for IdentityError {
    fn from(_: Unspecified) -> Self {
        Self::Random
    }
}

impl Identity {
    /// The key of a seed (RFC 8032, 5.1.5).
    ///
    /// # Errors
    ///
    /// The library does not take the seed.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, IdentityError> {
        let seed = Zeroizing::new(seed);
        let public = SecretKey::from_seed(&seed).map_err(|_| IdentityError::Random)?.public();
        Ok(Self { seed, public })
    }

    /// A new key out of the system's randomness.
    ///
    /// # Errors
    ///
    /// The system gives none.
    pub fn generate() -> Result<Self, IdentityError> {
        let mut seed = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(seed.as_mut())?;
        Self::from_seed(*seed)
    }

    /// Reads the key in this file.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, or others can read it too.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let text = file::read(path)?;
        let format = || IdentityError::Format { path: path.to_owned() };
        Self::from_seed(*from_pem(&text).ok_or_else(format)?)
    }

    /// Reads the key in this file. If there is no such file, makes a new key and keeps it there. Of several programs
    /// that do so at once, all get the same key, and none sees half of it.
    ///
    /// # Errors
    ///
    /// It can be neither read nor written, or others can read it too.
    pub fn load_or_create(path: &Path) -> Result<Self, IdentityError> {
        match Self::load(path) {
            Err(IdentityError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            loaded => return loaded,
        }
        let new = Self::generate()?;
        match new.save(path) {
            Ok(()) => Ok(new),
            Err(IdentityError::Write { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                Self::load(path)
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps the key in a file that is not there yet.
    ///
    /// # Errors
    ///
    /// It is there, or cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), IdentityError> {
        let written = private_file::create(path, to_pem(&self.seed).as_bytes());
        written.map_err(|source| IdentityError::Write { path: path.to_owned(), source })
    }

    /// Where the key lies unless somebody says otherwise: `$XDG_DATA_HOME/peerpool/identity`, else
    /// `~/.local/share/peerpool/identity` (macOS: `~/Library/Application Support/peerpool/identity`, Windows:
    /// `%LOCALAPPDATA%\peerpool\identity`). `variable` reads the environment.
    pub fn default_path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let data = if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            folder("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        };
        data.map(|data| data.join("peerpool").join(FILE))
    }

    /// The key that everybody may know.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// The key as one that signs passes or keysets, for who keeps such a key in a file of its own.
    ///
    /// # Errors
    ///
    /// The library does not take the seed, which it took before.
    pub fn signing_key(&self) -> Result<SecretKey, IdentityError> {
        SecretKey::from_seed(&self.seed).map_err(|_| IdentityError::Random)
    }

    /// The private key in PKCS#8, for the library that signs with it.
    pub(crate) fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        raw_key::to_pkcs8(&self.seed)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.public)
    }
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// PEM (RFC 7468) of PKCS#8, as `openssl genpkey -algorithm ed25519` writes it.
fn to_pem(seed: &[u8; 32]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(data_encoding::BASE64.encode(&raw_key::to_pkcs8(seed)));
    Zeroizing::new(format!("{BEGIN}\n{}\n{END}\n", *base64))
}

fn from_pem(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let base64 = text.strip_prefix(BEGIN)?.strip_suffix(END)?.trim();
    let der = Zeroizing::new(data_encoding::BASE64.decode(base64.as_bytes()).ok()?);
    raw_key::from_pkcs8(&der)
}
