//! The store on PostgreSQL: one connection to the server that takes changes. When that breaks, all addresses are asked again,
//! and the one that takes changes then is used.

mod address;
mod audit;
mod batch;
mod connection;
mod items;
mod members;
mod migrations;
mod nodes;
mod passkeys;
mod people;
mod stock;
mod tls;
mod transfers;
mod turns;

use std::{sync::Arc, time::Duration};

pub use address::{Database, DatabaseError};
use peerpool_access::{key::PublicKey, members::Change as MembersChange};
use peerpool_api::AuditEntry;
use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::{
    id::{InfoHash, TrackerId},
    link::{NodeId, PoolSecret},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use self::{
    address::Address,
    connection::{Connection, Refused, in_time},
    turns::Begun,
};
use super::{
    Joined, Node, Passed, Seen, Store, StoreError,
    age::Age,
    turn::{Waiter, change_alone, give},
};
use crate::error::StartError;

/// Pause between two rounds of asking all addresses.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a start that waits for a database says so.
const SAY_AGAIN: Duration = Duration::from_secs(30);
/// How long a start waits for the lock of a tracker that is gone.
const LOCK_WAIT: Duration = Duration::from_secs(15);
/// How long to find out whether a change was kept, after the connection broke.
const UNKNOWN_WAIT: Duration = Duration::from_secs(30);

pub(crate) struct Postgres {
    /// The one that was used last is the first.
    addresses: Vec<Address>,
    /// What this process calls itself at the database.
    name: String,
    /// Where others reach the tracker, if it is one node of several.
    node: Option<String>,
    connection: Option<Connection>,
    /// Whose items they are: a database of another tracker is not the one.
    id: TrackerId,
    age: Age,
    /// When all addresses were asked in vain, and what they said.
    in_vain: Option<(Instant, String)>,
    /// How many transactions about members were kept, of which it knows what they have left.
    members_written: i64,
    /// Whether one more may have been, of this tracker alone.
    is_unknown: bool,
}

/// What fits no count: all is to be read again.
const UNREAD: i64 = -1;

/// Why it is not told that members were written.
enum Unwritten {
    /// They were not.
    No(StoreError),
    /// They were if so many transactions are kept: of all, or of this node.
    Unknown { expected: i64 },
}

impl From<StoreError> for Unwritten {
    fn from(error: StoreError) -> Self {
        Self::No(error)
    }
}

impl Postgres {
    /// Connects, and waits for as long as no server answers. `fresh` becomes the tracker's id if there is none. A `node`, with
    /// where others reach it, shares the database with other nodes; without it the tracker keeps others out.
    pub(crate) async fn open(
        database: Database,
        fresh: TrackerId,
        node: Option<String>,
    ) -> Result<Self, StartError> {
        let shown = database.to_string();
        let failed =
            |error: StoreError| StartError::Database { database: shown.clone(), message: error.to_string() };
        let mut store = Self {
            addresses: database.into_addresses(),
            name: format!("peerpool {:016x}", rand::random::<u64>()),
            node,
            connection: None,
            id: fresh,
            age: Age::after(0),
            in_vain: None,
            members_written: 0,
            is_unknown: false,
        };
        let mut connection = store.wait_for_one(&shown).await?;
        in_time(migrations::run(&mut connection.client)).await.map_err(failed)?;
        (store.id, store.age) = in_time(items::tracker(&connection.client, fresh)).await.map_err(failed)?;
        store.members_written = in_time(members::written(&connection.client)).await.map_err(failed)?;
        store.connection = Some(connection);
        Ok(store)
    }

    /// The tracker's id.
    pub(crate) fn id(&self) -> TrackerId {
        self.id
    }

    /// Whether the connection is.
    #[cfg(test)]
    pub(crate) async fn is_encrypted(&mut self) -> bool {
        let asking = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let Ok(connection) = self.connect().await else { return false };
        connection.client.query_one(asking, &[]).await.is_ok_and(|row| row.get(0))
    }

    /// Makes the tracker, which others reach at this address, a node of the pool that shares the database. `fresh` becomes
    /// the pool's secret if there is none; `root` is the pool's root key, if it is for members.
    pub(crate) async fn join(
        &mut self,
        address: &str,
        fresh: PoolSecret,
        root: Option<PublicKey>,
    ) -> Result<Joined, StoreError> {
        let connection = self.connect().await?;
        let joined = in_time(nodes::join(&connection.client, address, fresh, root)).await;
        self.settle(connection, joined)
    }

    async fn wait_for_one(&mut self, shown: &str) -> Result<Connection, StartError> {
        let begun = Instant::now();
        let mut said: Option<Instant> = None;
        loop {
            let refusals = match self.ask_all().await {
                Ok(connection) => return Ok(connection),
                Err(refusals) => refusals,
            };
            let message = describe(&self.addresses, &refusals);
            let locked = |refused: &Refused| matches!(refused, Refused::Locked | Refused::LockedForNode);
            if refusals.iter().any(locked) && begun.elapsed() >= LOCK_WAIT {
                let database = shown.to_owned();
                return Err(match self.node.clone() {
                    Some(address) => StartError::NodeInUse { database, address },
                    None => StartError::DatabaseInUse { database },
                });
            }
            if refusals.iter().all(Refused::is_final) {
                return Err(StartError::Database { database: shown.to_owned(), message });
            }
            if said.is_none_or(|said| said.elapsed() >= SAY_AGAIN) {
                said = Some(Instant::now());
                tracing::warn!("waiting for a database that takes changes: {message}");
            }
            sleep(PAUSE).await;
        }
    }

    /// Asks every address in turn for the server that takes changes.
    async fn ask_all(&mut self) -> Result<Connection, Vec<Refused>> {
        let mut refusals = Vec::new();
        for at in 0..self.addresses.len() {
            match Connection::open(&self.addresses[at], &self.name, self.node.as_deref()).await {
                Ok(connection) => {
                    tracing::info!(database = %self.addresses[at], "connected to the database");
                    self.addresses[..=at].rotate_right(1);
                    return Ok(connection);
                }
                Err(refused) => refusals.push(refused),
            }
        }
        Err(refusals)
    }

    /// Takes the connection out, or makes a new one. While none can be had, this fails at once for a second after each try.
    async fn connect(&mut self) -> Result<Connection, StoreError> {
        match self.connection.take().filter(|known| !known.client.is_closed()) {
            Some(connection) => Ok(connection),
            None => self.reconnect().await,
        }
    }

    async fn reconnect(&mut self) -> Result<Connection, StoreError> {
        if let Some((asked, said)) = &self.in_vain
            && asked.elapsed() < PAUSE
        {
            return Err(StoreError::Away(said.clone()));
        }
        let asked = match self.ask_all().await {
            Ok(connection) => match in_time(items::tracker(&connection.client, self.id)).await {
                Ok((id, _)) if id == self.id => Ok(connection),
                Ok(_) => Err(format!("{} is the database of another tracker", self.addresses[0])),
                Err(error) => Err(format!("{}: {error}", self.addresses[0])),
            },
            Err(refusals) => Err(describe(&self.addresses, &refusals)),
        };
        self.in_vain = asked.as_ref().err().map(|said| (Instant::now(), said.clone()));
        asked.map_err(StoreError::Away)
    }

    /// Passes an outcome on, and keeps the connection for what comes next. After a failure there will be a new one: the server
    /// may take no changes any more.
    fn settle<T>(&mut self, connection: Connection, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.connection = outcome.is_ok().then_some(connection);
        outcome
    }

    /// Writes changes of members of a tracker alone.
    async fn write_members(&mut self, changes: &[MembersChange]) -> Result<(), Unwritten> {
        let expected = self.members_written + 1;
        let mut connection = self.connect().await?;
        let transaction = in_time(members::write(&mut connection.client, changes)).await?;
        // Whatever the server says before the connection ends, it may have written it already.
        in_time(transaction.commit()).await.map_err(|_| Unwritten::Unknown { expected })?;
        self.members_written = expected;
        self.connection = Some(connection);
        Ok(())
    }

    /// Gives somebody the turn of this node, and writes what they decide.
    async fn write_in_turn(&mut self, node: &str, waiter: Waiter) -> Result<(), Unwritten> {
        let mut connection = self.connect().await?;
        let begun = turns::begin(&mut connection.client, node, self.members_written);
        let Begun { transaction, written, own, seen } = in_time(begun).await?;
        let decided = give(waiter, seen).await;
        // They know now what the others have left, whatever becomes of their own.
        self.members_written = written;
        match decided {
            Some(changes) => {
                in_time(turns::write(&transaction, node, &changes)).await?;
                let expected = own + 1;
                in_time(transaction.commit()).await.map_err(|_| Unwritten::Unknown { expected })?;
                self.members_written = written + 1;
            }
            None => in_time(transaction.rollback()).await?,
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Whether so many transactions about members were kept, and are as safe as the others: all, or those of this node.
    async fn was_written(&mut self, expected: i64) -> Result<bool, StoreError> {
        let node = self.node.clone();
        let connection = self.connect().await?;
        let written = match node {
            None => in_time(members::confirm(&connection.client)).await,
            Some(node) => in_time(turns::confirm(&connection.client, &node)).await,
        };
        Ok(self.settle(connection, written)? == expected)
    }

    /// The same after a connection broke; it is waited for, but not for ever.
    async fn find_out(&mut self, expected: i64) -> Result<(), StoreError> {
        let deadline = Instant::now() + UNKNOWN_WAIT;
        loop {
            match self.was_written(expected).await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    return Err(StoreError::Away("the connection broke before it was kept".to_owned()));
                }
                Err(_) if Instant::now() < deadline => sleep(PAUSE).await,
                Err(_) => return Err(StoreError::Unknown),
            }
        }
    }
}

impl Store for Postgres {
    async fn load(&mut self, items: mpsc::Sender<Vec<NewItem>>) -> Result<(), StoreError> {
        let age = self.age;
        let mut connection = self.connect().await?;
        let loaded = items::load(&mut connection.client, age, &items).await;
        self.settle(connection, loaded)
    }

    async fn commit(&mut self, changes: Arc<Vec<Change>>) -> Result<(), StoreError> {
        let age = self.age.seconds();
        let mut connection = self.connect().await?;
        let committed = in_time(items::commit(&mut connection.client, &changes, age)).await;
        self.settle(connection, committed)
    }

    async fn members(&mut self) -> Result<Vec<MembersChange>, StoreError> {
        if self.node.is_some() {
            self.members_written = UNREAD;
            return Ok(self.see_members().await?.others.unwrap_or_default());
        }
        let connection = self.connect().await?;
        let members = in_time(members::load(&connection.client)).await;
        self.settle(connection, members)
    }

    async fn commit_members(&mut self, changes: Vec<MembersChange>) -> Result<(), StoreError> {
        if self.is_unknown {
            if self.was_written(self.members_written + 1).await? {
                return Err(StoreError::Ahead);
            }
            self.is_unknown = false;
        }
        match self.write_members(&changes).await {
            Ok(()) => Ok(()),
            Err(Unwritten::No(error)) => Err(error),
            Err(Unwritten::Unknown { expected }) => {
                let found = self.find_out(expected).await;
                self.is_unknown = matches!(found, Err(StoreError::Unknown));
                found?;
                self.members_written = expected;
                Ok(())
            }
        }
    }

    async fn change_members(&mut self, waiter: Waiter) -> Result<(), StoreError> {
        let Some(node) = self.node.clone() else { return change_alone(self, waiter).await };
        match self.write_in_turn(&node, waiter).await {
            Ok(()) => Ok(()),
            Err(Unwritten::No(error)) => Err(error),
            Err(Unwritten::Unknown { expected }) => {
                // Others may have had their turn since.
                self.members_written = UNREAD;
                self.find_out(expected).await
            }
        }
    }

    async fn see_members(&mut self) -> Result<Seen, StoreError> {
        let known = self.members_written;
        let mut connection = self.connect().await?;
        let seen = in_time(turns::see(&mut connection.client, known)).await;
        let (written, seen) = self.settle(connection, seen)?;
        self.members_written = written;
        Ok(seen)
    }

    async fn audit(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let connection = self.connect().await?;
        let entries = in_time(audit::read(&connection.client, before, limit)).await;
        self.settle(connection, entries)
    }

    async fn add_transfers(&mut self, more: Vec<Passed>) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        let added = in_time(transfers::write(&mut connection.client, &more)).await;
        self.settle(connection, added)
    }

    async fn transfers(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<(u64, Passed)>, StoreError> {
        let connection = self.connect().await?;
        let kept = in_time(transfers::read(&connection.client, before, limit)).await;
        self.settle(connection, kept)
    }

    async fn breathe(&mut self) -> Result<(), StoreError> {
        let age = self.age.seconds();
        let connection = self.connect().await?;
        let breathed = in_time(items::breathe(&connection.client, age)).await;
        self.settle(connection, breathed)
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        let connection = self.connect().await?;
        let torrent = in_time(items::torrent(&connection.client, info_hash)).await;
        self.settle(connection, torrent)
    }

    async fn other_nodes(&mut self, own: NodeId) -> Result<Vec<Node>, StoreError> {
        let mut connection = self.connect().await?;
        let others = in_time(nodes::others(&mut connection.client, own)).await;
        self.settle(connection, others)
    }

    fn is_reachable(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| !connection.client.is_closed())
    }
}

/// What each address said.
fn describe(addresses: &[Address], refusals: &[Refused]) -> String {
    let each = addresses.iter().zip(refusals).map(|(address, refused)| format!("{address}: {refused}"));
    each.collect::<Vec<_>>().join("; ")
}
