//! Passkeys in the database.

use peerpool_access::{
    MemberId,
    members::{Change, Passkey},
    passkey::{CredentialId, PasskeyKey},
};
use tokio_postgres::{Error, GenericClient, Transaction};

use super::{
    super::{StoreError, numbers::seconds},
    members::{end, in_range, moment},
};

/// What was kept, as changes that give it again.
pub(super) async fn load(client: &impl GenericClient, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let passkeys = "SELECT id, member, name, host, key, counter, since, used FROM passkey";
    for row in client.query(passkeys, &[]).await? {
        let malformed = || StoreError::Malformed("a passkey");
        let id = CredentialId::new(row.try_get(0)?).ok_or_else(malformed)?;
        let passkey = Passkey {
            member: MemberId(in_range(row.try_get(1)?)?),
            name: row.try_get(2)?,
            host: row.try_get(3)?,
            key: PasskeyKey::from_cose(row.try_get(4)?).ok_or_else(malformed)?,
            counter: in_range(row.try_get(5)?)?,
            since: moment(&row, 6)?,
            used: end(&row, 7)?,
        };
        changes.push(Change::Passkey(id, passkey));
    }
    Ok(())
}

pub(super) async fn add(to: &Transaction<'_>, id: &CredentialId, passkey: &Passkey) -> Result<u64, Error> {
    to.execute(
        "INSERT INTO passkey (id, member, name, host, key, counter, since, used)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET member = excluded.member, name = excluded.name, host = excluded.host,
         key = excluded.key, counter = excluded.counter, since = excluded.since, used = excluded.used",
        &[
            &id.as_bytes(),
            &i64::from(passkey.member.0),
            &passkey.name,
            &passkey.host,
            &passkey.key.to_cose(),
            &i64::from(passkey.counter),
            &seconds(passkey.since),
            &passkey.used.map(seconds),
        ],
    )
    .await
}

pub(super) async fn remove(to: &Transaction<'_>, id: &CredentialId) -> Result<u64, Error> {
    to.execute("DELETE FROM passkey WHERE id = $1", &[&id.as_bytes()]).await
}
