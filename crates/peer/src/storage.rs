//! Writes and verifies what arrives, on threads of its own.
//!
//! A piece always goes to the same worker, so that its blocks are written in the order in which they were handed
//! over and its verdict comes after them. Queues are bounded; whoever finds one full keeps the job and stops asking
//! for more data ([`peerpool_swarm::Input::StorageBusy`]).

mod worker;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use peerpool_repository::PartialItem;
use peerpool_wire::geometry::{Piece, Span};
use tokio::sync::{mpsc, oneshot};

use crate::{buffer::Buffer, swarm_task::Incoming};

/// Jobs that wait for one worker.
const QUEUE: usize = 512;

/// The workers. Cheap to clone; they end when the last clone is gone.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    workers: Arc<[mpsc::Sender<Job>]>,
}

/// A download as the workers see it.
#[derive(Debug)]
pub(crate) struct Target {
    /// Where its bytes go.
    pub(crate) item: Arc<PartialItem>,
    /// Who is told the verdicts.
    swarm: mpsc::Sender<Incoming>,
    waiting: AtomicUsize,
    failed: AtomicBool,
}

impl Target {
    /// A download whose verdicts are told to `swarm`.
    pub(crate) fn new(item: Arc<PartialItem>, swarm: mpsc::Sender<Incoming>) -> Self {
        Self { item, swarm, waiting: AtomicUsize::new(0), failed: AtomicBool::new(false) }
    }

    /// Bytes handed over and not yet written.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Counts bytes that are about to be handed over.
    pub(crate) fn add_waiting(&self, bytes: usize) {
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether something could not be written. From then on nothing is, and no verdict is given: a piece that lacks
    /// what was not written would be blamed on whoever sent it.
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn done_waiting(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
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
