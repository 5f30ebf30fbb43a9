//! The steps by which a database of an earlier release becomes one of this release. Each was published: a change is a new
//! step.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::super::StoreError;

const STEPS: [&str; 8] = [
    include_str!("../../../migrations/0001_items.sql"),
    include_str!("../../../migrations/0002_v1_form.sql"),
    include_str!("../../../migrations/0003_age.sql"),
    include_str!("../../../migrations/0004_digests.sql"),
    include_str!("../../../migrations/0005_numbers.sql"),
    include_str!("../../../migrations/0006_members.sql"),
    include_str!("../../../migrations/0007_audit.sql"),
    include_str!("../../../migrations/0008_people.sql"),
];

/// Takes the steps that the database has not taken, all of them or none.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let taken = taken(&transaction)?;
    let Some(left) = STEPS.get(taken..) else { return Err(StoreError::Newer) };
    for step in left {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", STEPS.len() as u32)?;
    Ok(transaction.commit()?)
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
