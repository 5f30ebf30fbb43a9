//! Writes and verifies what arrives, on threads of its own.
//!
//! A piece always goes to the same worker, so that its blocks are written in the order in which they were handed
//! over and its verdict comes after them. Queues are bounded; whoever finds one full keeps the job and stops asking
//! for more data ([`peerpool_swarm::Input::StorageBusy`]).

mod batch;
mod worker;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use peerpool_repository::{PartialError, PartialItem};
use peerpool_swarm::Verdict;
use peerpool_wire::geometry::{Piece, Span};
use tokio::sync::{mpsc, oneshot};

use crate::{buffer::Buffer, event_sender::EventSender};

/// Jobs that wait for one worker.
const QUEUE: usize = 512;
/// Bytes of a download on their way to the disk above which storage is behind, and below which it has caught up. What
/// waits is lost when the process is killed, and more of it makes nothing faster.
const BEHIND: usize = 512 << 10;
const CAUGHT_UP: usize = 256 << 10;

/// The workers. Cheap to clone; they end when the last clone is gone.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    workers: Arc<[mpsc::Sender<Job>]>,
}

/// What the workers tell of a download.
#[derive(Debug)]
pub(crate) enum Event {
    /// Pieces were checked.
    Verified(Vec<(Piece, Verdict)>),
    /// They were behind, and may not be any more.
    CaughtUp,
    /// Writing failed.
    Failed(PartialError),
}

/// A download as the workers see it.
#[derive(Debug)]
pub(crate) struct Target {
    /// Where its bytes go.
    pub(crate) item: Arc<PartialItem>,
    events: EventSender<Event>,
    waiting: AtomicUsize,
    /// The swarm asks for nothing until it is told that storage has caught up.
    held: AtomicBool,
    failed: AtomicBool,
}

impl Target {
    /// A download of which `events` tells.
    pub(crate) fn new(item: Arc<PartialItem>, events: EventSender<Event>) -> Self {
        let (waiting, held, failed) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
        Self { item, events, waiting, held, failed }
    }

    /// Counts bytes that are about to be handed over.
    pub(crate) fn add_waiting(&self, bytes: usize) {
        self.waiting.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Whether the swarm should ask for nothing more now, given whether it was so before. When it is so, the swarm is
    /// told later ([`Event::CaughtUp`]) that it should look again.
    pub(crate) fn is_behind(&self, was_behind: bool) -> bool {
        // Held first: whoever brings the count down afterwards sees it.
        self.held.store(true, Ordering::SeqCst);
        let most = if was_behind { CAUGHT_UP } else { BEHIND };
        let behind = self.waiting.load(Ordering::SeqCst) > most;
        if !behind {
            self.held.store(false, Ordering::SeqCst);
        }
        behind
    }

    /// Whether something could not be written. From then on nothing is, and no verdict is given: a piece that lacks
    /// what was not written would be blamed on whoever sent it.
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Counts bytes that are written; `idle` when the worker has nothing more to do. Tells whether the swarm waits to
    /// hear of it.
    fn done_waiting(&self, bytes: usize, idle: bool) -> bool {
        let waiting = self.waiting.fetch_sub(bytes, Ordering::SeqCst) - bytes;
        (waiting <= CAUGHT_UP || idle) && self.held.swap(false, Ordering::SeqCst)
    }
}

/// Something for a worker to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// Write these bytes.
    Store { target: Arc<Target>, span: Span, data: Buffer },
    /// Tell whether the piece is good.
    Verify { target: Arc<Target>, piece: Piece, leaves: bool },
    /// Forget the pieces begun of this download, and say so.
    Forget { target: Arc<Target>, done: oneshot::Sender<()> },
}

impl Job {
    fn piece(&self) -> Option<Piece> {
        match self {
            Self::Store { span, .. } => Some(span.piece()),
            Self::Verify { piece, .. } => Some(*piece),
            Self::Forget { .. } => None,
        }
    }

    /// Payload bytes in it.
    fn bytes(&self) -> usize {
        match self {
            Self::Store { data, .. } => data.len(),
            Self::Verify { .. } | Self::Forget { .. } => 0,
        }
    }
}

impl Storage {
    /// Starts `threads` workers.
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        let workers = (0..threads.max(1)).map(|number| {
            let (jobs, inbox) = mpsc::channel(QUEUE);
            std::thread::Builder::new()
                .name(format!("storage {number}"))
                .spawn(move || worker::run(inbox))?;
            Ok(jobs)
        });
        Ok(Self { workers: workers.collect::<std::io::Result<_>>()? })
    }

    /// Hands over a job, or gives it back when the worker has too much to do.
    pub(crate) fn try_hand_over(&self, job: Job) -> Result<(), Job> {
        let number = job.piece().map_or(0, |piece| piece.as_usize() % self.workers.len());
        match self.workers.get(number) {
            Some(worker) => worker.try_send(job).map_err(mpsc::error::TrySendError::into_inner),
            None => Err(job),
        }
    }

    /// Jobs that wait, of all workers.
    pub(crate) fn waiting(&self) -> usize {
        self.workers.iter().map(|jobs| jobs.max_capacity() - jobs.capacity()).sum()
    }

    /// Most jobs that wait.
    pub(crate) fn bound(&self) -> usize {
        QUEUE * self.workers.len()
    }

    /// Waits until every job handed over for this download is done, and has the workers forget it.
    pub(crate) async fn forget(&self, target: &Arc<Target>) {
        for worker in self.workers.iter() {
            let (done, forgotten) = oneshot::channel();
            let job = Job::Forget { target: target.clone(), done };
            if worker.send(job).await.is_ok() {
                let _ = forgotten.await;
            }
        }
    }
}
