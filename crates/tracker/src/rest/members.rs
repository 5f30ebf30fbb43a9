//! What members, and who wants to become one, ask under `/api/v1`.

mod audit;
mod groups;
mod passkeys;
mod people;
mod provider;
mod rules;
mod sign_ins;
mod stock;
mod stranger;
mod transfers;

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{
        FromRequestParts, Path,
        rejection::{JsonRejection, PathRejection},
    },
    http::{HeaderMap, request::Parts},
    routing::{delete, get, patch, post},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use peerpool_access::{
    Code, CodeHash, GroupId, Invite, MemberId, Members, Role, SecretHash,
    key::PublicKey,
    members::{self, Command, InviteTerms, JoinError, Newcomer, State as Standing},
};
use peerpool_api::{
    self as api, AlterMember, Changed, Join, Joined, MadeInvite, MakeInvite, Me, PoolKeyset, Rekey, paths,
};

use crate::{
    app::App,
    connection::Connection,
    members::{Caller, Desk, Known, MembersError, MembersHandle},
    request_error::RequestError,
    torrent,
};

/// How long an invite lasts when nobody says otherwise, and at most.
const INVITE: u64 = 7 * 24 * 3600;
const LONGEST_INVITE: u64 = 365 * 24 * 3600;

type Answer<T> = Result<Json<T>, RequestError>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Named = Result<Path<String>, PathRejection>;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::KEYSET, get(keyset))
        .route(paths::JOIN, post(join))
        .route(paths::ME, get(me))
        .route(paths::INVITES, get(invites).post(make_invite))
        .route(paths::INVITE, delete(withdraw_invite))
        .route(paths::MEMBERS, get(list))
        .route(paths::MEMBER, patch(alter).delete(remove))
        .route(paths::DEVICES, get(devices))
        .route(paths::DEVICE, delete(revoke))
        .route(paths::REKEY, post(rekey))
        .merge(groups::routes())
        .merge(people::routes())
        .merge(provider::routes())
        .merge(passkeys::routes())
        .merge(sign_ins::routes())
        .merge(rules::routes())
        .merge(stock::routes())
        .merge(audit::routes())
        .merge(transfers::routes())
}

/// The members of the pool, and who asks for them. In an open pool there is nothing at these paths.
struct Asking {
    members: MembersHandle,
    caller: Caller,
}

impl FromRequestParts<App> for Asking {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        let members = app.members.clone().ok_or(RequestError::NoSuchPath)?;
        let caller = *parts.extensions.get::<Caller>().ok_or(MembersError::MembersOnly)?;
        Ok(Self { members, caller })
    }
}

impl Asking {
    async fn command(
        self,
        commands: impl FnOnce(Known<'_>) -> Result<Vec<Command>, MembersError> + Send + 'static,
    ) -> Answer<Changed> {
        Ok(Json(self.members.command(self.caller, commands).await??))
    }

    /// The session that asks, which alone may let its member in by something else.
    async fn session(&self) -> Result<SecretHash, RequestError> {
        let caller = self.caller;
        let asked = self.members.ask(move |desk| {
            let who = desk.who(caller)?;
            who.may_let_in()?;
            who.session()
        });
        Ok(asked.await??)
    }

    /// Shows an active member something of the members.
    async fn show<T: Send + 'static>(
        self,
        show: impl FnOnce(&Members, MemberId, &members::Member) -> T + Send + 'static,
    ) -> Answer<T> {
        self.look(move |Known { members, by, .. }, member| Ok(show(members, by, member))).await
    }

    /// The same, of the items as well, or why not.
    async fn look<T: Send + 'static>(
        self,
        look: impl FnOnce(Known<'_>, &members::Member) -> Result<T, MembersError> + Send + 'static,
    ) -> Answer<T> {
        let shown = self.members.ask(move |desk| {
            let (now, who) = (desk.now(), desk.who(self.caller)?);
            let Desk { members, items, .. } = &*desk;
            let by = who.member;
            let member = members.member(by).ok_or(MembersError::NotAMember)?;
            look(Known { members, items, by, who, now }, member)
        });
        Ok(Json(shown.await??))
    }
}

/// Whoever may be told of all that the tracker has: an administrator, and anybody in an open pool.
pub(crate) struct Operator;

impl FromRequestParts<App> for Operator {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        if app.members.is_some() {
            audit::only_admins(Asking::from_request_parts(parts, app).await?).await?;
        }
        Ok(Self)
    }
}

