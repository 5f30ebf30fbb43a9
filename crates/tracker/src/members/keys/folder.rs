//! The files of a pool's keys, and what changes them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use peerpool_access::{Keyset, LEEWAY, MAX_SIGNERS, Moment, key::PublicKey, members::PASS_LIFE};
use peerpool_tls::{Identity, IdentityError, private_file};

use super::{KeysError, TrackerKeys, first_keyset, next::Next};
use crate::https::CertificateFiles;

/// The key that names the pool, and signs which other keys speak for it.
pub(super) const ROOT: &str = "root.key";
/// The public half of a root key that is kept elsewhere.
pub(super) const ROOT_PUBLIC: &str = "root.pub";
/// The key that signs passes, and the one that is to take its place.
pub(super) const SIGNER: [&str; 2] = ["signing.key", "signing.new"];
/// The key that the tracker shows in TLS, and the one that is to take its place.
pub(super) const IDENTITY: [&str; 2] = ["tls.key", "tls.new"];
/// The statement that names the other two, signed by the first.
pub(super) const KEYSET: &str = "keyset";
/// The one that is to take its place.
pub(super) const NEXT: &str = "keyset.next";
/// Held while files are read together, or changed.
const LOCK: &str = "keys.lock";

/// The keys in a tracker's data folder, for whoever changes them. The tracker that runs there reads them anew when it is told
/// ([`read_keys_again`](peerpool_api::read_keys_again)).
#[derive(Debug, Clone)]
pub struct KeysFolder {
    folder: PathBuf,
}

/// What there is of a pool's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The root key, which names the pool.
    pub root: PublicKey,
    /// Whether its private half lies in the data folder.
    pub root_is_here: bool,
    /// The keyset.
    pub keyset: Keyset,
    /// When the keys that were replaced leave the keyset.
    pub old_leave: Option<Moment>,
}

/// What the files say, whether or not the private keys beside them are those of the keyset.
pub(super) struct Known {
    pub(super) root: PublicKey,
    pub(super) keyset: Keyset,
    statement: Vec<u8>,
    next: Option<Next>,
}

impl Known {
    fn last_serial(&self) -> u64 {
        self.next.as_ref().map_or(self.keyset.serial, |next| next.serial)
    }
}

impl KeysFolder {
    /// The keys in this data folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it is that of a pool for members.
    pub(super) fn is_one(&self) -> bool {
        [ROOT, ROOT_PUBLIC, KEYSET].iter().any(|file| self.path(file).exists())
    }

    /// What there is.
    ///
    /// # Errors
    ///
    /// There is nothing, or it does not hold.
    pub fn overview(&self) -> Result<Overview, KeysError> {
        let _lock = self.lock_existing()?;
        let known = self.known()?;
        Ok(self.overview_of(known))
    }

    /// Has a new key sign passes from now on. Those of the old one hold for their life, for which the old key stays in the
    /// keyset.
    ///
    /// # Errors
    ///
    /// The root key is elsewhere and `root` names no file of it, too many old keys are in force, or a file cannot be written.
    pub fn rotate(&self, root: Option<&Path>, now: Moment) -> Result<Overview, KeysError> {
        let _lock = self.lock_existing()?;
        let mut known = self.known()?;
        self.become_due(&mut known, now)?;
        if known.keyset.signers.len() >= MAX_SIGNERS {
            let left = known.next.as_ref().map_or(0, |next| next.due.since(now).as_secs());
            let (known, hours) = (known.keyset.signers.len(), left.div_ceil(3600));
            return Err(KeysError::Rotating { known, hours });
        }
        let root = self.root(root, known.root)?;
        let signer = self.make(SIGNER)?;
        let (for_now, then) = known.keyset.rotated(signer.public(), known.last_serial(), now);
        let next =
            Next { due: now + PASS_LIFE + LEEWAY, statement: self.sign(&then, &root)?, serial: then.serial };
        let text = next.to_text().map_err(io::Error::other).map_err(self.failed(NEXT))?;
        let statement = self.sign(&for_now, &root)?;
        self.replace(NEXT, &text)?;
        self.replace(KEYSET, &statement)?;
        self.settle(&for_now)?;
        Ok(self.overview_of(Known { keyset: for_now, statement, next: Some(next), ..known }))
    }

