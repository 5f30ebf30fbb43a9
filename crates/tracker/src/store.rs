//! What a tracker must not lose, and the task that keeps it.

mod memory;
mod sqlite;

use std::sync::Arc;

pub(crate) use memory::Memory;
use peerpool_catalogue::{Change, ItemFacts};
use peerpool_wire::id::InfoHash;
pub(crate) use sqlite::Sqlite;
use tokio::sync::{mpsc, oneshot};

/// Changes written in one transaction.
const BATCH: usize = 1000;
/// Changes and questions that wait for the store.
const QUEUE: usize = 8192;

/// A change that was not kept.
#[derive(Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub(crate) struct StoreError(#[from] pub(crate) sqlx::Error);

/// Where items last. One task owns a store and calls it.
pub(crate) trait Store: Send + 'static {
    /// The facts of every item.
    fn load(&mut self) -> impl Future<Output = Result<Vec<ItemFacts>, StoreError>> + Send;

    /// Keeps all of these changes, or none.
    fn commit(&mut self, changes: &[Change]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// An item's .torrent file.
    fn torrent(
        &mut self,
        info_hash: InfoHash,
    ) -> impl Future<Output = Result<Option<Arc<[u8]>>, StoreError>> + Send;
}

enum Command {
    Keep(Change),
    Torrent { info_hash: InfoHash, answer: oneshot::Sender<Option<Arc<[u8]>>> },
}

/// Reaches the store from any task.
#[derive(Debug, Clone)]
pub(crate) struct StoreHandle {
    commands: mpsc::Sender<Command>,
}

impl StoreHandle {
    /// Starts the store's task. It ends, with everything written, after the last handle is dropped.
    pub(crate) fn start(store: impl Store) -> (Self, tokio::task::JoinHandle<()>) {
        let (commands, inbox) = mpsc::channel(QUEUE);
        (Self { commands }, tokio::spawn(keep(store, inbox)))
    }

    /// Hands a change to the store; waits while the queue is full.
    pub(crate) async fn keep(&self, change: Change) {
        // The store's task only ends after all handles.
        let _ = self.commands.send(Command::Keep(change)).await;
    }

    /// An item's .torrent file, if the store has it and can read it.
    pub(crate) async fn torrent(&self, info_hash: InfoHash) -> Option<Arc<[u8]>> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Torrent { info_hash, answer }).await.ok()?;
        answered.await.ok()?
    }
}

async fn keep(mut store: impl Store, mut inbox: mpsc::Receiver<Command>) {
    let mut commands = Vec::with_capacity(BATCH);
    let mut changes = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut commands, BATCH).await > 0 {
        for command in commands.drain(..) {
            match command {
                Command::Keep(change) => changes.push(change),
                Command::Torrent { info_hash, answer } => {
                    commit(&mut store, &mut changes).await;
                    let torrent = store.torrent(info_hash).await.unwrap_or_else(|error| {
                        tracing::error!(%info_hash, %error, "cannot read an item's metainfo");
                        None
                    });
                    // Whoever asked may have left.
                    let _ = answer.send(torrent);
                }
            }
        }
        commit(&mut store, &mut changes).await;
    }
}

/// A failed write costs the items until their peers register them again, never the tracker.
async fn commit(store: &mut impl Store, changes: &mut Vec<Change>) {
    if changes.is_empty() {
        return;
    }
    if let Err(error) = store.commit(changes).await {
        tracing::error!(%error, changes = changes.len(), "cannot keep changes of the catalogue");
    }
    changes.clear();
}

#[cfg(test)]
mod tests;