async fn keyset(Asking { members, .. }: Asking) -> Answer<PoolKeyset> {
    let shown = members.ask(|desk| PoolKeyset {
        pool: HEXLOWER.encode(&desk.keys().pool().0),
        name: desk.keys().keyset().name.clone(),
        keyset: BASE64URL_NOPAD.encode(desk.keys().statement()),
    });
    Ok(Json(shown.await?))
}

/// The code of an invite that somebody wrote.
fn code_of(text: &str) -> Result<Code, MembersError> {
    let code = BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|code| code.try_into().ok());
    code.map(Code).ok_or(MembersError::Join(JoinError::NoInvite))
}

async fn join(asking: Asking, body: Body<Join>) -> Answer<Joined> {
    let Join { code, name, device } = given(body)?;
    let code = code_of(&code)?;
    let Caller::Device(key) = asking.caller else { return Err(MembersError::MembersOnly.into()) };
    let newcomer = Newcomer { key, name, device };
    let joining = asking.members.change(move |members, _, now| {
        let (_, effects) = members.join(now, &code, newcomer)?;
        Ok(effects)
    });
    joining.await??;
    let Json(Me { member, name, role, .. }) = me(asking).await?;
    Ok(Json(Joined { member, name, role }))
}

async fn me(asking: Asking) -> Answer<Me> {
    let caller = asking.caller;
    asking
        .show(move |members, id, member| Me {
            member: id.0,
            name: member.name.clone(),
            role: role(member.role),
            device: match caller {
                Caller::Device(key) => members.device(key).map(|device| device.name.clone()),
                Caller::Person(_) => None,
            }
            .unwrap_or_default(),
            groups: groups_of(members, id),
        })
        .await
}

async fn invites(asking: Asking) -> Answer<Vec<api::Invite>> {
    asking
        .show(|members, id, member| {
            let is_shown = |terms: &InviteTerms| member.role == Role::Admin || terms.by == Some(id);
            let shown = members.invites().filter(|(_, terms)| is_shown(terms));
            shown.map(|(code, terms)| invite(members, code, terms)).collect()
        })
        .await
}

async fn make_invite(
    asking: Asking,
    axum::Extension(connection): axum::Extension<Connection>,
    headers: HeaderMap,
    body: Body<MakeInvite>,
) -> Answer<MadeInvite> {
    let MakeInvite { role, groups, device_of, uses, seconds } = given(body)?;
    let code = Code(rand::random());
    let hash = code.hash();
    let lasting = Duration::from_secs(seconds.unwrap_or(INVITE).min(LONGEST_INVITE));
    let (root, by) = (asking.members.root, asking.members.clone());
    let making = asking.command(move |Known { members, now, .. }| {
        let groups = groups.into_iter().map(|name| group_named(members, &name));
        Ok(vec![Command::Invite {
            code: hash,
            role: role.map_or(Role::Member, access_role),
            groups: groups.collect::<Result<_, _>>()?,
            device_of: device_of.map(|name| member_named(members, &name)).transpose()?,
            uses: uses.unwrap_or(1),
            expires: now + lasting,
        }])
    });
    let Json(_) = making.await?;
    let expires = by.ask(move |desk| {
        let mut invites = desk.members.invites();
        invites.find(|(code, _)| *code == hash).map_or(0, |(_, terms)| terms.expires.0)
    });
    let tracker = torrent::host_of(&headers, &connection);
    let link = Invite { tracker, root, code }.to_string();
    Ok(Json(MadeInvite { id: hash.id(), link, expires: expires.await? }))
}

async fn withdraw_invite(asking: Asking, id: Named) -> Answer<Changed> {
    let id = path(id)?;
    asking
        .command(move |Known { members, .. }| {
            let found = members.invites().find(|(code, _)| code.id() == id);
            let (code, _) = found.ok_or(MembersError::Unknown { kind: "invite", name: id })?;
            Ok(vec![Command::Uninvite(code)])
        })
        .await
}

async fn list(asking: Asking) -> Answer<Vec<api::Member>> {
    asking
        .show(|members, _, _| {
            let shown = members.iter().map(|(id, member)| api::Member {
                member: id.0,
                name: member.name.clone(),
                role: role(member.role),
                state: state(member.state),
                devices: count(
                    members.devices().filter(|(_, device)| device.member == id && !device.revoked),
                ),
                groups: groups_of(members, id),
            });
            shown.collect()
        })
        .await
}

