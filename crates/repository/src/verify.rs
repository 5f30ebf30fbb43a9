//! Compares what is on disk with a torrent.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Piece},
    id::Sha256Hash,
    metainfo::Metainfo,
};

use crate::{
    beneath::Directory,
    digest::{self, LEAF, Sha1},
    error::DiskError,
    hashing::Meter,
    local_names::LocalNames,
    merkle,
    problem::Problem,
    reading::{self, Files},
    refresh::Cancel,
    scan::{self, Found},
    shared::{ReadError, SharedItem},
};

/// When a process is killed in the middle of a write, the kernel has written this much as a whole or not at all.
const PAGE: usize = 4096;

/// The result of comparing content with a torrent.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The pieces that match the torrent.
    pub good: Bitfield,
    /// Files of the torrent, as paths inside the item, that are missing or of the wrong length.
    pub wrong_files: Vec<PathBuf>,
    /// Files, as paths inside the item, that the torrent does not have.
    pub other_files: Vec<PathBuf>,
}

impl Verification {
    /// Whether the content matches the torrent exactly.
    pub fn is_exact(&self) -> bool {
        self.good.is_all() && self.wrong_files.is_empty() && self.other_files.is_empty()
    }
}

/// Why content could not be compared with a torrent.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The item is withheld as a whole.
    #[error("{0}")]
    Problem(Problem),
    /// The path does not exist.
    #[error("there is nothing at `{path}`", path = _0.display())]
    Missing(PathBuf),
    /// It cannot be read, or changed meanwhile.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The caller gave up.
    #[error("the check was stopped")]
    Cancelled,
}

impl From<DiskError> for VerifyError {
    fn from(error: DiskError) -> Self {
        Self::Read(ReadError::Disk(error))
    }
}

