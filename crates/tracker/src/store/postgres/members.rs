//! Members in the database.

use std::str::FromStr;

use peerpool_access::{
    CodeHash, GroupId, MemberId, Moment, Right, Role, Subject,
    guard::Voided,
    key::PublicKey,
    members::{Change, Device, InviteTerms, Member, State},
    rules::{Rule, RuleId, Scope},
};
use tokio_postgres::{Client, GenericClient, Row, Transaction};

use super::{
    super::{
        StoreError,
        numbers::{seconds, signed},
    },
    audit, items, passkeys, people, stock,
};

/// What was kept, as changes that give it again.
pub(super) async fn load(client: &impl GenericClient) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    for row in client.query("SELECT id, name, role, state FROM member ORDER BY id", &[]).await? {
        let member = Member {
            name: row.try_get(1)?,
            role: word(&row, 2, Role::ALL, Role::word)?,
            state: word(&row, 3, State::ALL, State::word)?,
        };
        changes.push(Change::Member(MemberId(small(&row, 0)?), member));
    }
    for row in client.query("SELECT key, member, name, added, revoked FROM device", &[]).await? {
        let device = Device {
            member: MemberId(small(&row, 1)?),
            name: row.try_get(2)?,
            added: moment(&row, 3)?,
            revoked: row.try_get(4)?,
        };
        changes.push(Change::Device(key(&row, 0)?, device));
    }
    for row in client.query("SELECT id, name, gone FROM groups_of_members ORDER BY id", &[]).await? {
        let id = GroupId(small(&row, 0)?);
        changes.push(Change::Group(id, row.try_get(1)?));
        changes.extend(row.try_get::<_, bool>(2)?.then_some(Change::GroupGone(id)));
    }
    for row in client.query("SELECT group_id, member, until FROM in_group", &[]).await? {
        let (group, member) = (GroupId(small(&row, 0)?), MemberId(small(&row, 1)?));
        changes.push(Change::InGroup { group, member, until: end(&row, 2)? });
    }
    let invites = "SELECT code, made_by, role, group_ids, device_of, uses, expires FROM invite";
    for row in client.query(invites, &[]).await? {
        let code = CodeHash::from_slice(row.try_get(0)?).ok_or(StoreError::Malformed("an invite"))?;
        let groups = row.try_get::<_, Vec<i64>>(3)?.into_iter().map(in_range);
        let terms = InviteTerms {
            by: member(&row, 1)?,
            role: word(&row, 2, Role::ALL, Role::word)?,
            groups: groups.map(|group| group.map(GroupId)).collect::<Result<_, _>>()?,
            device_of: member(&row, 4)?,
            uses: small(&row, 5)?,
            expires: moment(&row, 6)?,
        };
        changes.push(Change::Invite(code, terms));
    }
    let rules = "SELECT id, info_hash, name, allows, subject, until, gone FROM rule ORDER BY id";
    for row in client.query(rules, &[]).await? {
        let id = RuleId(row.try_get::<_, i64>(0)?.unsigned_abs());
        changes.push(Change::Rule(Rule {
            id,
            scope: scope(&row, 1)?,
            right: word(&row, 3, Right::ALL, Right::word)?,
            subject: Subject::from_number(small(&row, 4)?),
            until: end(&row, 5)?,
        }));
        changes.extend(row.try_get::<_, bool>(6)?.then_some(Change::RuleGone(id)));
    }
    for row in client.query("SELECT key, made_before, expires FROM voided", &[]).await? {
        let voided = Voided { key: key(&row, 0)?, before: moment(&row, 1)?, expires: moment(&row, 2)? };
        changes.push(Change::Voided(voided));
    }
    people::load(client, &mut changes).await?;
    passkeys::load(client, &mut changes).await?;
    stock::load(client, &mut changes).await?;
    for row in client.query("SELECT epoch, swept FROM access", &[]).await? {
        changes.push(Change::RulesEnded(moment(&row, 1)?));
        changes.push(Change::Epoch(row.try_get::<_, i64>(0)?.unsigned_abs()));
    }
    Ok(changes)
}

/// How many transactions about members were kept.
pub(super) async fn written(client: &impl GenericClient) -> Result<i64, StoreError> {
    let row = client.query_opt("SELECT written FROM access", &[]).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get(0))?)
}

