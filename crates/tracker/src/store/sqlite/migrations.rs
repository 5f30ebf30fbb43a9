//! The steps by which a database of an earlier release becomes one of this release. Each was published: a change is a new
//! step. The database says of each step whether it only added, so that an earlier release knows whether it can go on.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::super::StoreError;

/// A step, and whether a release that does not know it reads and writes everything that it knows as before. A new table does
/// that; a column does not where that release replaces whole rows.
struct Step {
    sql: &'static str,
    only_adds: bool,
}

const fn changes(sql: &'static str) -> Step {
    Step { sql, only_adds: false }
}

const fn adds(sql: &'static str) -> Step {
    Step { sql, only_adds: true }
}

const STEPS: &[Step] = &[
    changes(include_str!("../../../migrations/0001_items.sql")),
    changes(include_str!("../../../migrations/0002_v1_form.sql")),
    changes(include_str!("../../../migrations/0003_age.sql")),
    changes(include_str!("../../../migrations/0004_digests.sql")),
    changes(include_str!("../../../migrations/0005_numbers.sql")),
    changes(include_str!("../../../migrations/0006_members.sql")),
    adds(include_str!("../../../migrations/0007_audit.sql")),
    adds(include_str!("../../../migrations/0008_people.sql")),
    adds(include_str!("../../../migrations/0009_transfers.sql")),
    adds(include_str!("../../../migrations/0010_stock.sql")),
    adds(include_str!("../../../migrations/0011_accounts.sql")),
    adds(include_str!("../../../migrations/0012_passkeys.sql")),
    // An earlier release takes what a stock client of a member fetched for what the member did.
    changes(include_str!("../../../migrations/0013_stock_transfers.sql")),
];

/// Takes the steps that the database has not taken, all of them or none.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS step (number INTEGER PRIMARY KEY, only_adds INTEGER NOT NULL) STRICT",
    )?;
    let (taken, known) = (taken(&transaction)?, STEPS.len());
    if taken > known {
        return if only_adds(&transaction, known, taken)? { Ok(()) } else { Err(StoreError::Newer) };
    }
    for (number, step) in (1i64..).zip(STEPS).skip(taken) {
        transaction.execute_batch(step.sql)?;
        transaction.execute("INSERT OR REPLACE INTO step VALUES (?, ?)", params![number, step.only_adds])?;
    }
    transaction.pragma_update(None, "user_version", known as u32)?;
    Ok(transaction.commit()?)
}

/// Whether the steps that a newer release took are all known to have only added.
fn only_adds(transaction: &Transaction<'_>, known: usize, taken: usize) -> Result<bool, StoreError> {
    let newer = "SELECT coalesce(max(number), 0), coalesce(min(only_adds), 0) FROM step WHERE number > ?";
    let (last, all): (i64, bool) =
        transaction.query_row(newer, [known as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(all && last == taken as i64)
}

/// How many steps it has taken. Earlier releases counted them in a table.
fn taken(transaction: &Transaction<'_>) -> Result<usize, StoreError> {
    let counted: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let table = "SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let has_table = transaction.query_row(table, [], |_| Ok(())).optional()?.is_some();
    let taken = match (counted, has_table) {
        (0, true) => {
            let newest = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";
            transaction.query_row(newest, [], |row| row.get(0))?
        }
        (counted, _) => counted,
    };
    usize::try_from(taken).map_err(|_| StoreError::Malformed("the database's version"))
}
