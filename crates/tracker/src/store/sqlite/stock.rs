//! What stock clients may fetch, and their announce keys, in the database.

use peerpool_access::{
    MemberId, SecretHash,
    members::{AnnounceKey, Change},
};
use peerpool_wire::id::{InfoHash, Sha1Hash};
use rusqlite::{Connection, Row, Transaction, params};

use super::{
    super::{StoreError, numbers::seconds},
    members::moment,
};

/// What was kept, as changes that give it again.
pub(super) fn load(connection: &mut Connection, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let malformed = || StoreError::Malformed("what stock clients may fetch");
    let mut statement = connection.prepare("SELECT item, private FROM stock")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let private = Sha1Hash::from_slice(row.get_ref(1)?.as_blob()?).ok_or_else(malformed)?;
        changes.push(Change::Stock(item(row, 0)?, Some(private)));
    }
    let mut statement = connection.prepare("SELECT key, member, item, made FROM announce_key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash = SecretHash::from_slice(row.get_ref(0)?.as_blob()?).ok_or_else(malformed)?;
        let made = moment(row, 3)?;
        let key = AnnounceKey { member: MemberId(row.get(1)?), item: item(row, 2)?, made };
        changes.push(Change::AnnounceKey(hash, key));
    }
    Ok(())
}

fn item(row: &Row<'_>, at: usize) -> Result<InfoHash, StoreError> {
    let parsed = row.get_ref(at)?.as_str()?.parse();
    parsed.map_err(|_| StoreError::Malformed("what stock clients may fetch"))
}

pub(super) fn set(
    to: &Transaction<'_>,
    item: &InfoHash,
    private: Option<&Sha1Hash>,
) -> Result<(), StoreError> {
    match private {
        Some(private) => to.execute(
            "INSERT OR REPLACE INTO stock (item, private) VALUES (?, ?)",
            params![item.whole(), &private.0[..]],
        ),
        None => to.execute("DELETE FROM stock WHERE item = ?", [item.whole()]),
    }?;
    Ok(())
}

pub(super) fn add_key(to: &Transaction<'_>, hash: &SecretHash, key: &AnnounceKey) -> Result<(), StoreError> {
    to.execute(
        "INSERT OR REPLACE INTO announce_key (key, member, item, made) VALUES (?, ?, ?, ?)",
        params![&hash.0[..], key.member.0, key.item.whole(), seconds(key.made),],
    )?;
    Ok(())
}

pub(super) fn remove_key(to: &Transaction<'_>, hash: &SecretHash) -> Result<(), StoreError> {
    to.execute("DELETE FROM announce_key WHERE key = ?", [&hash.0[..]])?;
    Ok(())
}