/// The same, once these are as safe as what is told to have been kept: a transaction after them is.
pub(super) async fn confirm(client: &Client) -> Result<i64, StoreError> {
    let row = client.query_opt("UPDATE access SET written = written RETURNING written", &[]).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get(0))?)
}

/// Writes all of these changes; they are kept once the transaction is committed.
pub(super) async fn write<'a>(
    client: &'a mut Client,
    changes: &[Change],
) -> Result<Transaction<'a>, StoreError> {
    let transaction = client.transaction().await?;
    let count = "INSERT INTO access (only_row, written) VALUES (true, 1)
         ON CONFLICT (only_row) DO UPDATE SET written = access.written + 1";
    transaction.execute(count, &[]).await?;
    write_all(&transaction, changes).await?;
    Ok(transaction)
}

/// The same as part of a transaction that counts itself.
pub(super) async fn write_all(to: &Transaction<'_>, changes: &[Change]) -> Result<(), StoreError> {
    for change in changes {
        write_one(to, change).await?;
    }
    Ok(())
}

async fn write_one(to: &Transaction<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Member(id, member) => {
            let (role, state) = (member.role.word(), member.state.word());
            to.execute(
                "INSERT INTO member (id, name, role, state) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, state = excluded.state",
                &[&i64::from(id.0), &member.name, &role, &state],
            )
            .await
        }
        Change::Device(key, device) => {
            to.execute(
                "INSERT INTO device (key, member, name, added, revoked) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (key) DO UPDATE SET member = excluded.member, name = excluded.name, added = excluded.added,
                                                 revoked = excluded.revoked",
                &[
                    &&key.0[..],
                    &i64::from(device.member.0),
                    &device.name,
                    &seconds(device.added),
                    &device.revoked,
                ],
            )
            .await
        }
        Change::Group(id, name) => {
            to.execute(
                "INSERT INTO groups_of_members (id, name) VALUES ($1, $2)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, gone = false",
                &[&i64::from(id.0), name],
            )
            .await
        }
        Change::GroupGone(id) => {
            let id = i64::from(id.0);
            to.execute("UPDATE groups_of_members SET gone = true WHERE id = $1", &[&id]).await?;
            to.execute("DELETE FROM in_group WHERE group_id = $1", &[&id]).await?;
            let last = "(SELECT max(id) FROM groups_of_members)";
            to.execute(&format!("DELETE FROM groups_of_members WHERE gone AND id < {last}"), &[]).await
        }
        Change::InGroup { group, member, until } => {
            to.execute(
                "INSERT INTO in_group (group_id, member, until) VALUES ($1, $2, $3)
                 ON CONFLICT (group_id, member) DO UPDATE SET until = excluded.until",
                &[&i64::from(group.0), &i64::from(member.0), &until.map(seconds)],
            )
            .await
        }
        Change::LeftGroup { group, member } => {
            let statement = "DELETE FROM in_group WHERE group_id = $1 AND member = $2";
            to.execute(statement, &[&i64::from(group.0), &i64::from(member.0)]).await
        }
        Change::Invite(code, terms) => {
            let groups: Vec<i64> = terms.groups.iter().map(|group| i64::from(group.0)).collect();
            to.execute(
                "INSERT INTO invite (code, made_by, role, group_ids, device_of, uses, expires)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (code) DO UPDATE SET made_by = excluded.made_by, role = excluded.role,
                     group_ids = excluded.group_ids, device_of = excluded.device_of, uses = excluded.uses,
                     expires = excluded.expires",
                &[
                    &&code.0[..],
                    &terms.by.map(|by| i64::from(by.0)),
                    &terms.role.word(),
                    &groups,
                    &terms.device_of.map(|member| i64::from(member.0)),
                    &i64::from(terms.uses),
                    &seconds(terms.expires),
                ],
            )
            .await
        }
        Change::InviteGone(code) => {
            to.execute("DELETE FROM invite WHERE code = $1", &[&&code.0[..]]).await
        }
        Change::Rule(rule) => write_rule(to, rule).await,
        Change::RuleGone(id) => {
            let id = signed(id.0);
            to.execute("UPDATE rule SET gone = true WHERE id = $1", &[&id]).await?;
            to.execute("DELETE FROM rule WHERE gone AND id < (SELECT max(id) FROM rule)", &[]).await
        }
        Change::RulesEnded(by) => {
            to.execute("UPDATE access SET swept = greatest(swept, $1)", &[&seconds(*by)]).await
        }
        Change::Voided(voided) => {
            to.execute(
                "INSERT INTO voided (key, made_before, expires) VALUES ($1, $2, $3)
                 ON CONFLICT (key) DO UPDATE SET made_before = excluded.made_before, expires = excluded.expires",
                &[&&voided.key.0[..], &seconds(voided.before), &seconds(voided.expires)],
            )
            .await
        }
        Change::VoidForgotten(key) => {
            to.execute("DELETE FROM voided WHERE key = $1", &[&&key.0[..]]).await
        }
        Change::Password(member, password) => people::set_password(to, *member, password.as_deref()).await,
        Change::Identity(identity, linked) => people::link(to, identity, linked).await,
        Change::IdentityGone(identity) => people::unlink(to, identity).await,
        Change::Passkey(id, passkey) => passkeys::add(to, id, passkey).await,
        Change::PasskeyGone(id) => passkeys::remove(to, id).await,
        Change::Ticket(secret, ticket) => people::add(to, secret, ticket).await,
        Change::TicketGone(secret) => people::remove(to, secret).await,
        Change::Stock(item, private) => stock::set(to, item, private.as_ref()).await,
        Change::AnnounceKey(hash, key) => stock::add_key(to, hash, key).await,
        Change::AnnounceKeyGone(hash) => stock::remove_key(to, hash).await,
        Change::Noted(entry) => return audit::write(to, entry).await,
        Change::Epoch(epoch) => {
            let epoch = signed(*epoch);
            to.execute("UPDATE access SET epoch = $1", &[&epoch]).await
        }
    }?;
    Ok(())
}

