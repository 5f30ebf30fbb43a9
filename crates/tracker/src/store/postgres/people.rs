//! Passwords, accounts, sessions and tokens in the database.

use peerpool_access::{
    MemberId, SecretHash,
    members::{Change, Identity, Linked, Ticket, TicketKind},
};
use tokio_postgres::{Error, GenericClient, Row, Transaction};

use super::{
    super::{StoreError, numbers::seconds},
    members::{in_range, moment},
};

/// What was kept, as changes that give it again.
pub(super) async fn load(client: &impl GenericClient, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    for row in client.query("SELECT member, hash FROM password", &[]).await? {
        changes.push(Change::Password(MemberId(in_range(row.try_get(0)?)?), Some(row.try_get(1)?)));
    }
    for row in client.query("SELECT issuer, subject, member, label, since FROM account", &[]).await? {
        let identity = Identity { issuer: row.try_get(0)?, subject: row.try_get(1)? };
        let member = MemberId(in_range(row.try_get(2)?)?);
        let since = moment(&row, 4)?;
        changes.push(Change::Identity(identity, Linked { member, label: row.try_get(3)?, since }));
    }
    let tickets = "SELECT secret, member, name, cookie, writes, made, expires FROM ticket";
    for row in client.query(tickets, &[]).await? {
        changes.push(ticket(&row)?);
    }
    Ok(())
}

fn ticket(row: &Row) -> Result<Change, StoreError> {
    let malformed = || StoreError::Malformed("a session or a token");
    let secret = SecretHash::from_slice(row.try_get(0)?).ok_or_else(malformed)?;
    let cookie: Option<&[u8]> = row.try_get(3)?;
    let cookie = cookie.map(|cookie| SecretHash::from_slice(cookie).ok_or_else(malformed)).transpose()?;
    let (name, writes) = (row.try_get(2)?, row.try_get(4)?);
    let kind = match cookie {
        Some(cookie) => TicketKind::Session { cookie, agent: name },
        None => TicketKind::Token { name, writes },
    };
    let member = MemberId(in_range(row.try_get(1)?)?);
    Ok(Change::Ticket(secret, Ticket { member, kind, made: moment(row, 5)?, expires: moment(row, 6)? }))
}

pub(super) async fn set_password(
    to: &Transaction<'_>,
    member: MemberId,
    password: Option<&str>,
) -> Result<u64, Error> {
    let member = i64::from(member.0);
    match password {
        Some(password) => {
            to.execute(
                "INSERT INTO password (member, hash) VALUES ($1, $2)
                 ON CONFLICT (member) DO UPDATE SET hash = excluded.hash",
                &[&member, &password],
            )
            .await
        }
        None => to.execute("DELETE FROM password WHERE member = $1", &[&member]).await,
    }
}

pub(super) async fn link(to: &Transaction<'_>, identity: &Identity, linked: &Linked) -> Result<u64, Error> {
    to.execute(
        "INSERT INTO account (issuer, subject, member, label, since) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (issuer, subject) DO UPDATE SET member = excluded.member, label = excluded.label,
         since = excluded.since",
        &[
            &identity.issuer,
            &identity.subject,
            &i64::from(linked.member.0),
            &linked.label,
            &seconds(linked.since),
        ],
    )
    .await
}

pub(super) async fn unlink(to: &Transaction<'_>, identity: &Identity) -> Result<u64, Error> {
    let delete = "DELETE FROM account WHERE issuer = $1 AND subject = $2";
    to.execute(delete, &[&identity.issuer, &identity.subject]).await
}

pub(super) async fn add(to: &Transaction<'_>, secret: &SecretHash, ticket: &Ticket) -> Result<u64, Error> {
    let (name, cookie, writes) = match &ticket.kind {
        TicketKind::Session { cookie, agent } => (agent, Some(&cookie.0[..]), true),
        TicketKind::Token { name, writes } => (name, None, *writes),
    };
    to.execute(
        "INSERT INTO ticket (secret, member, name, cookie, writes, made, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (secret) DO UPDATE SET member = excluded.member, name = excluded.name,
         cookie = excluded.cookie, writes = excluded.writes, made = excluded.made, expires = excluded.expires",
        &[
            &&secret.0[..],
            &i64::from(ticket.member.0),
            name,
            &cookie,
            &writes,
            &seconds(ticket.made),
            &seconds(ticket.expires),
        ],
    )
    .await
}

pub(super) async fn remove(to: &Transaction<'_>, secret: &SecretHash) -> Result<u64, Error> {
    to.execute("DELETE FROM ticket WHERE secret = $1", &[&&secret.0[..]]).await
}
