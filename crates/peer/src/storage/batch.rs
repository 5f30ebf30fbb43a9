//! Workers take jobs out of their queues in batches: the more blocks are hashed at once, the less time each of them
//! takes.

use peerpool_repository::digest::{self, LEAF};
use peerpool_wire::id::Sha256Hash;
use tokio::sync::mpsc;

use super::{
    Job,
    worker::{Begun, writer},
};

/// Bytes of a batch: as many blocks as are hashed fastest, and fit the processor's cache.
const BYTES: usize = 64 * LEAF;

/// The next job, and what waits behind it; `None` when there will be no more.
pub(super) fn take(inbox: &mut mpsc::Receiver<Job>) -> Option<Vec<Job>> {
    let mut jobs = vec![inbox.blocking_recv()?];
    let mut bytes = jobs.iter().map(Job::bytes).sum::<usize>();
    while bytes < BYTES
        && let Ok(job) = inbox.try_recv()
    {
        bytes += job.bytes();
        jobs.push(job);
    }
    Some(jobs)
}

/// The leaf hashes that the writers want of each job's blocks.
pub(super) fn hash(begun: &mut Begun, jobs: &[Job]) -> Vec<Vec<Sha256Hash>> {
    let runs: Vec<&[u8]> = jobs
        .iter()
        .map(|job| match job {
            Job::Store { target, span, data } if !target.has_failed() => {
                writer(begun, target, span.piece()).to_hash(span.begin(), data)
            }
            _ => &[],
        })
        .collect();
    let counts = runs.iter().map(|run| run.len().div_ceil(LEAF));
    let mut leaves = vec![Sha256Hash([0; 32]); counts.clone().sum()];
    digest::leaf_hashes_of(runs.iter().copied(), &mut leaves);
    let mut rest = leaves.into_iter();
    counts.map(|count| rest.by_ref().take(count).collect()).collect()
}
