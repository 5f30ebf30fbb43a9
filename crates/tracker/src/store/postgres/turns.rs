//! Members that several nodes change in turn: whoever has the one row of `access` locked sees what the others have changed, and
//! changes what follows from that.

use peerpool_access::{Moment, members::Change};
use tokio_postgres::{Client, GenericClient, IsolationLevel, Transaction};

use super::{
    super::{Seen, StoreError},
    members,
};

/// A node's turn. It ends with the transaction.
pub(super) struct Begun<'a> {
    pub(super) transaction: Transaction<'a>,
    /// How many transactions about members are kept by now, all nodes' together.
    pub(super) written: i64,
    /// How many of them are this node's.
    pub(super) own: i64,
    pub(super) seen: Seen,
}

/// Waits for the turn of the node at this address, which knows what `known` transactions have left.
pub(super) async fn begin<'a>(
    client: &'a mut Client,
    node: &str,
    known: i64,
) -> Result<Begun<'a>, StoreError> {
    let transaction = client.transaction().await?;
    // A node that hangs in its turn loses it.
    let settings = "SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '2s';
         INSERT INTO access (only_row) VALUES (true) ON CONFLICT DO NOTHING";
    transaction.batch_execute(settings).await?;
    let written = transaction.query_one("SELECT written FROM access FOR UPDATE", &[]).await?.try_get(0)?;
    let own = transaction.query_one("SELECT changes FROM node WHERE address = $1", &[&node]).await?;
    let own = own.try_get(0)?;
    let others = match written == known {
        true => None,
        false => Some(members::load(&transaction).await?),
    };
    let seen = Seen { others, now: Some(clock(&transaction).await?) };
    Ok(Begun { transaction, written, own, seen })
}

/// Writes what the node has changed in its turn; it is kept once the transaction is committed.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    node: &str,
    changes: &[Change],
) -> Result<(), StoreError> {
    transaction.execute("UPDATE access SET written = written + 1", &[]).await?;
    transaction.execute("UPDATE node SET changes = changes + 1 WHERE address = $1", &[&node]).await?;
    members::write_all(transaction, changes).await
}

/// How many transactions of this node are kept, once these are as safe as what is told to have been kept.
pub(super) async fn confirm(client: &Client, node: &str) -> Result<i64, StoreError> {
    let touch = "UPDATE node SET changes = changes WHERE address = $1 RETURNING changes";
    Ok(client.query_one(touch, &[&node]).await?.try_get(0)?)
}

/// Members as they are kept, for somebody who knows what `known` transactions have left; and how many there are by now.
pub(super) async fn see(client: &mut Client, known: i64) -> Result<(i64, Seen), StoreError> {
    if members::written(client).await? == known {
        return Ok((known, Seen { others: None, now: Some(clock(client).await?) }));
    }
    // All of it as it stood at one moment.
    let at_once = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let transaction = at_once.start().await?;
    let written = members::written(&transaction).await?;
    let others = Some(members::load(&transaction).await?);
    let now = Some(clock(&transaction).await?);
    transaction.commit().await?;
    Ok((written, Seen { others, now }))
}

/// The moment by the clock that all nodes share.
async fn clock(client: &impl GenericClient) -> Result<Moment, StoreError> {
    let row = client.query_one("SELECT extract(epoch FROM clock_timestamp())::bigint", &[]).await?;
    members::moment(&row, 0)
}
