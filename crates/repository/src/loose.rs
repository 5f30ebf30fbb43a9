//! Hashing files that lie outside any repository.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use peerpool_wire::canonical::FileHashes;

use crate::{
    beneath::Directory,
    hashing::{self, Job, Listener},
    refresh::{Cancel, Cause},
};

/// A file that could not be hashed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{path}`: {cause}", path = path.display())]
pub struct HashError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub cause: Cause,
}

/// The hashes of files beneath `folder`, in the order given, for pieces of `piece_length` bytes (a power of two of at
/// least 16 KiB). Uses all cores and reads each byte once. Symbolic links are not followed.
pub fn hash_files(folder: &Path, files: &[PathBuf], piece_length: u32) -> Result<Vec<FileHashes>, HashError> {
    let failed = |path: &Path| {
        let path = folder.join(path);
        move |cause| HashError { path, cause }
    };
    let unreadable = |error| Cause::Unreadable(Arc::new(error));
    let root = Directory::open(folder).map_err(unreadable).map_err(failed(Path::new("")))?;
    let mut hashes = vec![FileHashes::default(); files.len()];
    let (mut jobs, mut places) = (Vec::new(), Vec::new());
    for (nth, path) in files.iter().enumerate() {
        let stamp = root.stamp(path).map_err(unreadable).map_err(failed(path))?;
        let stamp = stamp.ok_or(Cause::Vanished).map_err(failed(path))?;
        if stamp.size > 0 {
            jobs.push(Job { path: path.clone(), stamp, piece_length });
            places.push(nth);
        }
    }
    let cancel = Cancel::default();
    let found = Found { cancel: &cancel, results: Mutex::default() };
    hashing::hash_files(&root, &jobs, &cancel, &found);
    for (job, result) in found.results.into_inner().unwrap_or_else(PoisonError::into_inner) {
        hashes[places[job]] = result.map_err(failed(&jobs[job].path))?;
    }
    Ok(hashes)
}

/// Keeps what the workers find; the first file that cannot be hashed ends it.
struct Found<'a> {
    cancel: &'a Cancel,
    results: Mutex<Vec<(usize, Result<FileHashes, Cause>)>>,
}

impl Listener for Found<'_> {
    fn progress(&self, _job: usize, _bytes: u64) {}

    fn finished(&self, job: usize, result: Result<FileHashes, Cause>) {
        if result.is_err() {
            self.cancel.cancel();
        }
        self.results.lock().unwrap_or_else(PoisonError::into_inner).push((job, result));
    }
}
