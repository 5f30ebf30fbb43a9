//! Passwords, accounts, sessions and tokens in the database.

use peerpool_access::{
    MemberId, SecretHash,
    members::{Change, Identity, Linked, Ticket, TicketKind},
};
use rusqlite::{Connection, Row, Transaction, params};

use super::{
    super::{StoreError, numbers::seconds},
    members::moment,
};

/// What was kept, as changes that give it again.
pub(super) fn load(connection: &mut Connection, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT member, hash FROM password")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        changes.push(Change::Password(MemberId(row.get(0)?), Some(row.get(1)?)));
    }
    let mut statement = connection.prepare("SELECT issuer, subject, member, label, since FROM account")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let identity = Identity { issuer: row.get(0)?, subject: row.get(1)? };
        let since = moment(row, 4)?;
        let linked = Linked { member: MemberId(row.get(2)?), label: row.get(3)?, since };
        changes.push(Change::Identity(identity, linked));
    }
    let mut statement =
        connection.prepare("SELECT secret, member, name, cookie, writes, made, expires FROM ticket")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        changes.push(ticket(row)?);
    }
    Ok(())
}

fn ticket(row: &Row<'_>) -> Result<Change, StoreError> {
    let malformed = || StoreError::Malformed("a session or a token");
    let secret = SecretHash::from_slice(row.get_ref(0)?.as_blob()?).ok_or_else(malformed)?;
    let cookie = row.get_ref(3)?.as_blob_or_null()?;
    let cookie = cookie.map(|cookie| SecretHash::from_slice(cookie).ok_or_else(malformed)).transpose()?;
    let (name, writes) = (row.get(2)?, row.get(4)?);
    let kind = match cookie {
        Some(cookie) => TicketKind::Session { cookie, agent: name },
        None => TicketKind::Token { name, writes },
    };
    let ticket =
        Ticket { member: MemberId(row.get(1)?), kind, made: moment(row, 5)?, expires: moment(row, 6)? };
    Ok(Change::Ticket(secret, ticket))
}

pub(super) fn set_password(
    to: &Transaction<'_>,
    member: MemberId,
    password: Option<&str>,
) -> Result<(), StoreError> {
    match password {
        Some(password) => to.execute(
            "INSERT INTO password (member, hash) VALUES (?, ?)
             ON CONFLICT (member) DO UPDATE SET hash = excluded.hash",
            params![member.0, password],
        ),
        None => to.execute("DELETE FROM password WHERE member = ?", [member.0]),
    }?;
    Ok(())
}

pub(super) fn link(to: &Transaction<'_>, identity: &Identity, linked: &Linked) -> Result<(), StoreError> {
    to.execute(
        "INSERT OR REPLACE INTO account (issuer, subject, member, label, since) VALUES (?, ?, ?, ?, ?)",
        params![identity.issuer, identity.subject, linked.member.0, linked.label, seconds(linked.since)],
    )?;
    Ok(())
}

pub(super) fn unlink(to: &Transaction<'_>, identity: &Identity) -> Result<(), StoreError> {
    let which = params![identity.issuer, identity.subject];
    to.execute("DELETE FROM account WHERE issuer = ? AND subject = ?", which)?;
    Ok(())
}

pub(super) fn add(to: &Transaction<'_>, secret: &SecretHash, ticket: &Ticket) -> Result<(), StoreError> {
    let (name, cookie, writes) = match &ticket.kind {
        TicketKind::Session { cookie, agent } => (agent, Some(&cookie.0[..]), true),
        TicketKind::Token { name, writes } => (name, None, *writes),
    };
    to.execute(
        "INSERT INTO ticket (secret, member, name, cookie, writes, made, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (secret) DO UPDATE SET member = excluded.member, name = excluded.name,
         cookie = excluded.cookie, writes = excluded.writes, made = excluded.made, expires = excluded.expires",
        params![
            &secret.0[..],
            ticket.member.0,
            name,
            cookie,
            writes,
            seconds(ticket.made),
            seconds(ticket.expires),
        ],
    )?;
    Ok(())
}

pub(super) fn remove(to: &Transaction<'_>, secret: &SecretHash) -> Result<(), StoreError> {
    to.execute("DELETE FROM ticket WHERE secret = ?", [&secret.0[..]])?;
    Ok(())
}
