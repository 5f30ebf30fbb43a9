//! The nodes that share the database.

use peerpool_access::key::PublicKey;
use peerpool_wire::link::{NodeId, PoolSecret};
use tokio_postgres::{Client, Row};

use super::super::{
    StoreError,
    node::{Joined, Node},
};

/// Makes the tracker at this address a node of the pool; `fresh` becomes the pool's secret if there is none. In a pool for
/// members `root` is its root key: that of the first node is that of all.
pub(super) async fn join(
    client: &Client,
    address: &str,
    fresh: PoolSecret,
    root: Option<PublicKey>,
) -> Result<Joined, StoreError> {
    let insert = "INSERT INTO pool (only_row, secret) VALUES (true, $1) ON CONFLICT DO NOTHING";
    client.execute(insert, &[&&fresh.0[..]]).await?;
    if let Some(root) = root {
        client.execute("UPDATE pool SET root = $1 WHERE root IS NULL", &[&&root.0[..]]).await?;
    }
    let row = client.query_one("SELECT secret, root FROM pool", &[]).await?;
    let (secret, known): (&[u8], Option<&[u8]>) = (row.try_get(0)?, row.try_get(1)?);
    if known != root.as_ref().map(|root| &root.0[..]) {
        return Err(StoreError::OtherPool);
    }
    let secret = secret.try_into().map_err(|_| StoreError::Malformed("the pool's secret"))?;
    let insert = "INSERT INTO node (address, release, seen) VALUES ($1, $2, now())
         ON CONFLICT (address) DO UPDATE SET release = excluded.release, seen = excluded.seen RETURNING id";
    let row = client.query_one(insert, &[&address, &env!("CARGO_PKG_VERSION")]).await?;
    let node = number(&row)?;
    let others = "SELECT count(*) FROM node WHERE id <> $1 AND seen > now() - interval '15 seconds'";
    let others: i64 = client.query_one(others, &[&i64::from(node.0)]).await?.try_get(0)?;
    Ok(Joined { node, secret: PoolSecret(secret), is_alone: others == 0 })
}

/// Notes that a node runs, and lists the others that did within a day.
pub(super) async fn others(client: &mut Client, own: NodeId) -> Result<Vec<Node>, StoreError> {
    let own = i64::from(own.0);
    let transaction = client.transaction().await?;
    // It says so again in a moment.
    transaction.batch_execute("SET LOCAL synchronous_commit = off").await?;
    transaction.execute("UPDATE node SET seen = now() WHERE id = $1", &[&own]).await?;
    let select =
        "SELECT id, address FROM node WHERE id <> $1 AND seen > now() - interval '1 day' ORDER BY id";
    let rows = transaction.query(select, &[&own]).await?;
    transaction.commit().await?;
    rows.iter().map(|row| Ok(Node { id: number(row)?, address: row.try_get(1)? })).collect()
}

fn number(row: &Row) -> Result<NodeId, StoreError> {
    let number: i64 = row.try_get(0)?;
    u32::try_from(number).map(NodeId).map_err(|_| StoreError::Malformed("a node's number"))
}
