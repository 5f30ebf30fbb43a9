//! The audit in the database.

use peerpool_access::members::Entry;
use peerpool_api::AuditEntry;
use rusqlite::{Connection, Transaction, params};

use super::super::{
    StoreError,
    audit::{KEPT, MOST},
    numbers::seconds,
};

/// Adds an entry, and forgets those whose time is over.
pub(super) fn write(to: &Transaction<'_>, entry: &Entry) -> Result<(), StoreError> {
    to.prepare_cached("INSERT INTO audit (at, actor, action, target, detail) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![seconds(entry.at), entry.actor, entry.action.word(), entry.target, entry.detail])?;
    let newest = to.last_insert_rowid();
    to.prepare_cached("DELETE FROM audit WHERE at < ? OR seq <= ?")?
        .execute(params![seconds(entry.at - KEPT), newest - MOST])?;
    Ok(())
}

/// The newest entries of those before `before`, newest first.
pub(super) fn read(
    connection: &mut Connection,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, actor, action, target, detail FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
    )?;
    let entries = statement.query_map(params![before, limit], |row| {
        Ok(AuditEntry {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            at: row.get::<_, i64>(1)?.unsigned_abs(),
            actor: row.get(2)?,
            action: row.get(3)?,
            target: row.get(4)?,
            detail: row.get(5)?,
        })
    })?;
    Ok(entries.collect::<Result<_, _>>()?)
}