async fn alter(asking: Asking, name: Named, body: Body<AlterMember>) -> Answer<Changed> {
    let (name, alter) = (path(name)?, given(body)?);
    asking
        .command(move |Known { members, .. }| {
            let id = member_named(members, &name)?;
            let renamed = alter.name.map(|name| Command::Rename(id, name));
            let role = alter.role.map(|role| Command::SetRole(id, access_role(role)));
            let state = alter.state.map(|state| match state {
                api::MemberState::Active => Command::Resume(id),
                api::MemberState::Suspended => Command::Suspend(id),
                api::MemberState::Removed => Command::Remove(id),
            });
            Ok(renamed.into_iter().chain(role).chain(state).collect())
        })
        .await
}

async fn remove(asking: Asking, name: Named) -> Answer<Changed> {
    let name = path(name)?;
    asking.command(move |known| Ok(vec![Command::Remove(member_named(known.members, &name)?)])).await
}

async fn devices(asking: Asking) -> Answer<Vec<api::Device>> {
    asking
        .show(|members, id, member| {
            let is_shown = |device: &members::Device| member.role == Role::Admin || device.member == id;
            let shown = members.devices().filter(|(_, device)| is_shown(device));
            let shown = shown.map(|(key, device)| api::Device {
                key: HEXLOWER.encode(&key.0),
                member: name_of(members, device.member),
                name: device.name.clone(),
                added: device.added.0,
                revoked: device.revoked,
            });
            shown.collect()
        })
        .await
}

async fn revoke(asking: Asking, key: Named) -> Answer<Changed> {
    let key = key_of(&path(key)?)?;
    asking.command(move |_| Ok(vec![Command::Revoke(key)])).await
}

async fn rekey(asking: Asking, key: Named, body: Body<Rekey>) -> Answer<Changed> {
    let (old, new) = (key_of(&path(key)?)?, key_of(&given(body)?.new)?);
    asking.command(move |_| Ok(vec![Command::Rekey { old, new }])).await
}

fn given<T>(body: Body<T>) -> Result<T, RequestError> {
    match body {
        Ok(Json(body)) => Ok(body),
        Err(JsonRejection::MissingJsonContentType(_)) => Err(RequestError::NotJson),
        Err(error) => Err(RequestError::BadQuery(error.body_text())),
    }
}

fn path(named: Named) -> Result<String, RequestError> {
    let Path(name) = named.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(name)
}

fn key_of(text: &str) -> Result<PublicKey, RequestError> {
    let key = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().and_then(|key| PublicKey::from_slice(&key));
    key.ok_or_else(|| RequestError::BadQuery(format!("`{text}` is no key: write 64 hexadecimal digits")))
}

fn member_named(members: &Members, name: &str) -> Result<MemberId, MembersError> {
    let unknown = || MembersError::Unknown { kind: "member", name: name.to_owned() };
    members.named(name).ok_or_else(unknown)
}

fn group_named(members: &Members, name: &str) -> Result<GroupId, MembersError> {
    let unknown = || MembersError::Unknown { kind: "group", name: name.to_owned() };
    members.group_named(name).ok_or_else(unknown)
}

fn name_of(members: &Members, id: MemberId) -> String {
    members.member(id).map(|member| member.name.clone()).unwrap_or_default()
}

fn groups_of(members: &Members, id: MemberId) -> Vec<String> {
    let groups = members.groups().filter(|(_, group)| group.members.contains_key(&id));
    groups.map(|(_, group)| group.name.clone()).collect()
}

fn invite(members: &Members, code: CodeHash, terms: &InviteTerms) -> api::Invite {
    let named = members.groups().filter(|(id, _)| terms.groups.contains(id));
    api::Invite {
        id: code.id(),
        by: terms.by.map(|by| name_of(members, by)),
        role: role(terms.role),
        groups: named.map(|(_, group)| group.name.clone()).collect(),
        device_of: terms.device_of.map(|member| name_of(members, member)),
        uses: terms.uses,
        expires: terms.expires.0,
    }
}

fn count(all: impl Iterator) -> u32 {
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

fn role(role: Role) -> api::Role {
    match role {
        Role::Admin => api::Role::Admin,
        Role::Member => api::Role::Member,
        Role::Reader => api::Role::Reader,
        Role::Guest => api::Role::Guest,
    }
}

fn access_role(role: api::Role) -> Role {
    match role {
        api::Role::Admin => Role::Admin,
        api::Role::Member => Role::Member,
        api::Role::Reader => Role::Reader,
        api::Role::Guest => Role::Guest,
    }
}

fn state(state: Standing) -> api::MemberState {
    match state {
        Standing::Active => api::MemberState::Active,
        Standing::Suspended => api::MemberState::Suspended,
        Standing::Removed => api::MemberState::Removed,
    }
}

#[cfg(test)]
mod tests;
