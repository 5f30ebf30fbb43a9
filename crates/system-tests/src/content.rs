//! Files whose bytes are known.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use sha2::{Digest, Sha256};

/// A file of random bytes that peers may be given.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its name, and so the item's.
    pub name: String,
    /// Where the original lies.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
    sha256: [u8; 32],
}

impl Content {
    /// Writes the file into a folder. The same seed gives the same bytes.
    pub(crate) fn random(folder: &Path, name: &str, bytes: u64, seed: u64) -> Self {
        let path = folder.join(format!("{seed}-{name}"));
        let mut file = File::create(&path).unwrap();
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        let mut buffer = vec![0; 1 << 20];
        let mut left = bytes;
        while left > 0 {
            let part = &mut buffer[..left.min(1 << 20) as usize];
            source.fill_bytes(part);
            file.write_all(part).unwrap();
            left -= part.len() as u64;
        }
        let sha256 = sha256(&path);
        Self { name: name.to_owned(), path, bytes, sha256 }
    }

    /// Puts a copy into a folder under its name. A link would not do: one more link to a file changes its stamp, so
    /// whoever shares it already hashes it again.
    pub(crate) fn put(&self, folder: &Path) {
        fs::copy(&self.path, folder.join(&self.name)).unwrap();
    }

    /// Panics unless the file at `path` has the same SHA-256.
    pub fn assert_equal(&self, path: &Path) {
        assert_eq!(sha256(path), self.sha256, "{} differs from {}", path.display(), self.name);
    }
}

fn sha256(path: &Path) -> [u8; 32] {
    let mut file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => return hash.finalize().into(),
            read => hash.update(&buffer[..read]),
        }
    }
}