    /// Has new keys sign passes and speak for the tracker, and nothing that the old ones have signed hold any more. The
    /// tracker that has the old ones must not run.
    ///
    /// # Errors
    ///
    /// The root key is elsewhere and `root` names no file of it, or a file cannot be written.
    pub fn renew(&self, root: Option<&Path>, now: Moment) -> Result<Overview, KeysError> {
        let _lock = self.lock_existing()?;
        let known = self.known()?;
        let root = self.root(root, known.root)?;
        let (signer, identity) = (self.make(SIGNER)?, self.make(IDENTITY)?);
        let keyset = known.keyset.renewed(signer.public(), identity.public(), known.last_serial(), now);
        let statement = self.sign(&keyset, &root)?;
        // Whoever has the old keys has the key of this certificate as well.
        let CertificateFiles { certificate, key } = CertificateFiles::in_folder(&self.folder);
        remove(&certificate)?;
        remove(&key)?;
        self.replace(KEYSET, &statement)?;
        remove(&self.path(NEXT))?;
        self.settle(&keyset)?;
        Ok(self.overview_of(Known { keyset, statement, next: None, ..known }))
    }

    /// Moves the root key into a file elsewhere.
    ///
    /// # Errors
    ///
    /// It is not here, the file is there already, or cannot be written. The root key stays then.
    pub fn export_root(&self, to: &Path) -> Result<Overview, KeysError> {
        let _lock = self.lock_existing()?;
        let known = self.known()?;
        let from = self.path(ROOT);
        let root = self.root(None, known.root)?;
        save(&root, to)?;
        // It goes only when it can be read where it went.
        self.root(Some(to), known.root)?;
        self.replace(ROOT_PUBLIC, format!("{}\n", known.root).as_bytes())?;
        remove(&from)?;
        Ok(self.overview_of(known))
    }

    /// Copies the root key out of a file back into the data folder.
    ///
    /// # Errors
    ///
    /// The file has another key, or cannot be read, or the root key is here.
    pub fn import_root(&self, from: &Path) -> Result<Overview, KeysError> {
        let _lock = self.lock_existing()?;
        let known = self.known()?;
        save(&self.root(Some(from), known.root)?, &self.path(ROOT))?;
        remove(&self.path(ROOT_PUBLIC))?;
        Ok(self.overview_of(known))
    }

    pub(super) fn load_or_create(&self, name: &str, now: Moment) -> Result<TrackerKeys, KeysError> {
        let _lock = self.lock()?;
        if !self.path(ROOT_PUBLIC).exists() && !self.path(KEYSET).exists() {
            let root = Identity::load_or_create(&self.path(ROOT))?;
            let [signer, identity] =
                [SIGNER, IDENTITY].map(|[file, _]| Identity::load_or_create(&self.path(file)));
            let statement = first_keyset(&root, &signer?, &identity?, name)?;
            self.replace(KEYSET, &statement.map_err(self.unfit(KEYSET))?)?;
        }
        let mut known = self.known()?;
        self.become_due(&mut known, now)?;
        self.settle(&known.keyset)?;
        let [signer, identity] = [SIGNER, IDENTITY].map(|[file, _]| self.load(file));
        let (Some(signer), Some(identity)) = (signer?, identity?) else {
            return Err(KeysError::Others { folder: self.folder.clone() });
        };
        let Known { root, keyset, statement, next } = known;
        let (signs, speaks) = (signer.public(), identity.public());
        match keyset.signers.first() == Some(&signs) && keyset.trackers.contains(&speaks) {
            true => Ok(TrackerKeys {
                identity,
                root,
                signer: signer.signing_key()?,
                keyset,
                statement,
                next,
                folder: Some(self.folder.clone()),
            }),
            false => Err(KeysError::Others { folder: self.folder.clone() }),
        }
    }

    pub(super) fn known(&self) -> Result<Known, KeysError> {
        let root = match self.load(ROOT)? {
            Some(root) => root.public(),
            None => self.root_public()?,
        };
        let statement = fs::read(self.path(KEYSET)).map_err(self.failed(KEYSET))?;
        let keyset = Keyset::open(&statement, root, None).map_err(self.unfit(KEYSET))?;
        let next = match fs::read(self.path(NEXT)) {
            Ok(text) => Next::read(&text, root, &keyset),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(self.failed(NEXT)(error)),
        };
        Ok(Known { root, keyset, statement, next })
    }

