//! What passed between members, in the database.

use peerpool_access::MemberId;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use super::super::{
    StoreError,
    audit::{KEPT, MOST},
    numbers::signed,
    passed::Passed,
};

/// Adds to the sums, and forgets those whose time is over.
pub(super) fn write(connection: &mut Connection, more: &[Passed]) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for passed in more {
        add(&transaction, passed)?;
    }
    let newest = more.iter().map(|passed| passed.last).max().unwrap_or(0);
    transaction
        .prepare_cached("DELETE FROM transfer WHERE last < ? OR seq <= (SELECT max(seq) FROM transfer) - ?")?
        .execute(params![signed(newest.saturating_sub(KEPT.as_secs())), MOST])?;
    Ok(transaction.commit()?)
}

/// Adds to one sum. Looked for first: an insert that fails would use up a number.
fn add(to: &Transaction<'_>, passed: &Passed) -> Result<(), StoreError> {
    let kept = to
        .prepare_cached(
            "SELECT seq, last, given, taken FROM transfer
             WHERE day = ? AND item = ? AND giver = ? AND taker = ? AND stock = ?",
        )?
        .query_row(
            params![
                signed(passed.day),
                passed.item.whole(),
                passed.giver.0,
                passed.taker.0,
                passed.stock.as_deref().unwrap_or_default(),
            ],
            |row| Ok((row.get::<_, i64>(0)?, [row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?])),
        );
    let mut sum = passed.clone();
    match kept.optional()? {
        Some((seq, kept)) => {
            let [last, given, taken] = kept.map(i64::unsigned_abs);
            sum.add(&Passed { last, given, taken, ..passed.clone() });
            to.prepare_cached("UPDATE transfer SET last = ?, given = ?, taken = ? WHERE seq = ?")?
                .execute(params![signed(sum.last), signed(sum.given), signed(sum.taken), seq])?;
        }
        None => {
            to.prepare_cached(
                "INSERT INTO transfer (day, item, giver, taker, stock, last, given, taken)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                signed(sum.day),
                sum.item.whole(),
                sum.giver.0,
                sum.taker.0,
                sum.stock.as_deref().unwrap_or_default(),
                signed(sum.last),
                signed(sum.given),
                signed(sum.taken),
            ])?;
        }
    }
    Ok(())
}

/// The newest sums of those before `before`, newest first, each with its number.
pub(super) fn read(
    connection: &mut Connection,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, Passed)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, day, last, item, giver, taker, given, taken, stock FROM transfer WHERE seq < ?
         ORDER BY seq DESC LIMIT ?",
    )?;
    let mut rows = statement.query(params![before.map_or(i64::MAX, signed), limit])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let item = row.get_ref(3)?.as_str()?.parse().map_err(|_| StoreError::Malformed("a transfer"))?;
        let passed = Passed {
            day: number(row, 1)?,
            last: number(row, 2)?,
            item,
            giver: MemberId(row.get(4)?),
            taker: MemberId(row.get(5)?),
            given: number(row, 6)?,
            taken: number(row, 7)?,
            stock: Some(row.get(8)?).filter(|id: &String| !id.is_empty()),
        };
        all.push((number(row, 0)?, passed));
    }
    Ok(all)
}

fn number(row: &Row<'_>, at: usize) -> Result<u64, StoreError> {
    Ok(row.get::<_, i64>(at)?.unsigned_abs())
}
