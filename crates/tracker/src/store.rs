//! What a tracker must not lose, and the task that keeps it.

mod age;
mod audit;
mod digest;
mod memory;
mod node;
mod numbers;
mod passed;
mod pending;
mod postgres;
mod sqlite;
mod task;
mod turn;

use std::{error::Error as _, sync::Arc, time::Duration};

pub(crate) use memory::Memory;
pub(crate) use node::{Joined, Node};
pub(crate) use passed::Passed;
use peerpool_access::members::Change as MembersChange;
use peerpool_api::AuditEntry;
use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::{id::InfoHash, link::NodeId};
pub(crate) use postgres::Postgres;
pub use postgres::{Database, DatabaseError};
pub(crate) use sqlite::Sqlite;
pub(crate) use task::StoreHandle;
use tokio::sync::mpsc;
pub(crate) use turn::{Seen, Turn, change_in_turn};
use turn::{Waiter, change_alone};

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database refuses: {}", reason(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[error("no database takes changes now: {0}")]
    Away(String),
    #[error("the database did not answer for {} s", .0.as_secs())]
    Silent(Duration),
    #[error(
        "whether the database kept it is not known, since the connection broke: look before you do it again"
    )]
    Unknown,
    #[error(
        "the database kept a change of which it could not tell: start the tracker again, and it reads it"
    )]
    Ahead,
    #[error("{0} in the database is malformed")]
    Malformed(&'static str),
    #[error("the database is that of a newer release: use that one")]
    Newer,
    #[error("the database has given out all of its numbers")]
    Full,
    #[error(
        "its nodes have other keys than this one: copy those of another node with `peerpool tracker keys export` and \
         `peerpool tracker keys import`"
    )]
    OtherPool,
    #[error("it is of one tracker alone")]
    Alone,
    #[error("a call of the database did not return")]
    Gone,
}

/// What an error of PostgreSQL says, without the library's words around it.
fn reason(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(source)) => source.to_string(),
        (None, None) => error.to_string(),
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Sqlite(error.into())
    }
}

impl StoreError {
    /// Whether the database is away, or answers nothing: it can be asked again in a moment.
    pub(crate) fn is_for_now(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Silent(_) | Self::Postgres(_))
    }

    /// Whether what was to be kept may have been.
    pub(crate) fn is_unsettled(&self) -> bool {
        matches!(self, Self::Unknown | Self::Ahead)
    }

    /// Whether somebody else has the database open.
    fn is_locked(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let Self::Sqlite(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
    }
}

/// Where items last. One task owns a store and calls it.
pub(crate) trait Store: Sized + Send + 'static {
    /// Sends every item, without its .torrent file. Comes before everything else.
    fn load(
        &mut self,
        items: mpsc::Sender<Vec<NewItem>>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps all of these changes, or none. Those that were kept already, though nobody was told, change nothing more.
    fn commit(&mut self, changes: Arc<Vec<Change>>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What was kept of members, as changes that give them again. Comes before everything else, too.
    fn members(&mut self) -> impl Future<Output = Result<Vec<MembersChange>, StoreError>> + Send;

    /// Keeps all of these changes of members, or none.
    fn commit_members(
        &mut self,
        changes: Vec<MembersChange>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives somebody the turn to change members, and keeps what they decide, all or none.
    fn change_members(&mut self, waiter: Waiter) -> impl Future<Output = Result<(), StoreError>> + Send {
        change_alone(self, waiter)
    }

    /// Members as they are kept, where others may have changed them.
    fn see_members(&mut self) -> impl Future<Output = Result<Seen, StoreError>> + Send {
        async { Ok(Seen::default()) }
    }

    /// The newest entries of the audit, of those before `before`, newest first.
    fn audit(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, StoreError>> + Send;

    /// Adds to what passed between members.
    fn add_transfers(&mut self, more: Vec<Passed>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The newest of what passed between members, of that before `before`, newest first, each with its number.
    fn transfers(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(u64, Passed)>, StoreError>> + Send;

    /// Notes that the tracker still runs.
    fn breathe(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// An item's .torrent file.
    fn torrent(
        &mut self,
        info_hash: InfoHash,
    ) -> impl Future<Output = Result<Option<Arc<[u8]>>, StoreError>> + Send;

    /// Notes that a node runs, and lists the others.
    fn other_nodes(&mut self, _own: NodeId) -> impl Future<Output = Result<Vec<Node>, StoreError>> + Send {
        async { Err(StoreError::Alone) }
    }

    /// Whether it can be reached, as far as it knows.
    fn is_reachable(&self) -> bool {
        true
    }
}

#[cfg(all(test, unix))]
#[path = "../tests/support/postgres.rs"]
pub(crate) mod server;
#[cfg(test)]
mod tests;