/// Reads the file or folder at `path` and compares it with the torrent, by all hashes that the torrent has, on all
/// cores. `progress` is told bytes done and bytes in all, from any thread.
///
/// # Errors
///
/// There is nothing at `path`, it cannot be read or changes meanwhile, or `cancel` was called. Wrong content is no
/// error.
pub fn verify(
    metainfo: &Arc<Metainfo>,
    path: &Path,
    cancel: &Cancel,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Verification, VerifyError> {
    let path = path.canonicalize().map_err(|error| DiskError::new("find", path, error))?;
    let missing = || VerifyError::Missing(path.clone());
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(missing)?;
    let root = Arc::new(Directory::open(path.parent().ok_or_else(missing)?)?);
    let found =
        scan::item(&root, name, &mut Vec::new()).map_err(VerifyError::Problem)?.ok_or_else(missing)?;
    compare(metainfo, &LocalNames::default(), &found, &root, cancel, progress)
}

/// Compares an item that was found with a torrent whose files should have these local names.
pub(crate) fn compare(
    metainfo: &Arc<Metainfo>,
    local_names: &LocalNames,
    found: &Found,
    root: &Arc<Directory>,
    cancel: &Cancel,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Verification, VerifyError> {
    let info = &metainfo.info;
    let stamps = info.files().iter().map(|file| {
        let real = file.is_stored();
        found.stamp(&local_names.local(&file.path)).filter(|stamp| real && stamp.size == file.length)
    });
    let stamps: Box<[_]> = stamps.collect();
    let wrong = info.files().iter().zip(&stamps).filter(|(file, stamp)| stamp.is_none() && file.is_stored());
    let wrong_files = wrong.map(|(file, _)| file.path.iter().collect()).collect();
    let known: BTreeSet<Cow<'_, [String]>> =
        info.files().iter().map(|file| local_names.local(&file.path)).collect();
    let others = found.files.iter().filter(|file| !known.contains(file.path.as_slice()));
    let other_files = others.map(|file| file.path.iter().collect()).collect();
    let item = SharedItem::new(
        &found.name,
        metainfo.clone(),
        local_names.clone(),
        stamps,
        root.clone(),
        Arc::default(),
    );
    let good = good_pieces(&item, cancel, progress)?;
    Ok(Verification { good, wrong_files, other_files })
}

/// The good pieces; those with bytes of a wrong file are not.
fn good_pieces(
    item: &SharedItem,
    cancel: &Cancel,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Bitfield, VerifyError> {
    let geometry = item.geometry();
    let good = Mutex::new(Bitfield::none(geometry.piece_count()));
    let next = AtomicU32::new(0);
    let meter = Meter::new(geometry.payload());
    let work = || -> Result<(), VerifyError> {
        while let Some(piece) = geometry.piece(next.fetch_add(1, Ordering::Relaxed)) {
            if cancel.is_cancelled() {
                return Err(VerifyError::Cancelled);
            }
            if item.has_files_of(piece) && examine(item.metainfo(), item, piece, true)?.good {
                good.lock().unwrap_or_else(PoisonError::into_inner).set(piece);
            }
            if let Some(done) = meter.add(geometry.payload_of(piece)) {
                progress(done, meter.total());
            }
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mine = work();
        others
            .into_iter()
            .fold(mine, |result, other| result.and(other.join().unwrap_or(Err(VerifyError::Cancelled))))
    })?;
    Ok(good.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What a piece looks like on disk.
#[derive(Debug)]
pub(crate) struct Examined {
    /// It matches the torrent.
    pub(crate) good: bool,
    /// Its blocks, up to the end of its payload.
    pub(crate) blocks: Vec<ExaminedBlock>,
}

/// What a block looks like on disk.
#[derive(Debug)]
pub(crate) struct ExaminedBlock {
    pub(crate) leaf: Sha256Hash,
    /// No page of it is all zeros. A hole in a sparse file reads as a page of zeros, and so does the end of a write
    /// that was cut off. Unless the whole piece is good, such a block counts as not written.
    pub(crate) is_written: bool,
}

/// Reads a piece and compares it with its v2 root, or with its v1 hash if it has none; with `both`, with each that it
/// has.
pub(crate) fn examine(
    metainfo: &Metainfo,
    files: &impl Files,
    piece: Piece,
    both: bool,
) -> Result<Examined, ReadError> {
    let geometry = metainfo.info.geometry();
    let (payload_end, offset) = (geometry.payload_end(piece), geometry.offset_of(piece));
    let v2 = metainfo.piece_layers.root_of_piece(&metainfo.info, piece.index());
    let v1 = metainfo.info.v1_pieces().get(piece.as_usize()).filter(|_| v2.is_none() || both);
    let mut sha1 = Sha1::new();
    let mut blocks = Vec::with_capacity(payload_end.div_ceil(BLOCK) as usize);
    let mut buffer = vec![0; (payload_end as usize).min(64 * LEAF)];
    let mut at = 0;
    while at < payload_end {
        let step = buffer.len().min((payload_end - at) as usize);
        let data = &mut buffer[..step];
        reading::read_at(geometry, files, offset + u64::from(at), data)?;
        let written =
            data.chunks(LEAF).map(|block| block.chunks(PAGE).all(|page| page.iter().any(|byte| *byte != 0)));
        let leaves = digest::leaf_hashes(data);
        blocks.extend(
            leaves.into_iter().zip(written).map(|(leaf, is_written)| ExaminedBlock { leaf, is_written }),
        );
        if v1.is_some() {
            sha1.update(data);
        }
        at += step as u32;
    }
    let by_v2 = v2.map(|root| {
        let leaves = blocks.iter().map(|block| block.leaf).collect();
        merkle::root_of_leaves(leaves, merkle::width_of_piece(&metainfo.info, piece)) == root
    });
    let by_v1 = v1.map(|hash| {
        sha1.update_zeros(u64::from(geometry.length_of(piece) - payload_end));
        sha1.finish() == *hash
    });
    // A piece without a known hash is not good. A piece of padding alone has no v2 root and is always good.
    let good = if payload_end == 0 {
        true
    } else {
        by_v2.or(by_v1).is_some() && by_v2 != Some(false) && by_v1 != Some(false)
    };
    Ok(Examined { good, blocks })
}
