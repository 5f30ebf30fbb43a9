//! Hashing files that lie outside any repository.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use peerpool_wire::{
    canonical::{self, FileHashes},
    metainfo::Metainfo,
};

use crate::{
    beneath::Directory,
    hashing::{self, Job, Listener},
    problem::{Cause, Problem},
    refresh::Cancel,
    scan,
};

/// A file that could not be hashed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{path}`: {cause}", path = path.display())]
pub struct HashError {
    /// Path of the file, as given.
    pub path: PathBuf,
    /// What the disk reported, or that it changed.
    pub cause: Cause,
}

/// Why the item at a path has no torrent.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// It is not there.
    #[error("there is nothing at `{path}` that can be shared", path = _0.display())]
    Missing(PathBuf),
    /// Nothing of it is shared, and why.
    #[error(transparent)]
    Unfit(#[from] canonical::CanonicalError),
    /// The item is withheld as a whole.
    #[error("{0}")]
    Problem(Problem),
    /// A file of it cannot be read.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// The metainfo under which every peer would share the file or folder at `path`, and what it leaves out.
///
/// # Errors
///
/// The path cannot be read, changes meanwhile, or no torrent can describe it.
pub fn describe(path: &Path) -> Result<(Metainfo, Vec<Problem>), DescribeError> {
    let missing = || DescribeError::Missing(path.to_owned());
    let path = path.canonicalize().map_err(|_| missing())?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(missing)?;
    let folder = path.parent().ok_or_else(missing)?;
    let mut left_out = Vec::new();
    let root = Directory::open(folder).map_err(|error| {
        DescribeError::Problem(Problem::new(name, folder, Cause::Unreadable(Arc::new(error))))
    })?;
    let found =
        scan::item(&root, name, &mut left_out).map_err(DescribeError::Problem)?.ok_or_else(missing)?;
    let piece_length = canonical::piece_length(found.length(), found.files.len() as u64);
    let paths: Vec<PathBuf> = found.files.iter().map(|file| found.path_of(file)).collect();
    let hashes = hash_files(folder, &paths, piece_length)?;
    let mut hashes = hashes.into_iter();
    let builder = found.describe(piece_length, |_| hashes.next());
    Ok((builder.ok_or_else(missing)?.finish(name)?, left_out))
}

/// The hashes of files beneath `folder`, in the order given, for pieces of `piece_length` bytes (a power of two of at
/// least 16 KiB). Uses all cores and reads each byte once. Symbolic links are not followed.
///
/// # Errors
///
/// The first file that cannot be read, and why.
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

/// Collects the workers' results; the first failure ends hashing.
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
