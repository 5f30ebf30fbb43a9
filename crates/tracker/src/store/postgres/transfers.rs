//! What passed between members, in the database.

use peerpool_access::MemberId;
use tokio_postgres::{Client, Row, Transaction};

use super::super::{
    StoreError,
    audit::{KEPT, MOST},
    numbers::signed,
    passed::Passed,
};

/// Adds to the sums, and forgets those whose time is over.
pub(super) async fn write(client: &mut Client, more: &[Passed]) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    for passed in more {
        add(&transaction, passed).await?;
    }
    let newest = more.iter().map(|passed| passed.last).max().unwrap_or(0);
    transaction
        .execute(
            "DELETE FROM transfer WHERE last < $1 OR seq <= (SELECT max(seq) FROM transfer) - $2",
            &[&signed(newest.saturating_sub(KEPT.as_secs())), &MOST],
        )
        .await?;
    Ok(transaction.commit().await?)
}

/// Adds to one sum. Looked for first: an insert that fails would use up a number.
async fn add(to: &Transaction<'_>, passed: &Passed) -> Result<(), StoreError> {
    let (day, item) = (signed(passed.day), passed.item.whole());
    let (giver, taker) = (i64::from(passed.giver.0), i64::from(passed.taker.0));
    let stock = passed.stock.as_deref().unwrap_or_default();
    let select = "SELECT seq, last, given, taken FROM transfer
                  WHERE day = $1 AND item = $2 AND giver = $3 AND taker = $4 AND stock = $5";
    let mut sum = passed.clone();
    match to.query_opt(select, &[&day, &item, &giver, &taker, &stock]).await? {
        Some(row) => {
            let kept = Passed {
                last: number(&row, 1)?,
                given: number(&row, 2)?,
                taken: number(&row, 3)?,
                ..passed.clone()
            };
            sum.add(&kept);
            let seq: i64 = row.try_get(0)?;
            let update = "UPDATE transfer SET last = $1, given = $2, taken = $3 WHERE seq = $4";
            to.execute(update, &[&signed(sum.last), &signed(sum.given), &signed(sum.taken), &seq]).await?;
        }
        None => {
            let insert = "INSERT INTO transfer (day, item, giver, taker, stock, last, given, taken)
                          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            let (last, given, taken) = (signed(sum.last), signed(sum.given), signed(sum.taken));
            to.execute(insert, &[&day, &item, &giver, &taker, &stock, &last, &given, &taken]).await?;
        }
    }
    Ok(())
}

/// The newest sums of those before `before`, newest first, each with its number.
pub(super) async fn read(
    client: &Client,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, Passed)>, StoreError> {
    let select = "SELECT seq, day, last, item, giver, taker, given, taken, stock FROM transfer WHERE seq < $1
                  ORDER BY seq DESC LIMIT $2";
    let rows = client.query(select, &[&before.map_or(i64::MAX, signed), &i64::from(limit)]).await?;
    let kept = rows.iter().map(|row| {
        let malformed = || StoreError::Malformed("a transfer");
        let member = |at| u32::try_from(number(row, at)?).map(MemberId).map_err(|_| malformed());
        let passed = Passed {
            day: number(row, 1)?,
            last: number(row, 2)?,
            item: row.try_get::<_, &str>(3)?.parse().map_err(|_| malformed())?,
            giver: member(4)?,
            taker: member(5)?,
            given: number(row, 6)?,
            taken: number(row, 7)?,
            stock: Some(row.try_get(8)?).filter(|id: &String| !id.is_empty()),
        };
        Ok((number(row, 0)?, passed))
    });
    kept.collect()
}

fn number(row: &Row, at: usize) -> Result<u64, StoreError> {
    Ok(row.try_get::<_, i64>(at)?.unsigned_abs())
}
