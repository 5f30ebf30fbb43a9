//! Members in the database.

use std::str::FromStr;

use peerpool_access::{
    CodeHash, GroupId, MemberId, Moment, Right, Role, Subject,
    guard::Voided,
    key::PublicKey,
    members::{Change, Device, InviteTerms, Member, State},
    rules::{Rule, RuleId, Scope},
};
use peerpool_wire::id::InfoHash;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::{
    super::{
        StoreError,
        numbers::{seconds, signed},
    },
    audit, passkeys, people, rows, stock,
};

/// What was kept, as changes that give it again.
pub(super) fn load(connection: &mut Connection) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    let mut all = |statement: &str, read: fn(&Row<'_>, &mut Vec<Change>) -> Result<(), StoreError>| {
        let mut statement = connection.prepare(statement)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            read(row, &mut changes)?;
        }
        Ok::<(), StoreError>(())
    };
    all("SELECT id, name, role, state FROM member ORDER BY id", |row, changes| {
        let member = Member {
            name: row.get(1)?,
            role: word(row, 2, Role::ALL, Role::word)?,
            state: word(row, 3, State::ALL, State::word)?,
        };
        changes.push(Change::Member(MemberId(row.get(0)?), member));
        Ok(())
    })?;
    all("SELECT key, member, name, added, revoked FROM device", |row, changes| {
        let device = Device {
            member: MemberId(row.get(1)?),
            name: row.get(2)?,
            added: moment(row, 3)?,
            revoked: row.get(4)?,
        };
        changes.push(Change::Device(key(row, 0)?, device));
        Ok(())
    })?;
    all("SELECT id, name, gone FROM groups_of_members ORDER BY id", |row, changes| {
        let id = GroupId(row.get(0)?);
        changes.push(Change::Group(id, row.get(1)?));
        changes.extend(row.get::<_, bool>(2)?.then_some(Change::GroupGone(id)));
        Ok(())
    })?;
    all("SELECT group_id, member, until FROM in_group", |row, changes| {
        let (group, member) = (GroupId(row.get(0)?), MemberId(row.get(1)?));
        changes.push(Change::InGroup { group, member, until: end(row, 2)? });
        Ok(())
    })?;
    all("SELECT code, made_by, role, group_ids, device_of, uses, expires FROM invite", |row, changes| {
        let malformed = || StoreError::Malformed("an invite");
        let code = CodeHash::from_slice(row.get_ref(0)?.as_blob()?).ok_or_else(malformed)?;
        let groups: Vec<u32> = serde_json::from_str(row.get_ref(3)?.as_str()?).map_err(|_| malformed())?;
        let terms = InviteTerms {
            by: row.get::<_, Option<u32>>(1)?.map(MemberId),
            role: word(row, 2, Role::ALL, Role::word)?,
            groups: groups.into_iter().map(GroupId).collect(),
            device_of: row.get::<_, Option<u32>>(4)?.map(MemberId),
            uses: row.get(5)?,
            expires: moment(row, 6)?,
        };
        changes.push(Change::Invite(code, terms));
        Ok(())
    })?;
    all("SELECT id, v1, v2, name, allows, subject, until, gone FROM rule ORDER BY id", |row, changes| {
        let id = RuleId(row.get::<_, i64>(0)?.unsigned_abs());
        let scope = match (rows::info_hash(row, 1)?, parsed(row, 3)?) {
            (Some(item), _) => Scope::Item(item),
            (None, Some(name)) => Scope::Name(name),
            (None, None) => Scope::Pool,
        };
        let subject = Subject::from_number(row.get(5)?);
        changes.push(Change::Rule(Rule {
            id,
            scope,
            right: word(row, 4, Right::ALL, Right::word)?,
            subject,
            until: end(row, 6)?,
        }));
        changes.extend(row.get::<_, bool>(7)?.then_some(Change::RuleGone(id)));
        Ok(())
    })?;
    all("SELECT key, made_before, expires FROM voided", |row, changes| {
        let voided = Voided { key: key(row, 0)?, before: moment(row, 1)?, expires: moment(row, 2)? };
        changes.push(Change::Voided(voided));
        Ok(())
    })?;
    all("SELECT epoch, swept FROM access", |row, changes| {
        changes.push(Change::RulesEnded(moment(row, 1)?));
        changes.push(Change::Epoch(row.get::<_, i64>(0)?.unsigned_abs()));
        Ok(())
    })?;
    people::load(connection, &mut changes)?;
    passkeys::load(connection, &mut changes)?;
    stock::load(connection, &mut changes)?;
    Ok(changes)
}

/// Keeps all of these changes, or none, and returns when they outlive a loss of power.
pub(super) fn commit(connection: &mut Connection, changes: &[Change]) -> Result<(), StoreError> {
    // Whoever was told that somebody is out must not find it in again: the log is synced for these few changes.
    connection.pragma_update(None, "synchronous", "full")?;
    let committed = write_all(connection, changes);
    connection.pragma_update(None, "synchronous", "normal")?;
    committed
}

fn write_all(connection: &mut Connection, changes: &[Change]) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("INSERT OR IGNORE INTO access (only_row, epoch, swept) VALUES (1, 0, 0)", [])?;
    for change in changes {
        write(&transaction, change)?;
    }
    Ok(transaction.commit()?)
}

