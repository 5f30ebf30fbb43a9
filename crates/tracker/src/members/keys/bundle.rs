//! All keys of a pool but its root key in one file, for another node.

use std::{collections::BTreeMap, fs, io, path::Path};

use data_encoding::BASE64;
use peerpool_access::{Moment, key::PublicKey};
use peerpool_tls::private_file;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{
    KeysError, TrackerKeys,
    folder::{IDENTITY, KEYSET, KeysFolder, NEXT, Overview, ROOT, ROOT_PUBLIC, SIGNER, remove},
};
use crate::https::CertificateFiles;

/// What stands first in the file.
const KIND: &str = "keys of a Peerpool pool";

#[derive(Serialize, Deserialize)]
struct Bundle {
    kind: String,
    /// By the names that they have in the data folder, in Base64.
    files: BTreeMap<String, String>,
}

impl KeysFolder {
    /// Copies the keys into a file, from which another node takes them up. The root key stays here alone.
    ///
    /// # Errors
    ///
    /// There are none, the file is there already, or cannot be written.
    pub fn export(&self, to: &Path) -> Result<Overview, KeysError> {
        let _lock = self.lock_existing()?;
        let known = self.known()?;
        let mut files = BTreeMap::new();
        for file in [SIGNER[0], IDENTITY[0], KEYSET].into_iter().chain(self.others()) {
            match fs::read(self.path(file)) {
                Ok(content) => drop(files.insert(file.to_owned(), BASE64.encode(&content))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(self.failed(file)(error)),
            }
        }
        let root = format!("{}\n", known.root);
        files.insert(ROOT_PUBLIC.to_owned(), BASE64.encode(root.as_bytes()));
        let bundle = Bundle { kind: KIND.to_owned(), files };
        let failed = |source| KeysError::File { path: to.to_owned(), source };
        let text = serde_json::to_vec_pretty(&bundle).map_err(io::Error::other).map_err(failed)?;
        match private_file::create(to, &text) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(KeysError::Exists { path: to.to_owned() })
            }
            created => created.map_err(failed).map(|()| self.overview_of(known)),
        }
    }

    /// Takes up the keys that another node has copied into a file.
    ///
    /// # Errors
    ///
    /// The file has none, those of another pool, or older ones than are here; or a file cannot be written.
    pub fn import(&self, from: &Path, now: Moment) -> Result<Overview, KeysError> {
        let no_keys = || KeysError::NoBundle { path: from.to_owned() };
        let text = fs::read(from).map_err(|source| KeysError::Unread { path: from.to_owned(), source })?;
        let bundle: Bundle = serde_json::from_slice(&text).map_err(|_| no_keys())?;
        private_file::create_folder(self.folder()).map_err(self.failed(KEYSET))?;
        let _lock = self.lock()?;
        // They are looked at as a tracker does that starts, before anything here is touched.
        let unpacked = TempDir::new_in(self.folder()).map_err(self.failed(KEYSET))?;
        let new = KeysFolder::new(unpacked.path());
        for file in [SIGNER[0], IDENTITY[0], KEYSET, ROOT_PUBLIC].into_iter().chain(self.others()) {
            if let Some(content) = bundle.files.get(file) {
                let content = BASE64.decode(content.as_bytes()).map_err(|_| no_keys())?;
                new.replace(file, &content)?;
            }
        }
        if bundle.kind != KIND || !new.path(KEYSET).exists() {
            return Err(no_keys());
        }
        let keys = new.load_or_create("", now)?;
        if self.is_one() {
            self.takes(from, &keys)?;
        }
        self.take_up(&new, keys.root())?;
        Ok(self.overview_of(self.known()?))
    }

    /// Whether these are newer keys of the same pool.
    fn takes(&self, from: &Path, keys: &TrackerKeys) -> Result<(), KeysError> {
        let known = self.known()?;
        if known.root != keys.root() {
            return Err(KeysError::OtherPool { path: from.to_owned(), pool: known.root.pool() });
        }
        match keys.keyset().serial < known.keyset.serial {
            true => Err(KeysError::Older { path: from.to_owned() }),
            false => Ok(()),
        }
    }

    /// Puts new keys in place: they are beside the keyset before it names them.
    fn take_up(&self, new: &KeysFolder, root: PublicKey) -> Result<(), KeysError> {
        let read = |file: &str| fs::read(new.path(file)).map_err(new.failed(file));
        for [place, beside] in [SIGNER, IDENTITY] {
            self.replace(beside, &read(place)?)?;
        }
        if !self.path(ROOT).exists() {
            self.replace(ROOT_PUBLIC, format!("{root}\n").as_bytes())?;
        }
        self.replace(KEYSET, &read(KEYSET)?)?;
        self.settle(&self.known()?.keyset)?;
        for file in self.others() {
            match new.path(file).exists() {
                true => self.replace(file, &read(file)?)?,
                false if file == NEXT => remove(&self.path(file))?,
                false => {}
            }
        }
        Ok(())
    }

    /// What belongs to the keys and may be missing: the next keyset, and the certificate that browsers are shown.
    fn others(&self) -> impl Iterator<Item = &'static str> + use<> {
        [NEXT].into_iter().chain(CertificateFiles::NAMES)
    }
}
