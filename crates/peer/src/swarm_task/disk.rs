//! A download's way to the disk: what is written and verified, whether the disk keeps up, and what is recorded of it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use peerpool_repository::PartialError;
use peerpool_swarm::Verdict;
use peerpool_wire::{
    geometry::{Piece, Span},
    metainfo::Info,
};
use tokio::{sync::mpsc, time::Instant};

use super::Incoming;
use crate::{
    buffer::Buffer,
    event_sender::EventSender,
    item_data::ItemData,
    metrics::Counters,
    storage::{self, Job, Storage, Target},
};

/// How often verified pieces are recorded on disk, and after how many bytes at the latest: the disk begins early with
/// what must be durable before the download is complete.
const CHECKPOINT: Duration = Duration::from_secs(1);
const CHECKPOINT_BYTES: u64 = 32 << 20;
/// The same for many small files: all of the file system is synced then, and nobody can make a file meanwhile.
const SMALL_FILES_CHECKPOINT: Duration = Duration::from_secs(3);
const SMALL_FILES_BYTES: u64 = 512 << 20;
/// So many files are many, and so long ones on average small.
const MANY_FILES: usize = 1000;
const SMALL_FILE: u64 = 256 << 10;

/// After how long, or how many bytes, verified pieces of an item are recorded.
fn due_every(info: &Info) -> (Duration, u64) {
    let files = info.files().len();
    match files >= MANY_FILES && info.length() / files as u64 <= SMALL_FILE {
        true => (SMALL_FILES_CHECKPOINT, SMALL_FILES_BYTES),
        false => (CHECKPOINT, CHECKPOINT_BYTES),
    }
}

/// Has the storage write what a swarm receives. It never waits.
pub(super) struct Disk {
    storage: Storage,
    counters: Counters,
    /// Where the bytes go; `None` for an item that is only served.
    target: Option<Arc<Target>>,
    /// Jobs that the storage had no room for, in order.
    backlog: VecDeque<Job>,
    /// Whether the swarm was told that storage is behind.
    busy: bool,
    checkpoint: Checkpoint,
    incoming: mpsc::Sender<Incoming>,
}

/// What is known to be recorded on disk.
struct Checkpoint {
    bytes: u64,
    running: bool,
    last: Instant,
    /// When the next one is due: after so long, or so many bytes.
    every: (Duration, u64),
}

impl Disk {
    /// Begins with `done` bytes verified and recorded.
    pub(super) fn new(
        storage: Storage,
        counters: Counters,
        item_data: &ItemData,
        done: u64,
        incoming: mpsc::Sender<Incoming>,
    ) -> Self {
        let events = EventSender::new(incoming.clone(), Incoming::Storage);
        let target = match item_data {
            ItemData::Partial(item) => Some(Arc::new(Target::new(item.clone(), events))),
            ItemData::Shared(_) => None,
        };
        let every = due_every(&item_data.metainfo().info);
        let checkpoint = Checkpoint { bytes: done, running: false, last: Instant::now(), every };
        Self { storage, counters, target, backlog: VecDeque::new(), busy: false, checkpoint, incoming }
    }

    /// Whether the item is a download, and not only served.
    pub(super) fn writes(&self) -> bool {
        self.target.is_some()
    }

    /// Whether the disk lags behind.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    pub(super) fn store(&mut self, span: Span, data: Buffer) {
        if let Some(target) = self.target.clone() {
            self.counters.received.increment(data.len() as u64);
            target.add_waiting(data.len());
            self.hand_over(Job::Store { target, span, data });
        }
    }

    pub(super) fn verify(&mut self, piece: Piece, leaves: bool) {
        if let Some(target) = self.target.clone() {
            self.hand_over(Job::Verify { target, piece, leaves });
        }
    }

    /// Counts pieces that were checked.
    pub(super) fn count(&self, verdicts: &[(Piece, Verdict)]) {
        let verified = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Good { .. })).count();
        self.counters.verified.increment(verified as u64);
        self.counters.failed.increment((verdicts.len() - verified) as u64);
    }

    /// Jobs keep their order: once one waits, all behind it wait too.
    fn hand_over(&mut self, job: Job) {
        if !self.backlog.is_empty() {
            self.backlog.push_back(job);
        } else if let Err(job) = self.storage.try_hand_over(job) {
            self.backlog.push_back(job);
        }
    }

    /// Hands over what had to wait, as far as there is room by now.
    pub(super) fn hand_over_backlog(&mut self) {
        while let Some(job) = self.backlog.pop_front() {
            if let Err(job) = self.storage.try_hand_over(job) {
                return self.backlog.push_front(job);
            }
        }
    }

    /// Whether the disk has fallen behind since the last question, or has caught up; `None` when neither.
    pub(super) fn busy_changed(&mut self) -> Option<bool> {
        let busy = self.target.as_ref()?.is_behind(self.busy) || !self.backlog.is_empty();
        (std::mem::replace(&mut self.busy, busy) != busy).then_some(busy)
    }

    /// Has the verified pieces, of `done` bytes in all, recorded when it is time, on a thread that nothing waits for.
    pub(super) fn record(&mut self, done: u64) {
        let Some(target) = &self.target else { return };
        let new = done.saturating_sub(self.checkpoint.bytes);
        let (time, bytes) = self.checkpoint.every;
        let due = self.checkpoint.last.elapsed() >= time || new >= bytes;
        if new == 0 || !due || self.checkpoint.running {
            return;
        }
        self.checkpoint.running = true;
        self.checkpoint.last = Instant::now();
        let (item, incoming) = (target.item.clone(), self.incoming.clone());
        tokio::task::spawn_blocking(move || {
            let told = match item.checkpoint() {
                Ok(()) => Incoming::Checkpointed { bytes: done },
                Err(error) => Incoming::Storage(storage::Event::Failed(error)),
            };
            let _ = incoming.blocking_send(told);
        });
    }

    /// So many bytes are recorded.
    pub(super) fn recorded(&mut self, bytes: u64) {
        self.checkpoint.running = false;
        self.checkpoint.bytes = bytes;
    }

    /// The download is complete: nothing is written any more.
    pub(super) fn release(&mut self) {
        self.target = None;
    }

    /// Waits until everything handed over is written, and records what was verified.
    pub(super) async fn finish(self) -> Result<(), PartialError> {
        let Some(target) = self.target else { return Ok(()) };
        drop(self.backlog);
        self.storage.forget(&target).await;
        // A checkpoint that panics is a defect, which the log has by then.
        tokio::task::spawn_blocking(move || target.item.checkpoint()).await.unwrap_or(Ok(()))
    }
}