fn write(to: &Transaction<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Member(id, member) => to.execute(
            "INSERT OR REPLACE INTO member (id, name, role, state) VALUES (?, ?, ?, ?)",
            params![id.0, member.name, member.role.word(), member.state.word()],
        ),
        Change::Device(key, device) => to.execute(
            "INSERT OR REPLACE INTO device (key, member, name, added, revoked) VALUES (?, ?, ?, ?, ?)",
            params![&key.0[..], device.member.0, device.name, seconds(device.added), device.revoked],
        ),
        Change::Group(id, name) => to.execute(
            "INSERT OR REPLACE INTO groups_of_members (id, name, gone) VALUES (?, ?, 0)",
            params![id.0, name],
        ),
        Change::GroupGone(id) => {
            to.execute("UPDATE groups_of_members SET gone = 1 WHERE id = ?", [id.0])?;
            to.execute("DELETE FROM in_group WHERE group_id = ?", [id.0])?;
            to.execute(
                "DELETE FROM groups_of_members WHERE gone AND id < (SELECT max(id) FROM groups_of_members)",
                [],
            )
        }
        Change::InGroup { group, member, until } => to.execute(
            "INSERT OR REPLACE INTO in_group (group_id, member, until) VALUES (?, ?, ?)",
            params![group.0, member.0, until.map(seconds)],
        ),
        Change::LeftGroup { group, member } => {
            to.execute("DELETE FROM in_group WHERE group_id = ? AND member = ?", params![group.0, member.0])
        }
        Change::Invite(code, terms) => {
            let groups: Vec<u32> = terms.groups.iter().map(|group| group.0).collect();
            to.execute(
                "INSERT OR REPLACE INTO invite (code, made_by, role, group_ids, device_of, uses, expires)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![
                    &code.0[..],
                    terms.by.map(|by| by.0),
                    terms.role.word(),
                    serde_json::json!(groups).to_string(),
                    terms.device_of.map(|member| member.0),
                    terms.uses,
                    seconds(terms.expires),
                ],
            )
        }
        Change::InviteGone(code) => to.execute("DELETE FROM invite WHERE code = ?", [&code.0[..]]),
        Change::Rule(rule) => {
            let (item, name) = match &rule.scope {
                Scope::Item(item) => (Some(item), None),
                Scope::Name(name) => (None, Some(name.to_string())),
                Scope::Pool => (None, None),
            };
            to.execute(
                "INSERT OR REPLACE INTO rule (id, v1, v2, name, allows, subject, until, gone)
                 VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                params![
                    signed(rule.id.0),
                    item.and_then(InfoHash::v1).as_ref().map(|hash| &hash.0[..]),
                    item.and_then(InfoHash::v2).as_ref().map(|hash| &hash.0[..]),
                    name,
                    rule.right.word(),
                    rule.subject.number(),
                    rule.until.map(seconds),
                ],
            )
        }
        Change::RuleGone(id) => {
            let id = signed(id.0);
            to.execute("UPDATE rule SET gone = 1 WHERE id = ?", [id])?;
            to.execute("DELETE FROM rule WHERE gone AND id < (SELECT max(id) FROM rule)", [])
        }
        Change::RulesEnded(by) => to.execute("UPDATE access SET swept = max(swept, ?)", [seconds(*by)]),
        Change::Voided(voided) => to.execute(
            "INSERT OR REPLACE INTO voided (key, made_before, expires) VALUES (?, ?, ?)",
            params![&voided.key.0[..], seconds(voided.before), seconds(voided.expires)],
        ),
        Change::VoidForgotten(key) => to.execute("DELETE FROM voided WHERE key = ?", [&key.0[..]]),
        Change::Password(member, password) => {
            return people::set_password(to, *member, password.as_deref());
        }
        Change::Identity(identity, linked) => return people::link(to, identity, linked),
        Change::IdentityGone(identity) => return people::unlink(to, identity),
        Change::Passkey(id, passkey) => return passkeys::add(to, id, passkey),
        Change::PasskeyGone(id) => return passkeys::remove(to, id),
        Change::Ticket(secret, ticket) => return people::add(to, secret, ticket),
        Change::TicketGone(secret) => return people::remove(to, secret),
        Change::Stock(item, private) => return stock::set(to, item, private.as_ref()),
        Change::AnnounceKey(hash, key) => return stock::add_key(to, hash, key),
        Change::AnnounceKeyGone(hash) => return stock::remove_key(to, hash),
        Change::Noted(entry) => return audit::write(to, entry),
        Change::Epoch(epoch) => to.execute("UPDATE access SET epoch = ?", [signed(*epoch)]),
    }?;
    Ok(())
}

/// Which of all it is whose word stands there.
fn word<T: Copy, const N: usize>(
    row: &Row<'_>,
    at: usize,
    all: [T; N],
    word_of: fn(T) -> &'static str,
) -> Result<T, StoreError> {
    let said = row.get_ref(at)?.as_str()?;
    let known = all.into_iter().find(|&value| word_of(value) == said);
    known.ok_or(StoreError::Malformed("a word about members"))
}

fn key(row: &Row<'_>, at: usize) -> Result<PublicKey, StoreError> {
    PublicKey::from_slice(row.get_ref(at)?.as_blob()?).ok_or(StoreError::Malformed("a device's key"))
}

fn parsed<T: FromStr>(row: &Row<'_>, at: usize) -> Result<Option<T>, StoreError> {
    let text = row.get_ref(at)?.as_str_or_null()?;
    let parsed = text.map(|text| text.parse().map_err(|_| StoreError::Malformed("what a rule is about")));
    parsed.transpose()
}

pub(super) fn moment(row: &Row<'_>, at: usize) -> Result<Moment, StoreError> {
    Ok(Moment(row.get::<_, i64>(at)?.unsigned_abs()))
}

pub(super) fn end(row: &Row<'_>, at: usize) -> Result<Option<Moment>, StoreError> {
    Ok(row.get::<_, Option<i64>>(at)?.map(|seconds| Moment(seconds.unsigned_abs())))
}
