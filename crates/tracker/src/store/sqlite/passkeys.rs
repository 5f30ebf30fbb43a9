//! Passkeys in the database.

use peerpool_access::{
    MemberId,
    members::{Change, Passkey},
    passkey::{CredentialId, PasskeyKey},
};
use rusqlite::{Connection, Transaction, params};

use super::{
    super::{StoreError, numbers::seconds},
    members::{end, moment},
};

/// What was kept, as changes that give it again.
pub(super) fn load(connection: &mut Connection, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("SELECT id, member, name, host, key, counter, since, used FROM passkey")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let malformed = || StoreError::Malformed("a passkey");
        let id = CredentialId::new(row.get_ref(0)?.as_blob()?).ok_or_else(malformed)?;
        let passkey = Passkey {
            member: MemberId(row.get(1)?),
            name: row.get(2)?,
            host: row.get(3)?,
            key: PasskeyKey::from_cose(row.get_ref(4)?.as_blob()?).ok_or_else(malformed)?,
            counter: row.get(5)?,
            since: moment(row, 6)?,
            used: end(row, 7)?,
        };
        changes.push(Change::Passkey(id, passkey));
    }
    Ok(())
}

pub(super) fn add(to: &Transaction<'_>, id: &CredentialId, passkey: &Passkey) -> Result<(), StoreError> {
    to.execute(
        "INSERT OR REPLACE INTO passkey (id, member, name, host, key, counter, since, used)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            id.as_bytes(),
            passkey.member.0,
            passkey.name,
            passkey.host,
            passkey.key.to_cose(),
            passkey.counter,
            seconds(passkey.since),
            passkey.used.map(seconds),
        ],
    )?;
    Ok(())
}

pub(super) fn remove(to: &Transaction<'_>, id: &CredentialId) -> Result<(), StoreError> {
    to.execute("DELETE FROM passkey WHERE id = ?", [id.as_bytes()])?;
    Ok(())
}
