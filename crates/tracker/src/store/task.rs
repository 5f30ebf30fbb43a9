//! The task that owns a store, and the handle by which others reach it.
//!
//! The task takes up what is to be kept while the store works: however long a database takes, whoever hands over a change goes
//! on. A write that fails is tried again until it succeeds.

use std::{collections::VecDeque, future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use peerpool_access::members::Change as MembersChange;
use peerpool_api::AuditEntry;
use peerpool_catalogue::Change;
use peerpool_wire::{id::InfoHash, link::NodeId};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{Node, Passed, Seen, Store, StoreError, Turn, pending::Pending, turn::Waiter};
use crate::metrics::{Level, Metrics};

/// Changes written in one transaction.
const BATCH: usize = 4096;
/// Changes and questions that wait for the task.
const QUEUE: usize = 8192;
/// Questions that wait for the store.
const QUESTIONS: usize = 1024;
/// Pauses between two tries of a write.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often a store that has nothing to do notes that time passes.
const BREATH: Duration = Duration::from_secs(600);

enum Command {
    Keep(Change),
    Ask(Question),
}

enum Question {
    ChangeMembers {
        waiter: Waiter,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    SeeMembers {
        answer: oneshot::Sender<Result<Seen, StoreError>>,
    },
    Audit {
        before: Option<u64>,
        limit: u32,
        answer: oneshot::Sender<Result<Vec<AuditEntry>, StoreError>>,
    },
    AddTransfers(Vec<Passed>),
    Transfers {
        before: Option<u64>,
        limit: u32,
        answer: oneshot::Sender<Result<Vec<(u64, Passed)>, StoreError>>,
    },
    OtherNodes {
        own: NodeId,
        answer: oneshot::Sender<Result<Vec<Node>, StoreError>>,
    },
    Torrent {
        info_hash: InfoHash,
        answer: oneshot::Sender<Option<Arc<[u8]>>>,
    },
}

/// Reaches the store from any task.
#[derive(Debug, Clone)]
pub(crate) struct StoreHandle {
    commands: mpsc::Sender<Command>,
}

impl StoreHandle {
    /// Starts the store's task. It ends, with everything written that can be, after the last handle is dropped. Items that it
    /// could not keep come out of the receiver.
    pub(crate) fn start(
        store: impl Store,
        metrics: Arc<Metrics>,
    ) -> (Self, mpsc::Receiver<InfoHash>, tokio::task::JoinHandle<()>) {
        let (commands, inbox) = mpsc::channel(QUEUE);
        let (lost, to_tell) = mpsc::channel(QUEUE);
        metrics.store.connected.set(1);
        let task = StoreTask {
            store: Some(store),
            work: None,
            pending: Pending::default(),
            questions: VecDeque::new(),
            was_asked: false,
            breathes: false,
            lost,
            metrics,
            pause: None,
            next_try: Instant::now(),
        };
        (Self { commands }, to_tell, tokio::spawn(task.run(inbox)))
    }

    /// Hands a change to the store; waits while the queue is full.
    pub(crate) async fn keep(&self, change: Change) {
        // The store's task only ends after all handles.
        let _ = self.commands.send(Command::Keep(change)).await;
    }

    /// Has members changed while nobody else changes them: `decide` gets what others have made of them, and says what is to be
    /// kept, if anything is. Returns when that would outlive the process; it is not asked where nothing can be kept.
    pub(crate) async fn change_members(
        &self,
        decide: impl FnOnce(Seen) -> Option<Vec<MembersChange>>,
    ) -> Result<(), StoreError> {
        let (waiter, turn) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let question = Question::ChangeMembers { waiter, answer };
        self.commands.send(Command::Ask(question)).await.map_err(|_| StoreError::Gone)?;
        if let Ok(Turn { seen, decided }) = turn.await
            && let Some(changes) = decide(seen)
        {
            // Whether it is kept is answered.
            let _ = decided.send(changes);
        }
        answered.await.map_err(|_| StoreError::Gone)?
    }

    /// Members as they are kept, where others may have changed them.
    pub(crate) async fn see_members(&self) -> Result<Seen, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.commands
            .send(Command::Ask(Question::SeeMembers { answer }))
            .await
            .map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }

    /// The newest entries of the audit, of those before `before`, newest first.
    pub(crate) async fn audit(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let question = Question::Audit { before, limit, answer };
        self.commands.send(Command::Ask(question)).await.map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }

    /// Keeps what passed between members; waits while the queue is full.
    pub(crate) async fn keep_transfers(&self, more: Vec<Passed>) {
        if !more.is_empty() {
            // The store's task only ends after all handles.
            let _ = self.commands.send(Command::Ask(Question::AddTransfers(more))).await;
        }
    }

    /// The newest of what passed between members, of that before `before`, newest first, each with its number.
    pub(crate) async fn transfers(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Passed)>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let question = Question::Transfers { before, limit, answer };
        self.commands.send(Command::Ask(question)).await.map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }

    /// Notes that a node runs, and lists the others.
    pub(crate) async fn other_nodes(&self, own: NodeId) -> Result<Vec<Node>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let question = Question::OtherNodes { own, answer };
        self.commands.send(Command::Ask(question)).await.map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }

    /// How many changes and questions wait.
    pub(crate) fn queue(&self) -> Level {
        let bound = self.commands.max_capacity();
        Level { used: bound - self.commands.capacity(), bound }
    }

    /// An item's .torrent file, if the store has it and can read it.
    pub(crate) async fn torrent(&self, info_hash: InfoHash) -> Option<Arc<[u8]>> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Ask(Question::Torrent { info_hash, answer })).await.ok()?;
        answered.await.ok()?
    }
}