async fn write_rule(to: &Transaction<'_>, rule: &Rule) -> Result<u64, tokio_postgres::Error> {
    let (item, name) = match &rule.scope {
        Scope::Item(item) => (Some(items::key(*item)), None),
        Scope::Name(name) => (None, Some(name.to_string())),
        Scope::Pool => (None, None),
    };
    to.execute(
        "INSERT INTO rule (id, info_hash, name, allows, subject, until) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET info_hash = excluded.info_hash, name = excluded.name, allows = excluded.allows,
             subject = excluded.subject, until = excluded.until, gone = false",
        &[
            &signed(rule.id.0),
            &item,
            &name,
            &rule.right.word(),
            &i64::from(rule.subject.number()),
            &rule.until.map(seconds),
        ],
    )
    .await
}

/// What a rule is about, by an info-hash and by a pattern of names in the next column.
fn scope(row: &Row, at: usize) -> Result<Scope, StoreError> {
    let malformed = || StoreError::Malformed("what a rule is about");
    let (item, name): (Option<&[u8]>, Option<&str>) = (row.try_get(at)?, row.try_get(at + 1)?);
    match (item, name) {
        (Some(item), _) => items::info_hash(item).map(Scope::Item).ok_or_else(malformed),
        (None, Some(name)) => Ok(Scope::Name(FromStr::from_str(name).map_err(|_| malformed())?)),
        (None, None) => Ok(Scope::Pool),
    }
}

/// Which of all it is whose word stands there.
fn word<T: Copy, const N: usize>(
    row: &Row,
    at: usize,
    all: [T; N],
    word_of: fn(T) -> &'static str,
) -> Result<T, StoreError> {
    let said: &str = row.try_get(at)?;
    let known = all.into_iter().find(|&value| word_of(value) == said);
    known.ok_or(StoreError::Malformed("a word about members"))
}

fn key(row: &Row, at: usize) -> Result<PublicKey, StoreError> {
    PublicKey::from_slice(row.try_get(at)?).ok_or(StoreError::Malformed("a device's key"))
}

fn member(row: &Row, at: usize) -> Result<Option<MemberId>, StoreError> {
    row.try_get::<_, Option<i64>>(at)?.map(|number| in_range(number).map(MemberId)).transpose()
}

fn small(row: &Row, at: usize) -> Result<u32, StoreError> {
    in_range(row.try_get(at)?)
}

pub(super) fn in_range(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Malformed("a number about members"))
}

pub(super) fn moment(row: &Row, at: usize) -> Result<Moment, StoreError> {
    Ok(Moment(row.try_get::<_, i64>(at)?.unsigned_abs()))
}

pub(super) fn end(row: &Row, at: usize) -> Result<Option<Moment>, StoreError> {
    Ok(row.try_get::<_, Option<i64>>(at)?.map(|seconds| Moment(seconds.unsigned_abs())))
}
