//! Hashing files on all cores, each byte read once.
//!
//! The pieces of all files form one queue, from which each worker takes batches. It hashes sixteen pieces side by side,
//! a step of each at a time: that many SHA-1 streams and SHA-256 leaves at once are three times as fast as one after
//! another, and the bytes are still in the processor's cache for the second hash.

mod meter;
mod queue;
mod side_by_side;

use std::{num::NonZero, path::PathBuf, thread};

use peerpool_wire::canonical::FileHashes;

pub(crate) use self::meter::Meter;
use self::{queue::Queue, side_by_side::Worker};
use crate::{
    beneath::Directory,
    refresh::{Cancel, Cause},
    stamp::Stamp,
};

/// A file to be hashed.
#[derive(Debug)]
pub(crate) struct Job {
    /// Beneath the directory that is hashed in.
    pub(crate) path: PathBuf,
    /// The stamp with which the file was found; its size is not 0.
    pub(crate) stamp: Stamp,
    /// A power of two of at least one leaf.
    pub(crate) piece_length: u32,
}

/// Receives results from all workers.
pub(crate) trait Listener: Sync {
    /// `bytes` more of the job are hashed.
    fn progress(&self, job: usize, bytes: u64);
    /// The job is done, or has failed.
    fn finished(&self, job: usize, result: Result<FileHashes, Cause>);
}

/// Hashes all jobs, roughly in order, and returns when all are finished or `cancel` was called. Unfinished jobs are
/// never reported.
pub(crate) fn hash_files(root: &Directory, jobs: &[Job], cancel: &Cancel, listener: &dyn Listener) {
    let queue = Queue::new(jobs);
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(queue.batches());
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|| work(root, &queue, cancel, listener));
        }
        work(root, &queue, cancel, listener);
    });
}

fn work(root: &Directory, queue: &Queue<'_>, cancel: &Cancel, listener: &dyn Listener) {
    let mut worker = Worker::new(root, queue.jobs(), cancel, listener);
    while let Some(batch) = queue.take() {
        for pieces in batch.chunks(side_by_side::PIECES) {
            let Some(results) = worker.hash(pieces) else { return };
            for (piece, result) in pieces.iter().zip(results) {
                if let Some(hashes) = queue.put(piece, result) {
                    listener.finished(piece.job, hashes);
                }
            }
        }
    }
}