/// What the store is doing; it comes back with the outcome.
type Work<S> = Pin<Box<dyn Future<Output = (S, Done)> + Send>>;

enum Done {
    Answered,
    Committed { outcome: Result<(), StoreError>, took: Duration },
}

/// Owns the store.
struct StoreTask<S> {
    /// Away while it works.
    store: Option<S>,
    work: Option<Work<S>>,
    pending: Pending,
    questions: VecDeque<Question>,
    /// Whether it answered last, so that a write comes next.
    was_asked: bool,
    /// Whether it is to note that time passes.
    breathes: bool,
    lost: mpsc::Sender<InfoHash>,
    metrics: Arc<Metrics>,
    /// How long to wait before the next try, after one that failed.
    pause: Option<Duration>,
    next_try: Instant,
}

impl<S: Store> StoreTask<S> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut commands = Vec::with_capacity(BATCH);
        let mut is_open = true;
        loop {
            if let Some(store) = self.store.take() {
                self.begin(store);
            }
            let is_idle = self.work.is_none();
            // What is left then could not be written.
            if !is_open && is_idle {
                return;
            }
            let waits = is_idle && !self.pending.is_empty();
            tokio::select! {
                (store, done) = finished(&mut self.work), if !is_idle => {
                    self.work = None;
                    self.metrics.store.connected.set(usize::from(store.is_reachable()));
                    self.store = Some(store);
                    self.take(done);
                }
                taken = inbox.recv_many(&mut commands, BATCH), if is_open => {
                    commands.drain(..).for_each(|command| self.take_up(command));
                    self.give_up();
                    if taken == 0 {
                        is_open = false;
                        self.next_try = Instant::now();
                    }
                }
                () = tokio::time::sleep_until(self.next_try), if waits => {}
                () = tokio::time::sleep(BREATH), if is_idle => self.breathes = true,
            }
        }
    }

    /// Has the store do what comes next, if there is anything to do.
    fn begin(&mut self, mut store: S) {
        let writes = !self.pending.is_empty() && Instant::now() >= self.next_try;
        let question = if writes && self.was_asked { None } else { self.questions.pop_front() };
        self.was_asked = question.is_some();
        if let Some(question) = question {
            self.work = Some(Box::pin(async move {
                answer(&mut store, question).await;
                (store, Done::Answered)
            }));
        } else if writes {
            // After a failure one change is tried first, and then the next: one that cannot be kept does not keep the others
            // out.
            let changes = self.pending.begin(if self.pause.is_some() { 1 } else { BATCH });
            self.work = Some(Box::pin(async move {
                let begun = Instant::now();
                let outcome = store.commit(changes).await;
                (store, Done::Committed { outcome, took: begun.elapsed() })
            }));
        } else if std::mem::take(&mut self.breathes) {
            self.work = Some(Box::pin(async move {
                if let Err(error) = store.breathe().await {
                    tracing::debug!(%error, "cannot note how long the tracker has run");
                }
                (store, Done::Answered)
            }));
        } else {
            self.store = Some(store);
        }
    }

    fn take_up(&mut self, command: Command) {
        match command {
            Command::Keep(change) => self.pending.add(change),
            Command::Ask(Question::Torrent { info_hash, answer }) => match self.pending.torrent(info_hash) {
                // Whoever asked may have left.
                Some(torrent) => drop(answer.send(Some(torrent))),
                None if self.questions.len() >= QUESTIONS => drop(answer.send(None)),
                None => self.questions.push_back(Question::Torrent { info_hash, answer }),
            },
            Command::Ask(Question::AddTransfers(_)) if self.questions.len() >= QUESTIONS => {
                tracing::warn!("transfers of members are not recorded: the store is too slow, or away");
            }
            Command::Ask(question) => self.questions.push_back(question),
        }
    }

    fn give_up(&mut self) {
        for item in self.pending.give_up() {
            tracing::warn!(%item, "no room to keep an item: its peers will be asked for it again");
            // A catalogue that cannot be told finds out when somebody asks for the item.
            let _ = self.lost.try_send(item);
        }
    }

    fn take(&mut self, done: Done) {
        let Done::Committed { outcome, took } = done else { return };
        self.metrics.store.commit_seconds.record(took);
        match outcome {
            Ok(()) => {
                self.metrics.store.committed.increment(1);
                self.pending.succeeded();
                self.next_try = Instant::now();
                if self.pause.take().is_some() {
                    tracing::info!("changes of the catalogue are kept again");
                }
            }
            Err(error) => {
                self.metrics.store.failed.increment(1);
                self.pending.failed();
                if self.pause.is_none() {
                    let changes = self.pending.len();
                    tracing::error!(%error, changes, "cannot keep changes of the catalogue: trying again");
                }
                let pause = self.pause.map_or(FIRST_PAUSE, |pause| (2 * pause).min(LONGEST_PAUSE));
                self.pause = Some(pause);
                self.next_try = Instant::now() + pause;
            }
        }
    }
}

