//! The embedded store: one SQLite file in the tracker's data folder.
//!
//! SQLite blocks, so each call runs on a thread for such work, and takes the database with it.

mod audit;
mod database;
mod members;
mod migrations;
mod numbers;
mod passkeys;
mod people;
mod rows;
mod stock;
mod transfers;

use std::{path::Path, sync::Arc};

use peerpool_access::members::Change as MembersChange;
use peerpool_api::AuditEntry;
use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::id::{InfoHash, TrackerId};
use tokio::{sync::mpsc, task::spawn_blocking};

use self::database::Database;
#[cfg(test)]
use super::age::Age;
use super::{Passed, Store, StoreError};
use crate::error::StartError;

#[derive(Debug)]
pub(crate) struct Sqlite {
    /// Away while a call runs.
    database: Option<Box<Database>>,
}

impl Sqlite {
    /// Opens the database, or makes it. No other process can use it meanwhile.
    pub(crate) async fn open(path: &Path) -> Result<Self, StartError> {
        let failed = |error: StoreError| match error.is_locked() {
            true => StartError::DataInUse { path: path.to_owned() },
            false => StartError::Data { path: path.to_owned(), message: error.to_string() },
        };
        let file = path.to_owned();
        let opened = spawn_blocking(move || Database::open(&file)).await.unwrap_or(Err(StoreError::Gone));
        Ok(Self { database: Some(Box::new(opened.map_err(failed)?)) })
    }

    /// The tracker's id; `fresh` becomes it when there was none.
    pub(crate) async fn tracker_id(&mut self, fresh: TrackerId) -> Result<TrackerId, StoreError> {
        self.call(move |database| database.tracker_id(fresh)).await?
    }

    /// Runs a call on a thread of its own. A call that is given up, or that panics, takes the database with it.
    async fn call<T: Send + 'static>(
        &mut self,
        call: impl FnOnce(&mut Database) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut database = self.database.take().ok_or(StoreError::Gone)?;
        let called = spawn_blocking(move || {
            let outcome = call(&mut database);
            (database, outcome)
        });
        let (database, outcome) = called.await.map_err(|_| StoreError::Gone)?;
        self.database = Some(database);
        Ok(outcome)
    }
}

#[cfg(test)]
impl Sqlite {
    /// Does to the database what a test wants.
    pub(super) async fn execute(&mut self, statement: &'static str) {
        self.call(move |database| database.execute(statement)).await.unwrap();
    }

    /// Has the tracker have run for so many seconds.
    pub(super) async fn set_age(&mut self, seconds: i64) {
        self.call(move |database| database.age = Age::after(seconds)).await.unwrap();
    }
}

impl Store for Sqlite {
    async fn load(&mut self, items: mpsc::Sender<Vec<NewItem>>) -> Result<(), StoreError> {
        // Whoever stops listening needs no more of them.
        self.call(move |database| database.load(|batch| items.blocking_send(batch).is_ok())).await?
    }

    async fn commit(&mut self, changes: Arc<Vec<Change>>) -> Result<(), StoreError> {
        self.call(move |database| database.commit(&changes)).await?
    }

    async fn members(&mut self) -> Result<Vec<MembersChange>, StoreError> {
        self.call(|database| members::load(database.connection())).await?
    }

    async fn commit_members(&mut self, changes: Vec<MembersChange>) -> Result<(), StoreError> {
        self.call(move |database| members::commit(database.connection(), &changes)).await?
    }

    async fn audit(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.call(move |database| audit::read(database.connection(), before, limit)).await?
    }

    async fn add_transfers(&mut self, more: Vec<Passed>) -> Result<(), StoreError> {
        self.call(move |database| transfers::write(database.connection(), &more)).await?
    }

    async fn transfers(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<(u64, Passed)>, StoreError> {
        self.call(move |database| transfers::read(database.connection(), before, limit)).await?
    }

    async fn breathe(&mut self) -> Result<(), StoreError> {
        self.call(Database::breathe).await?
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.call(move |database| database.torrent(info_hash)).await?
    }
}
