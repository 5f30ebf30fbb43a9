//! SHA-256 of what was shared and of what arrived.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use crate::exit::Failure;

/// The SHA-256 of each file, by its path inside an item; the path of a single file is empty.
pub(super) type Digests = BTreeMap<String, String>;

/// Reads and hashes a file, or every file of a folder, on a thread that may block.
pub(super) async fn digests(item: &Path) -> Result<Digests, Failure> {
    let item = item.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        let mut digests = Digests::new();
        collect(&item, String::new(), &mut digests).map(|()| digests).map_err(Failure::file("read", &item))
    });
    hashed.await.unwrap_or(Err(Failure::Interrupted))
}

fn collect(path: &Path, name: String, digests: &mut Digests) -> io::Result<()> {
    if !path.is_dir() {
        digests.insert(name, digest(path)?);
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let below = format!("{name}/{}", entry.file_name().to_string_lossy());
        collect(&entry.path(), below, digests)?;
    }
    Ok(())
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            read => hash.update(&chunk[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