/// Answers a question. Whoever asked may have left.
async fn answer(store: &mut impl Store, question: Question) {
    match question {
        Question::ChangeMembers { waiter, answer } => {
            let _ = answer.send(store.change_members(waiter).await);
        }
        Question::SeeMembers { answer } => {
            let _ = answer.send(store.see_members().await);
        }
        Question::Audit { before, limit, answer } => {
            let _ = answer.send(store.audit(before, limit).await);
        }
        Question::AddTransfers(more) => {
            if let Err(error) = store.add_transfers(more).await {
                tracing::error!(%error, "transfers of members were not recorded");
            }
        }
        Question::Transfers { before, limit, answer } => {
            let _ = answer.send(store.transfers(before, limit).await);
        }
        Question::OtherNodes { own, answer } => {
            let _ = answer.send(store.other_nodes(own).await);
        }
        Question::Torrent { info_hash, answer } => {
            let _ = answer.send(store.torrent(info_hash).await.unwrap_or_else(|error| {
                tracing::error!(%info_hash, %error, "cannot read an item's metainfo");
                None
            }));
        }
    }
}

/// The outcome of the work; never, while there is none.
async fn finished<S>(work: &mut Option<Work<S>>) -> (S, Done) {
    poll_fn(|context| match work {
        Some(work) => work.as_mut().poll(context),
        None => std::task::Poll::Pending,
    })
    .await
}
