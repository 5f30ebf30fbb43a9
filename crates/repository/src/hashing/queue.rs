//! Which pieces nobody has taken yet, and the hashes of files of which some pieces are still missing.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use peerpool_wire::{
    canonical::FileHashes,
    id::{Sha1Hash, Sha256Hash},
};

use super::{Job, side_by_side::PIECES};
use crate::{merkle, refresh::Cause};

/// Minimum bytes in a batch: enough to make opening a file for each batch negligible.
const BATCH: u64 = 4 << 20;

/// Maximum bytes in a batch, even if that leaves lanes empty: this much is read ahead from the disk.
const LARGEST_BATCH: u64 = 128 << 20;

/// A piece of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct FilePiece {
    pub(super) job: usize,
    pub(super) nth: usize,
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its bytes, which are fewer than a piece's length at the end of a file.
    pub(super) length: u64,
}

/// What one piece adds to its file's hashes.
#[derive(Debug, Clone)]
pub(super) struct PieceHashes {
    /// The piece filled up with zeros.
    pub(super) v1: Sha1Hash,
    /// The piece without filling.
    pub(super) v1_tail: Sha1Hash,
    /// The root over its leaves.
    pub(super) node: Sha256Hash,
}

/// Shared by the workers.
pub(super) struct Queue<'a> {
    jobs: &'a [Job],
    /// The next job and the piece in it.
    next: Mutex<(usize, usize)>,
    begun: Mutex<HashMap<usize, Begun>>,
}

/// The results of a file's pieces; `None` for those that are not done.
struct Begun {
    pieces: Vec<Option<PieceHashes>>,
    missing: usize,
    failed: Option<Cause>,
}

impl<'a> Queue<'a> {
    pub(super) fn new(jobs: &'a [Job]) -> Self {
        Self { jobs, next: Mutex::default(), begun: Mutex::default() }
    }

    pub(super) fn jobs(&self) -> &'a [Job] {
        self.jobs
    }

    /// Number of batches, at least one; counting stops where more workers would not help.
    pub(super) fn batches(&self) -> usize {
        let bytes = self.jobs.iter().map(|job| job.stamp.size).fold(0, u64::saturating_add);
        usize::try_from(bytes / BATCH).unwrap_or(usize::MAX).max(1)
    }

    /// The next pieces, in the order of the jobs; `None` when all are taken.
    pub(super) fn take(&self) -> Option<Vec<FilePiece>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH || (batch.len() % PIECES != 0 && bytes < LARGEST_BATCH) {
            let (job, nth) = *next;
            let Some(file) = self.jobs.get(job) else { break };
            let piece_length = u64::from(file.piece_length);
            let offset = nth as u64 * piece_length;
            let length = piece_length.min(file.stamp.size.saturating_sub(offset));
            batch.push(FilePiece { job, nth, offset, length });
            bytes += length;
            *next = if nth + 1 < pieces_of(file) { (job, nth + 1) } else { (job + 1, 0) };
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Keeps a piece's result. The last one returns the result of the file.
    pub(super) fn put(
        &self,
        piece: &FilePiece,
        result: Result<PieceHashes, Cause>,
    ) -> Option<Result<FileHashes, Cause>> {
        let job = &self.jobs[piece.job];
        let count = pieces_of(job);
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let file = begun.entry(piece.job).or_insert_with(|| Begun {
            pieces: vec![None; count],
            missing: count,
            failed: None,
        });
        file.missing -= 1;
        match result {
            Ok(hashes) => file.pieces[piece.nth] = Some(hashes),
            Err(cause) => file.failed = Some(cause),
        }
        if file.missing > 0 {
            return None;
        }
        begun.remove(&piece.job).map(|file| assemble(job, file))
    }
}

fn pieces_of(job: &Job) -> usize {
    usize::try_from(job.stamp.size.div_ceil(u64::from(job.piece_length))).unwrap_or(usize::MAX)
}

/// Joins the pieces' hashes to those of the file.
fn assemble(job: &Job, file: Begun) -> Result<FileHashes, Cause> {
    if let Some(cause) = file.failed {
        return Err(cause);
    }
    let mut hashes = FileHashes { length: job.stamp.size, ..FileHashes::default() };
    for piece in file.pieces.into_iter().flatten() {
        hashes.v1.push(piece.v1);
        hashes.layer.push(piece.node);
        hashes.v1_tail = Some(piece.v1_tail);
    }
    if hashes.layer.len() > 1 {
        let width = merkle::piece_width(job.stamp.size, job.piece_length);
        hashes.root = Some(merkle::root_of_layer(hashes.layer.clone(), width));
    } else {
        hashes.root = hashes.layer.pop();
    }
    Ok(hashes)
}
