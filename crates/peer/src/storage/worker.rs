//! One thread that writes and hashes.
//!
//! It waits for whoever takes its events; that ends, because a swarm's task never waits for storage.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use peerpool_repository::{PartialError, PieceWriter, Verdict as Found};
use peerpool_swarm::Verdict;
use peerpool_wire::{geometry::Piece, id::Sha256Hash};
use tokio::sync::mpsc;

use super::{Event, Job, Target, batch};

/// Most verdicts told at once.
const MAX_VERDICTS: usize = 32;

/// The pieces begun: by download (the address of its target, which the job keeps alive) and piece.
pub(super) type Begun = HashMap<(usize, Piece), PieceWriter>;

pub(super) fn run(mut inbox: mpsc::Receiver<Job>) {
    let mut worker = Worker::default();
    while let Some(jobs) = batch::take(&mut inbox) {
        let hashes = batch::hash(&mut worker.begun, &jobs);
        let mut left = jobs.len();
        for (job, leaves) in jobs.into_iter().zip(hashes) {
            left -= 1;
            worker.handle(job, &leaves, left == 0 && inbox.is_empty());
        }
    }
}

#[derive(Default)]
struct Worker {
    begun: Begun,
    verdicts: Verdicts,
}

impl Worker {
    /// Does one job, given the leaf hashes of its blocks; `idle` when it is the last for now.
    fn handle(&mut self, job: Job, leaves: &[Sha256Hash], idle: bool) {
        match job {
            Job::Store { target, span, data } => {
                let stored = if target.has_failed() {
                    Ok(())
                } else {
                    writer(&mut self.begun, &target, span.piece()).write_hashed(span.begin(), &data, leaves)
                };
                if target.done_waiting(data.len(), idle) {
                    target.events.blocking_send(Event::CaughtUp);
                }
                drop(data);
                if let Err(error) = stored {
                    fail(&target, error);
                }
            }
            Job::Verify { target, .. } if target.has_failed() => {}
            Job::Verify { target, piece, leaves } => match verify(&mut self.begun, &target, piece, leaves) {
                Ok(verdict) => self.verdicts.add(&target, piece, verdict),
                Err(error) => fail(&target, error),
            },
            Job::Forget { target, done } => {
                let number = number_of(&target);
                self.begun.retain(|(download, _), _| *download != number);
                let _ = done.send(());
            }
        }
        // Many small pieces wake the swarm once.
        if idle || self.verdicts.given.len() >= MAX_VERDICTS {
            self.verdicts.tell();
        }
    }
}

/// Verdicts on pieces of one download that are told at once.
#[derive(Default)]
struct Verdicts {
    target: Option<Arc<Target>>,
    given: Vec<(Piece, Verdict)>,
}

impl Verdicts {
    fn add(&mut self, target: &Arc<Target>, piece: Piece, verdict: Verdict) {
        if self.target.as_ref().is_some_and(|of| !Arc::ptr_eq(of, target)) {
            self.tell();
        }
        self.target.get_or_insert_with(|| target.clone());
        self.given.push((piece, verdict));
    }

    fn tell(&mut self) {
        if let Some(target) = self.target.take() {
            target.events.blocking_send(Event::Verified(std::mem::take(&mut self.given)));
        }
    }
}

fn fail(target: &Target, error: PartialError) {
    target.failed.store(true, Ordering::Release);
    target.events.blocking_send(Event::Failed(error));
}

fn verify(
    begun: &mut Begun,
    target: &Arc<Target>,
    piece: Piece,
    leaves: bool,
) -> Result<Verdict, PartialError> {
    let found = writer(begun, target, piece).verify()?;
    Ok(match found {
        Found::Good => {
            let done = begun.remove(&(number_of(target), piece));
            let leaves = match done {
                Some(mut writer) if leaves => known(writer.leaves()?),
                _ => Vec::new(),
            };
            Verdict::Good { leaves }
        }
        Found::Bad { leaves } => Verdict::Bad { leaves: known(leaves) },
        Found::Unknown => {
            return Err(PartialError::Unfit {
                item: target.item.metainfo().info.name().to_owned(),
                reason: "its piece hashes are not known yet; resume it when a peer that has them is there"
                    .to_owned(),
            });
        }
    })
}

/// The block hashes if all of them are known.
fn known(leaves: Vec<Option<Sha256Hash>>) -> Vec<Sha256Hash> {
    leaves.into_iter().collect::<Option<_>>().unwrap_or_default()
}

pub(super) fn writer<'b>(begun: &'b mut Begun, target: &Arc<Target>, piece: Piece) -> &'b mut PieceWriter {
    begun.entry((number_of(target), piece)).or_insert_with(|| target.item.piece(piece))
}

fn number_of(target: &Arc<Target>) -> usize {
    Arc::as_ptr(target) as usize
}
