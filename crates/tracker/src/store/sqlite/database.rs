//! The database, as one thread at a time uses it.
//!
//! Items stand in the order in which they came, under a number that is never given again, so that new ones are written
//! side by side. Each row carries a digest of itself. A damaged one counts as missing: whoever has the item brings it
//! again.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::id::{InfoHash, TrackerId};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::{
    super::{StoreError, age::Age, digest},
    migrations,
    numbers::{Number, Numbers},
    rows,
};

/// How long to wait for another tracker that is just closing the database.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// Pages (4 KiB) of the log after which they are moved to their places.
const CHECKPOINT: u32 = 4000;
/// Items handed over at once at a start.
const BATCH: usize = 1000;

#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    numbers: Numbers,
    /// What the next item gets.
    next: Number,
    pub(super) age: Age,
}

impl Database {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(LOCK_WAIT)?;
        // The lock comes first: what follows takes it, and nothing gives it back.
        connection.pragma_update(None, "locking_mode", "exclusive")?;
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        migrations::run(&mut connection)?;
        let before = connection.query_row("SELECT age FROM tracker", [], |row| row.get(0)).optional()?;
        let last: Option<Number> = connection.query_row("SELECT max(id) FROM item", [], |row| row.get(0))?;
        Ok(Self {
            connection,
            numbers: Numbers::default(),
            next: last.map_or(1, |last| last.saturating_add(1)),
            age: Age::after(before.unwrap_or(0)),
        })
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(super) fn tracker_id(&mut self, fresh: TrackerId) -> Result<TrackerId, StoreError> {
        self.connection.execute(
            "INSERT OR IGNORE INTO tracker (only_row, id) VALUES (1, ?)",
            params![&fresh.as_bytes()[..]],
        )?;
        let id: Vec<u8> = self.connection.query_row("SELECT id FROM tracker", [], |row| row.get(0))?;
        TrackerId::from_slice(&id).ok_or(StoreError::Malformed("the tracker's id"))
    }

    /// Hands over every item, in batches, for as long as `take` wants more. Must come before anything that names an item.
    pub(super) fn load(&mut self, mut take: impl FnMut(Vec<NewItem>) -> bool) -> Result<(), StoreError> {
        let oldest = self.age.oldest();
        let mut gone = Vec::new();
        let mut batch = Vec::with_capacity(BATCH);
        let no_torrent: Arc<[u8]> = Arc::from([]);
        {
            let mut statement = self.connection.prepare(rows::SELECT)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (number, seen) = rows::number_and_seen(row)?;
                if seen < oldest {
                    gone.push(number);
                    continue;
                }
                let Some((facts, added)) = rows::sound_item(row) else {
                    tracing::warn!(
                        row = number,
                        "an item's row is damaged: whoever has the item brings it again"
                    );
                    gone.push(number);
                    continue;
                };
                self.numbers.set(facts.info_hash, Some(number));
                let owner = rows::owner(row)?;
                batch.push(NewItem { facts, torrent: no_torrent.clone(), added, owner });
                if batch.len() == BATCH && !take(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))) {
                    break;
                }
            }
        }
        self.numbers.keep();
        take(batch);
        self.forget(&gone)
    }

    fn forget(&mut self, gone: &[Number]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for &number in gone {
            delete(&transaction, number)?;
        }
        Ok(transaction.commit()?)
    }

    pub(super) fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let written = self.write(changes);
        match written {
            Ok(()) => self.numbers.keep(),
            Err(_) => self.numbers.revert(),
        }
        written
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // A new item counts as seen; an item seen twice is seen once.
        let mut touched = BTreeSet::new();
        let age = self.age.seconds();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writing =
            Writing { transaction: &transaction, numbers: &mut self.numbers, next: &mut self.next, age };
        for change in changes {
            match change {
                Change::Added(item) => {
                    touched.insert(item.facts.info_hash);
                    writing.add(item)?;
                }
                Change::Seen(info_hash) if touched.insert(*info_hash) => writing.seen(*info_hash)?,
                Change::Seen(_) => {}
                Change::Removed(info_hash) => {
                    touched.remove(info_hash);
                    writing.remove(*info_hash)?;
                }
            }
        }
        transaction.prepare_cached("UPDATE tracker SET age = ?")?.execute([age])?;
        Ok(transaction.commit()?)
    }

    /// Notes that the tracker still runs.
    pub(super) fn breathe(&mut self) -> Result<(), StoreError> {
        let age = self.age.seconds();
        self.connection.execute("UPDATE tracker SET age = ?", [age])?;
        Ok(())
    }

    pub(super) fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        let Some(number) = self.numbers.get(info_hash) else { return Ok(None) };
        let mut statement = self.connection.prepare_cached(
            "SELECT torrent, metainfo.digest, v1, v2 FROM metainfo JOIN item ON item = id WHERE item = ?",
        )?;
        let mut rows = statement.query([number])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let torrent = row.get_ref(0)?.as_blob()?;
        let digest = row.get_ref(1)?.as_blob_or_null()?;
        let is_sound = digest.is_none_or(|digest| digest == digest::of_torrent(torrent));
        if !is_sound || rows::info_hash(row, 2)? != Some(info_hash) {
            tracing::warn!(%info_hash, "an item's metainfo is damaged: whoever has the item brings it again");
            return Ok(None);
        }
        Ok(Some(Arc::from(torrent)))
    }
}

