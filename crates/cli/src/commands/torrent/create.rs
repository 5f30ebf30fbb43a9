//! `peerpool torrent create`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use peerpool_repository::loose::hash_files;
use peerpool_wire::canonical::{Builder, piece_length};
use serde::Serialize;

use super::files;
use crate::{
    exit::{Exit, Failure},
    output::{Output, text::safe},
};

#[derive(Debug, Serialize)]
struct Created {
    file: String,
    name: String,
    hash: peerpool_wire::id::InfoHash,
}

/// Writes the .torrent file of what every peer would share under this name: the same info-hash everywhere.
pub(super) fn run(out: Output, path: &Path, output: Option<PathBuf>) -> Result<(), Failure> {
    let path = fs::canonicalize(path).map_err(Failure::file("read", path))?;
    let name = files::utf8_name(&path)?;
    let entries = files::walk(&path)?;
    let total = entries.iter().map(|entry| entry.length).sum();
    let piece_length = piece_length(total, entries.len() as u64);
    let mut builder = Builder::new(piece_length);
    let folder = path.parent().unwrap_or(&path);
    let paths: Vec<PathBuf> = entries
        .iter()
        .map(|entry| entry.path.strip_prefix(folder).unwrap_or(&entry.path).to_owned())
        .collect();
    let hashes = hash_files(folder, &paths, piece_length)
        .map_err(|error| Failure::told(Exit::Failed, error.to_string()))?;
    for (entry, hashes) in entries.into_iter().zip(hashes) {
        builder = builder.file(entry.inside, hashes);
    }
    let torrent = builder.finish(&name).map_err(|error| Failure::told(Exit::Failed, error.to_string()))?;
    let output = output.unwrap_or_else(|| PathBuf::from(format!("{name}.torrent")));
    write(&output, &torrent.to_torrent(&[]))?;
    let created = Created { file: output.display().to_string(), name, hash: torrent.info.hash() };
    out.show(&created, |created| format!("{} {}", created.hash, safe(&created.file)))
}

/// Writes the file to its last byte, or leaves none that is cut off.
fn write(output: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = fs::File::create(output).and_then(|mut file| {
        file.write_all(bytes)?;
        // Some file systems say only now that the disk is full; what is no file cannot be synced.
        if file.metadata()?.is_file() { file.sync_all() } else { Ok(()) }
    });
    written.map_err(|error| {
        if output.is_file() {
            let _ = fs::remove_file(output);
        }
        Failure::file("write", output)(error)
    })
}
