//! The steps by which a database of an earlier release becomes one of this release. Each was published: a change is a new
//! step. The database says of each step whether it only added, so that an earlier release knows whether it can go on.

use tokio_postgres::Client;

use super::super::StoreError;

/// The advisory lock of whoever takes steps: "peerstep" in ASCII. Several nodes may start at once.
const LOCK: i64 = 0x7065_6572_7374_6570;

struct Step {
    sql: &'static str,
    /// Whether a release that does not know it reads and writes everything that it knows as before.
    only_adds: bool,
}

const STEPS: &[Step] = &[
    Step { sql: include_str!("../../../migrations/postgres/0001_items_and_members.sql"), only_adds: false },
    Step { sql: include_str!("../../../migrations/postgres/0002_transfers.sql"), only_adds: true },
    Step { sql: include_str!("../../../migrations/postgres/0003_stock.sql"), only_adds: true },
    Step { sql: include_str!("../../../migrations/postgres/0004_accounts.sql"), only_adds: true },
    Step { sql: include_str!("../../../migrations/postgres/0005_nodes.sql"), only_adds: true },
    Step { sql: include_str!("../../../migrations/postgres/0006_passkeys.sql"), only_adds: true },
    // An earlier release takes what a stock client of a member fetched for what the member did.
    Step { sql: include_str!("../../../migrations/postgres/0007_stock_transfers.sql"), only_adds: false },
    Step { sql: include_str!("../../../migrations/postgres/0008_members_of_nodes.sql"), only_adds: true },
];

/// Takes the steps that the database has not taken, all of them or none.
pub(super) async fn run(client: &mut Client) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS step (number bigint PRIMARY KEY, only_adds boolean NOT NULL)",
        )
        .await?;
    let known = STEPS.len() as i64;
    let newer = "SELECT count(*) FROM step WHERE number > $1 AND NOT only_adds";
    if transaction.query_one(newer, &[&known]).await?.try_get::<_, i64>(0)? > 0 {
        return Err(StoreError::Newer);
    }
    let taken: i64 =
        transaction.query_one("SELECT coalesce(max(number), 0) FROM step", &[]).await?.try_get(0)?;
    for (number, step) in (1..).zip(STEPS).filter(|(number, _)| *number > taken) {
        transaction.batch_execute(step.sql).await?;
        transaction.execute("INSERT INTO step VALUES ($1, $2)", &[&number, &step.only_adds]).await?;
    }
    Ok(transaction.commit().await?)
}
