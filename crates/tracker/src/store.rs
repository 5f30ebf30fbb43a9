//! What a tracker must not lose, and the task that keeps it.

mod memory;
mod pending;
mod sqlite;

use std::{sync::Arc, time::Duration};

pub(crate) use memory::Memory;
use peerpool_access::members::Change as MembersChange;
use peerpool_api::AuditEntry;
use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::id::InfoHash;
pub(crate) use sqlite::Sqlite;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use self::pending::Pending;
use crate::metrics::{Level, Metrics};

/// Changes written in one transaction.
const BATCH: usize = 4096;
/// Changes and questions that wait for the store.
const QUEUE: usize = 8192;
/// Pauses between two tries of a write.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often a store that has nothing to do notes that time passes.
const BREATH: Duration = Duration::from_secs(600);

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0} in the database is malformed")]
    Malformed(&'static str),
    #[error("the database is that of a newer release: use that one")]
    Newer,
    #[error("the database has given out all of its numbers")]
    Full,
    #[error("a call of the database did not return")]
    Gone,
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Sqlite(error.into())
    }
}

impl StoreError {
    /// Whether somebody else has the database open.
    fn is_locked(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let Self::Sqlite(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
    }
}

/// Changes that were not kept, none of them.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct NotKept {
    error: StoreError,
    changes: Vec<Change>,
}

/// Where items last. One task owns a store and calls it.
pub(crate) trait Store: Send + 'static {
    /// Sends every item, without its .torrent file. Comes before everything else.
    fn load(
        &mut self,
        items: mpsc::Sender<Vec<NewItem>>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps all of these changes, or none.
    fn commit(&mut self, changes: Vec<Change>) -> impl Future<Output = Result<(), NotKept>> + Send;

    /// What was kept of members, as changes that give them again. Comes before everything else, too.
    fn members(&mut self) -> impl Future<Output = Result<Vec<MembersChange>, StoreError>> + Send;

    /// Keeps all of these changes of members, or none.
    fn commit_members(
        &mut self,
        changes: Vec<MembersChange>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The newest entries of the audit, of those before `before`, newest first.
    fn audit(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, StoreError>> + Send;

    /// Notes that the tracker still runs.
    fn breathe(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// An item's .torrent file.
    fn torrent(
        &mut self,
        info_hash: InfoHash,
    ) -> impl Future<Output = Result<Option<Arc<[u8]>>, StoreError>> + Send;
}

enum Command {
    Keep(Change),
    KeepMembers { changes: Vec<MembersChange>, answer: oneshot::Sender<Result<(), StoreError>> },
    Audit { before: Option<u64>, limit: u32, answer: oneshot::Sender<Result<Vec<AuditEntry>, StoreError>> },
    Torrent { info_hash: InfoHash, answer: oneshot::Sender<Option<Arc<[u8]>>> },
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
        let task = StoreTask { store, pending: Pending::default(), lost, metrics, pause: None };
        (Self { commands }, to_tell, tokio::spawn(task.run(inbox)))
    }

    /// Hands a change to the store; waits while the queue is full.
    pub(crate) async fn keep(&self, change: Change) {
        // The store's task only ends after all handles.
        let _ = self.commands.send(Command::Keep(change)).await;
    }

    /// Keeps changes of members, all or none, and returns when they would outlive the process.
    pub(crate) async fn keep_members(&self, changes: Vec<MembersChange>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.commands.send(Command::KeepMembers { changes, answer }).await;
        sent.map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }

    /// The newest entries of the audit, of those before `before`, newest first.
    pub(crate) async fn audit(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.commands.send(Command::Audit { before, limit, answer }).await;
        sent.map_err(|_| StoreError::Gone)?;
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
        self.commands.send(Command::Torrent { info_hash, answer }).await.ok()?;
        answered.await.ok()?
    }
}

/// Owns the store. A write that fails is tried again until it succeeds: a disk is full for a moment, and the tracker goes on.
struct StoreTask<S> {
    store: S,
    pending: Pending,
    lost: mpsc::Sender<InfoHash>,
    metrics: Arc<Metrics>,
    /// How long to wait before the next try, after one that failed.
    pause: Option<Duration>,
}

impl<S: Store> StoreTask<S> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut commands = Vec::with_capacity(BATCH);
        let mut next_try = Instant::now();
        loop {
            let is_due = self.pause.is_some() && !self.pending.is_empty();
            let taken = tokio::select! {
                taken = inbox.recv_many(&mut commands, BATCH) => taken,
                () = tokio::time::sleep_until(next_try), if is_due => {
                    next_try = self.commit().await;
                    continue;
                }
                () = tokio::time::sleep(BREATH) => {
                    self.breathe().await;
                    continue;
                }
            };
            for command in commands.drain(..) {
                match command {
                    Command::Keep(change) => self.pending.add(change),
                    Command::KeepMembers { changes, answer } => {
                        let _ = answer.send(self.store.commit_members(changes).await);
                    }
                    Command::Audit { before, limit, answer } => {
                        let _ = answer.send(self.store.audit(before, limit).await);
                    }
                    Command::Torrent { info_hash, answer } => {
                        // Whoever asked may have left.
                        let _ = answer.send(self.torrent(info_hash).await);
                    }
                }
            }
            for item in self.pending.give_up() {
                tracing::warn!(%item, "no room to keep an item: its peers will be asked for it again");
                // A catalogue that cannot be told finds out when somebody asks for the item.
                let _ = self.lost.try_send(item);
            }
            if taken == 0 {
                self.commit().await;
                return;
            }
            if self.pause.is_none() {
                next_try = self.commit().await;
            }
        }
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Option<Arc<[u8]>> {
        if let Some(torrent) = self.pending.torrent(info_hash) {
            return Some(torrent);
        }
        self.store.torrent(info_hash).await.unwrap_or_else(|error| {
            tracing::error!(%info_hash, %error, "cannot read an item's metainfo");
            None
        })
    }

    async fn breathe(&mut self) {
        if let Err(error) = self.store.breathe().await {
            tracing::debug!(%error, "cannot note how long the tracker has run");
        }
    }

    /// Writes what is pending; when to try again if that fails. After a failure one change is tried first, and then the
    /// next: one that cannot be kept does not keep the others out.
    async fn commit(&mut self) -> Instant {
        while !self.pending.is_empty() {
            let batch = if self.pause.is_some() { 1 } else { BATCH };
            let begun = Instant::now();
            let committed = self.store.commit(self.pending.take(batch)).await;
            self.metrics.store.commit_seconds.record(begun.elapsed());
            match committed {
                Ok(()) => {
                    self.metrics.store.committed.increment(1);
                    if self.pause.take().is_some() {
                        tracing::info!("changes of the catalogue are kept again");
                    }
                }
                Err(NotKept { error, changes }) => {
                    self.metrics.store.failed.increment(1);
                    self.pending.put_back(changes);
                    if self.pause.is_none() {
                        let changes = self.pending.len();
                        tracing::error!(%error, changes, "cannot keep changes of the catalogue: trying again");
                    }
                    let pause = self.pause.map_or(FIRST_PAUSE, |pause| (2 * pause).min(LONGEST_PAUSE));
                    self.pause = Some(pause);
                    return Instant::now() + pause;
                }
            }
        }
        Instant::now()
    }
}

#[cfg(test)]
mod tests;
