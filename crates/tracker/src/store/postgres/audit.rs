//! The audit in the database.

use peerpool_access::members::Entry;
use peerpool_api::AuditEntry;
use tokio_postgres::{Client, Transaction};

use super::super::{
    StoreError,
    audit::{KEPT, MOST},
    numbers::seconds,
};

/// Adds an entry, and forgets those whose time is over.
pub(super) async fn write(to: &Transaction<'_>, entry: &Entry) -> Result<(), StoreError> {
    let insert =
        "INSERT INTO audit (at, actor, action, target, detail) VALUES ($1, $2, $3, $4, $5) RETURNING seq";
    let row = to
        .query_one(
            insert,
            &[&seconds(entry.at), &entry.actor, &entry.action.word(), &entry.target, &entry.detail],
        )
        .await?;
    let newest: i64 = row.try_get(0)?;
    to.execute(
        "DELETE FROM audit WHERE at < $1 OR seq <= $2",
        &[&seconds(entry.at - KEPT), &(newest - MOST)],
    )
    .await?;
    Ok(())
}

/// The newest entries of those before `before`, newest first.
pub(super) async fn read(
    client: &Client,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let select =
        "SELECT seq, at, actor, action, target, detail FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    let rows = client.query(select, &[&before, &i64::from(limit)]).await?;
    let entries = rows.iter().map(|row| {
        Ok(AuditEntry {
            seq: row.try_get::<_, i64>(0)?.unsigned_abs(),
            at: row.try_get::<_, i64>(1)?.unsigned_abs(),
            actor: row.try_get(2)?,
            action: row.try_get(3)?,
            target: row.try_get(4)?,
            detail: row.try_get(5)?,
        })
    });
    entries.collect()
}
