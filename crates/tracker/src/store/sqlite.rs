//! The embedded store: one SQLite file in the tracker's data folder.
//!
//! Each row carries a digest of itself. A damaged one counts as missing: whoever has the item brings it again.

mod digest;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_catalogue::{Change, ItemFacts, NewItem};
use peerpool_wire::{
    channel::ItemKind,
    id::{InfoHash, Sha1Hash, Sha256Hash, TrackerId},
};
use sqlx::{
    Connection, Row,
    sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode, SqliteRow,
        SqliteSynchronous,
    },
};

use super::{Store, StoreError};
use crate::error::StartError;

/// An item that nobody had for so long, while the tracker ran, is forgotten at the next start.
const FORGET_AFTER: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long to wait for another tracker that is just closing the database.
const LOCK_WAIT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: SqliteConnection,
    pub(super) age: Age,
}

/// How long the tracker has run in all its life. Whether anybody has an item can be seen while it runs alone, and no wrong
/// clock makes it older.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    pub(super) before: i64,
    since: Instant,
}

impl Age {
    fn seconds(self) -> i64 {
        self.before.saturating_add_unsigned(self.since.elapsed().as_secs())
    }
}

impl Sqlite {
    /// Opens the database, or makes it. No other process can use it meanwhile.
    pub(crate) async fn open(path: &Path) -> Result<Self, StartError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .locking_mode(SqliteLockingMode::Exclusive)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(LOCK_WAIT);
        let failed = |error: String| match error {
            locked if locked.contains("locked") => StartError::DataInUse { path: path.to_owned() },
            message => StartError::Data { path: path.to_owned(), message },
        };
        let mut connection =
            SqliteConnection::connect_with(&options).await.map_err(|error| failed(error.to_string()))?;
        sqlx::migrate!().run(&mut connection).await.map_err(|error| failed(error.to_string()))?;
        let before = sqlx::query("SELECT age FROM tracker").fetch_optional(&mut connection).await;
        let before = before.map_err(|error| failed(error.to_string()))?;
        let before = before.and_then(|row| row.try_get("age").ok()).unwrap_or(0);
        Ok(Self { connection, age: Age { before, since: Instant::now() } })
    }

    /// The tracker's id; `fresh` becomes it when there was none.
    pub(crate) async fn tracker_id(&mut self, fresh: TrackerId) -> Result<TrackerId, StoreError> {
        sqlx::query("INSERT OR IGNORE INTO tracker (only_row, id) VALUES (1, ?)")
            .bind(&fresh.as_bytes()[..])
            .execute(&mut self.connection)
            .await?;
        let row = sqlx::query("SELECT id FROM tracker").fetch_one(&mut self.connection).await?;
        TrackerId::from_slice(row.try_get("id")?).ok_or_else(|| malformed("the tracker's id"))
    }
}

#[cfg(test)]
impl Sqlite {
    /// Does to the database what a test wants.
    pub(super) async fn execute(&mut self, statement: &'static str) {
        sqlx::query(statement).execute(&mut self.connection).await.unwrap();
    }
}

impl Store for Sqlite {
    async fn load(&mut self) -> Result<Vec<ItemFacts>, StoreError> {
        sqlx::query("DELETE FROM item WHERE seen < ?")
            .bind(self.age.seconds() - FORGET_AFTER.as_secs() as i64)
            .execute(&mut self.connection)
            .await?;
        let rows = sqlx::query("SELECT * FROM item ORDER BY id").fetch_all(&mut self.connection).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            match sound_facts(row) {
                Some(facts) => items.push(facts),
                None => {
                    let id: i64 = row.try_get("id")?;
                    tracing::warn!(
                        row = id,
                        "an item's row is damaged: whoever has the item brings it again"
                    );
                    sqlx::query("DELETE FROM item WHERE id = ?")
                        .bind(id)
                        .execute(&mut self.connection)
                        .await?;
                }
            }
        }
        Ok(items)
    }

    async fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // A new item counts as seen; an item seen twice is seen once.
        let mut touched = BTreeSet::new();
        let age = self.age.seconds();
        let mut transaction = self.connection.begin().await?;
        for change in changes {
            match change {
                Change::Added(item) => {
                    touched.insert(item.facts.info_hash);
                    add(&mut transaction, item, age).await?;
                }
                Change::Seen(info_hash) if touched.insert(*info_hash) => {
                    seen(&mut transaction, *info_hash, age).await?;
                }
                Change::Seen(_) => {}
                Change::Removed(info_hash) => {
                    touched.remove(info_hash);
                    remove(&mut transaction, *info_hash).await?;
                }
            }
        }
        sqlx::query("UPDATE tracker SET age = ?").bind(age).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    async fn breathe(&mut self) -> Result<(), StoreError> {
        let age = self.age.seconds();
        sqlx::query("UPDATE tracker SET age = ?").bind(age).execute(&mut self.connection).await?;
        Ok(())
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        let row = sqlx::query(
            "SELECT torrent, metainfo.digest FROM metainfo JOIN item ON item = id WHERE v1 = ? OR v2 = ?",
        )
        .bind(v1(info_hash))
        .bind(v2(info_hash))
        .fetch_optional(&mut self.connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let (torrent, digest): (&[u8], Option<&[u8]>) = (row.try_get("torrent")?, row.try_get("digest")?);
        if digest.is_some_and(|digest| digest != digest::of_torrent(torrent)) {
            tracing::warn!(%info_hash, "an item's metainfo is damaged: whoever has the item brings it again");
            return Ok(None);
        }
        Ok(Some(Arc::from(torrent)))
    }
}

