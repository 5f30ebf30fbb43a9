//! What stock clients may fetch, and their announce keys, in the database.

use peerpool_access::{
    MemberId, SecretHash,
    members::{AnnounceKey, Change},
};
use peerpool_wire::id::{InfoHash, Sha1Hash};
use tokio_postgres::{Error, GenericClient, Row, Transaction};

use super::{
    super::{StoreError, numbers::seconds},
    members::{in_range, moment},
};

/// What was kept, as changes that give it again.
pub(super) async fn load(client: &impl GenericClient, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let malformed = || StoreError::Malformed("what stock clients may fetch");
    for row in client.query("SELECT item, private FROM stock", &[]).await? {
        let private = Sha1Hash::from_slice(row.try_get(1)?).ok_or_else(malformed)?;
        changes.push(Change::Stock(item(&row, 0)?, Some(private)));
    }
    for row in client.query("SELECT key, member, item, made FROM announce_key", &[]).await? {
        let hash = SecretHash::from_slice(row.try_get(0)?).ok_or_else(malformed)?;
        let made = moment(&row, 3)?;
        let key = AnnounceKey { member: MemberId(in_range(row.try_get(1)?)?), item: item(&row, 2)?, made };
        changes.push(Change::AnnounceKey(hash, key));
    }
    Ok(())
}

fn item(row: &Row, at: usize) -> Result<InfoHash, StoreError> {
    let parsed = row.try_get::<_, &str>(at)?.parse();
    parsed.map_err(|_| StoreError::Malformed("what stock clients may fetch"))
}

pub(super) async fn set(
    to: &Transaction<'_>,
    item: &InfoHash,
    private: Option<&Sha1Hash>,
) -> Result<u64, Error> {
    let item = item.whole();
    match private {
        Some(private) => {
            to.execute(
                "INSERT INTO stock (item, private) VALUES ($1, $2)
                 ON CONFLICT (item) DO UPDATE SET private = excluded.private",
                &[&item, &&private.0[..]],
            )
            .await
        }
        None => to.execute("DELETE FROM stock WHERE item = $1", &[&item]).await,
    }
}

pub(super) async fn add_key(
    to: &Transaction<'_>,
    hash: &SecretHash,
    key: &AnnounceKey,
) -> Result<u64, Error> {
    let made = seconds(key.made);
    to.execute(
        "INSERT INTO announce_key (key, member, item, made) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO UPDATE SET member = excluded.member, item = excluded.item, made = excluded.made",
        &[&&hash.0[..], &i64::from(key.member.0), &key.item.whole(), &made],
    )
    .await
}

pub(super) async fn remove_key(to: &Transaction<'_>, hash: &SecretHash) -> Result<u64, Error> {
    to.execute("DELETE FROM announce_key WHERE key = $1", &[&&hash.0[..]]).await
}