    fn root_public(&self) -> Result<PublicKey, KeysError> {
        let text = match fs::read_to_string(self.path(ROOT_PUBLIC)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.failed(ROOT)(error)),
            read => read.map_err(self.failed(ROOT_PUBLIC))?,
        };
        let no_key = || self.failed(ROOT_PUBLIC)(io::Error::other("it holds no key"));
        PublicKey::from_text(text.trim()).ok_or_else(no_key)
    }

    /// Puts the keyset in its place that is due.
    fn become_due(&self, known: &mut Known, now: Moment) -> Result<(), KeysError> {
        if let Some(next) = known.next.take_if(|next| next.due <= now) {
            known.keyset = Keyset::open(&next.statement, known.root, None).map_err(self.unfit(NEXT))?;
            self.replace(KEYSET, &next.statement)?;
            remove(&self.path(NEXT))?;
            known.statement = next.statement;
        }
        Ok(())
    }

    /// Puts the keys in their places that a keyset names, as a change does which was cut off after it was made.
    pub(super) fn settle(&self, keyset: &Keyset) -> Result<(), KeysError> {
        for ([place, new], names) in [(SIGNER, &keyset.signers), (IDENTITY, &keyset.trackers)] {
            if self.load(new)?.is_some_and(|key| names.first() == Some(&key.public())) {
                private_file::rename(&self.path(new), &self.path(place)).map_err(self.failed(place))?;
            }
        }
        Ok(())
    }

    /// Makes a key that is to take the place of another. One that a change has left behind was used for nothing.
    fn make(&self, [_, new]: [&str; 2]) -> Result<Identity, KeysError> {
        remove(&self.path(new))?;
        Ok(Identity::load_or_create(&self.path(new))?)
    }

    fn sign(&self, keyset: &Keyset, root: &Identity) -> Result<Vec<u8>, KeysError> {
        keyset.sign(&root.signing_key()?).map_err(self.unfit(KEYSET))
    }

    /// The root key of this pool, out of a file elsewhere or of the data folder.
    fn root(&self, elsewhere: Option<&Path>, expected: PublicKey) -> Result<Identity, KeysError> {
        let (path, root) = match elsewhere {
            Some(path) => (path.to_owned(), Identity::load(path)?),
            None => {
                let root = self.load(ROOT)?;
                (self.path(ROOT), root.ok_or_else(|| KeysError::NoRoot { folder: self.folder.clone() })?)
            }
        };
        match root.public() == expected {
            true => Ok(root),
            false => Err(KeysError::OtherRoot { path, pool: expected.pool() }),
        }
    }

    /// A key, if there is one.
    fn load(&self, file: &str) -> Result<Option<Identity>, KeysError> {
        match Identity::load(&self.path(file)) {
            Err(IdentityError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            loaded => Ok(Some(loaded?)),
        }
    }

    pub(super) fn overview_of(&self, known: Known) -> Overview {
        Overview {
            root: known.root,
            root_is_here: self.path(ROOT).exists(),
            old_leave: known.next.map(|next| next.due),
            keyset: known.keyset,
        }
    }

    pub(super) fn lock_existing(&self) -> Result<File, KeysError> {
        if !self.path(KEYSET).exists() {
            return Err(KeysError::Nothing { folder: self.folder.clone() });
        }
        // Files of another user would be of no use to the tracker: it must be the one whom it runs as.
        for [file, _] in [SIGNER, IDENTITY] {
            self.load(file)?;
        }
        self.lock()
    }

    pub(super) fn lock(&self) -> Result<File, KeysError> {
        let lock =
            File::options().create(true).append(true).open(self.path(LOCK)).map_err(self.failed(LOCK))?;
        lock.lock().map_err(self.failed(LOCK))?;
        Ok(lock)
    }

    pub(super) fn replace(&self, file: &str, content: &[u8]) -> Result<(), KeysError> {
        private_file::replace(&self.path(file), content).map_err(self.failed(file))
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    pub(super) fn failed(&self, file: &str) -> impl Fn(io::Error) -> KeysError + use<> {
        let path = self.path(file);
        move |source| KeysError::File { path: path.clone(), source }
    }

    fn unfit(&self, file: &str) -> impl FnOnce(peerpool_access::KeysetError) -> KeysError + use<> {
        let path = self.path(file);
        move |source| KeysError::Keyset { path, source }
    }
}

/// Writes a key into a file that must not be there yet.
fn save(key: &Identity, to: &Path) -> Result<(), KeysError> {
    match key.save(to) {
        Err(IdentityError::Write { path, source }) if source.kind() == io::ErrorKind::AlreadyExists => {
            Err(KeysError::Exists { path })
        }
        saved => Ok(saved?),
    }
}

pub(super) fn remove(path: &Path) -> Result<(), KeysError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(KeysError::File { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