async fn add(connection: &mut SqliteConnection, item: &NewItem, age: i64) -> Result<(), StoreError> {
    let facts = &item.facts;
    let row = sqlx::query(
        "INSERT INTO item (v1, v2, name, is_folder, length, piece_length, pieces, files, private, root, v1_form,
                           added, seen, digest)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(v1(facts.info_hash))
    .bind(v2(facts.info_hash))
    .bind(&facts.name)
    .bind(facts.kind == ItemKind::Folder)
    .bind(i64::try_from(facts.length).unwrap_or(i64::MAX))
    .bind(facts.piece_length)
    .bind(facts.pieces)
    .bind(facts.files)
    .bind(facts.private)
    .bind(facts.root.map(|root| root.0.to_vec()))
    .bind(facts.v1_form.map(|hash| hash.0.to_vec()))
    .bind(age)
    .bind(age)
    .bind(&digest::of_facts(facts)[..])
    .fetch_optional(&mut *connection)
    .await?;
    // One that is known already comes again when its metainfo is damaged.
    let row = match row {
        Some(row) => Some(row),
        None => {
            sqlx::query("SELECT id FROM item WHERE v1 IS ? AND v2 IS ?")
                .bind(v1(facts.info_hash))
                .bind(v2(facts.info_hash))
                .fetch_optional(&mut *connection)
                .await?
        }
    };
    let Some(row) = row else { return Ok(()) };
    sqlx::query("INSERT OR REPLACE INTO metainfo (item, torrent, digest) VALUES (?, ?, ?)")
        .bind(row.try_get::<i64, _>("id")?)
        .bind(&item.torrent[..])
        .bind(&digest::of_torrent(&item.torrent)[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Both hashes, as far as it has them, so that another item with one of them stays.
async fn remove(connection: &mut SqliteConnection, info_hash: InfoHash) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM item WHERE v1 IS ? AND v2 IS ?")
        .bind(v1(info_hash))
        .bind(v2(info_hash))
        .execute(connection)
        .await?;
    Ok(())
}

async fn seen(connection: &mut SqliteConnection, info_hash: InfoHash, age: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE item SET seen = ? WHERE v1 = ? OR v2 = ?")
        .bind(age)
        .bind(v1(info_hash))
        .bind(v2(info_hash))
        .execute(connection)
        .await?;
    Ok(())
}

/// What the row says, unless it is damaged.
fn sound_facts(row: &SqliteRow) -> Option<ItemFacts> {
    let facts = facts(row).ok()?;
    let digest: Option<&[u8]> = row.try_get("digest").ok()?;
    digest.is_none_or(|digest| digest == digest::of_facts(&facts)).then_some(facts)
}

fn facts(row: &SqliteRow) -> Result<ItemFacts, StoreError> {
    let v1: Option<&[u8]> = row.try_get("v1")?;
    let v2: Option<&[u8]> = row.try_get("v2")?;
    let root: Option<&[u8]> = row.try_get("root")?;
    let v1_form: Option<&[u8]> = row.try_get("v1_form")?;
    Ok(ItemFacts {
        info_hash: InfoHash::from_parts(
            v1.and_then(Sha1Hash::from_slice),
            v2.and_then(Sha256Hash::from_slice),
        )
        .ok_or_else(|| malformed("an item's info-hash"))?,
        name: row.try_get("name")?,
        kind: if row.try_get("is_folder")? { ItemKind::Folder } else { ItemKind::File },
        length: row.try_get::<i64, _>("length")?.unsigned_abs(),
        piece_length: row.try_get("piece_length")?,
        pieces: row.try_get("pieces")?,
        files: row.try_get("files")?,
        private: row.try_get("private")?,
        root: root.and_then(Sha256Hash::from_slice),
        v1_form: v1_form.and_then(Sha1Hash::from_slice),
    })
}

fn malformed(what: &str) -> StoreError {
    StoreError(sqlx::Error::Decode(format!("{what} in the database is malformed").into()))
}

fn v1(info_hash: InfoHash) -> Option<Vec<u8>> {
    info_hash.v1().map(|hash| hash.0.to_vec())
}

fn v2(info_hash: InfoHash) -> Option<Vec<u8>> {
    info_hash.v2().map(|hash| hash.0.to_vec())
}