#[cfg(test)]
impl Database {
    pub(super) fn execute(&mut self, statement: &str) {
        self.connection.execute_batch(statement).unwrap();
    }
}

/// Changes on their way into the database.
struct Writing<'a> {
    transaction: &'a Transaction<'a>,
    numbers: &'a mut Numbers,
    next: &'a mut Number,
    age: i64,
}

impl Writing<'_> {
    fn add(&mut self, item: &NewItem) -> Result<(), StoreError> {
        // One that is known already comes again when its metainfo is damaged.
        let number = match self.number_of(item.facts.info_hash)? {
            Some(known) => known,
            None => {
                let number = *self.next;
                *self.next = number.checked_add(1).ok_or(StoreError::Full)?;
                let mut insert = self.transaction.prepare_cached(rows::INSERT)?;
                rows::insert(&mut insert, number, item, self.age)?;
                self.numbers.set(item.facts.info_hash, Some(number));
                number
            }
        };
        self.transaction
            .prepare_cached("INSERT OR REPLACE INTO metainfo (item, torrent, digest) VALUES (?, ?, ?)")?
            .execute(params![number, &item.torrent[..], &digest::of_torrent(&item.torrent)[..]])?;
        Ok(())
    }

    fn seen(&mut self, info_hash: InfoHash) -> Result<(), StoreError> {
        if let Some(number) = self.numbers.get(info_hash) {
            let mut update = self.transaction.prepare_cached("UPDATE item SET seen = ? WHERE id = ?")?;
            update.execute(params![self.age, number])?;
        }
        Ok(())
    }

    /// Another item with one of its hashes stays.
    fn remove(&mut self, info_hash: InfoHash) -> Result<(), StoreError> {
        if let Some(number) = self.number_of(info_hash)? {
            delete(self.transaction, number)?;
            self.numbers.set(info_hash, None);
        }
        Ok(())
    }

    /// The number under which exactly this item stands.
    fn number_of(&self, info_hash: InfoHash) -> Result<Option<Number>, StoreError> {
        let Some(number) = self.numbers.get(info_hash) else { return Ok(None) };
        let mut select = self.transaction.prepare_cached("SELECT v1, v2 FROM item WHERE id = ?")?;
        let found = select.query_row([number], |row| rows::info_hash(row, 0)).optional()?.flatten();
        Ok((found == Some(info_hash)).then_some(number))
    }
}

fn delete(transaction: &Transaction<'_>, number: Number) -> Result<(), StoreError> {
    transaction.prepare_cached("DELETE FROM metainfo WHERE item = ?")?.execute([number])?;
    transaction.prepare_cached("DELETE FROM item WHERE id = ?")?.execute([number])?;
    Ok(())
}
