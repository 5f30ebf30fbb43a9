//! How people get in without a device: sign-in, sign-up, passwords, sessions, tokens.

use std::time::Duration;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{
        HeaderMap, HeaderValue,
        header::{SET_COOKIE, USER_AGENT},
    },
    response::{IntoResponse as _, Response},
    routing::{delete, get, post},
};
use data_encoding::BASE64URL_NOPAD;
use peerpool_access::{
    Code, MemberId, Moment, SecretHash,
    members::{Command, JoinError, Ticket, TicketKind, Way},
};
use peerpool_api::{
    ApiToken, Changed, MadeToken, MakeToken, Session, SetPassword, SignIn, SignUp, SignedIn, TokenScope,
    paths,
};
use peerpool_web::session::secure_cookie;

use super::{Answer, Asking, Body, Named, given, path};
use crate::{
    app::App,
    connection::Connection,
    members::{Caller, Known, MembersError, MembersHandle, Secret},
    request_error::RequestError,
};

/// How long a browser stays signed in.
const SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a token lasts when nobody says otherwise, and at most.
const TOKEN: u64 = 90 * 24 * 3600;
const LONGEST_TOKEN: u64 = 365 * 24 * 3600;
/// Longest part of what a browser calls itself that is kept.
const MAX_AGENT: usize = 200;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::SIGN_IN, post(sign_in))
        .route(paths::SIGN_UP, post(sign_up))
        .route(paths::SIGN_OUT, post(sign_out))
        .route(paths::PASSWORD, post(set_password))
        .route(paths::SESSIONS, get(sessions))
        .route(paths::ONE_SESSION, delete(end_session))
        .route(paths::TOKENS, get(tokens).post(make_token))
        .route(paths::TOKEN, delete(end_token))
}

/// The members of the pool, for who is none yet. In an open pool there is nothing at these paths.
pub(super) struct Strangers(pub(super) MembersHandle);

impl axum::extract::FromRequestParts<App> for Strangers {
    type Rejection = RequestError;

    async fn from_request_parts(_: &mut axum::http::request::Parts, app: &App) -> Result<Self, RequestError> {
        app.members.clone().map(Self).ok_or(RequestError::NoSuchPath)
    }
}

async fn sign_in(
    State(app): State<App>,
    Strangers(members): Strangers,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    body: Body<SignIn>,
) -> Result<Response, RequestError> {
    let SignIn { name, password } = given(body)?;
    let (host, account) = (connection.endpoints.remote, name.clone());
    let found = members.ask(move |desk| desk.try_password(host, &account)).await??;
    let kept = found.as_ref().map(|(_, kept)| kept.clone());
    if !app.passwords.is(password, kept).await.map_err(MembersError::from)? {
        return Err(MembersError::WrongPassword.into());
    }
    let (member, kept) = found.ok_or(MembersError::WrongPassword)?;
    let begun = Begun::new(&headers);
    let (hash, agent) = (begun.hash(), begun.agent.clone());
    let cookie = begun.cookie.hash;
    let signing = members.change(move |members, _, now| {
        // It may have got another one meanwhile.
        match members.password(member) == Some(kept.as_str()) {
            true => Ok(members.sign_in(now, hash, session_of(member, cookie, agent, now))),
            false => Err(MembersError::WrongPassword),
        }
    });
    signing.await??;
    members.ask(move |desk| desk.attempts.right(host, Some(&name))).await?;
    Ok(begun.answer(&connection))
}

async fn sign_up(
    State(app): State<App>,
    Strangers(members): Strangers,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    body: Body<SignUp>,
) -> Result<Response, RequestError> {
    let SignUp { code, name, password } = given(body)?;
    // Nobody who has no invite has the tracker hash anything.
    let code = invited(&members, &code).await?;
    let password = app.passwords.hash(password).await.map_err(MembersError::from)?;
    let begun = Begun::new(&headers);
    let (hash, agent, cookie) = (begun.hash(), begun.agent.clone(), begun.cookie.hash);
    let signing = members.change(move |members, _, now| {
        let session = |member| (hash, session_of(member, cookie, agent, now));
        Ok(members.sign_up(now, &code, name, Way::Password(password), session)?)
    });
    signing.await??;
    Ok(begun.answer(&connection))
}

/// The code that somebody wrote, if an invite with it holds.
pub(super) async fn invited(members: &MembersHandle, code: &str) -> Result<Code, RequestError> {
    let code = BASE64URL_NOPAD.decode(code.as_bytes()).ok().and_then(|code| code.try_into().ok());
    let code = Code(code.ok_or(MembersError::Join(JoinError::NoInvite))?);
    let (asked, now) = (code.clone(), Moment(crate::clock::date()));
    let holds = move |desk: &mut crate::members::Desk| {
        desk.members.invites().any(|(hash, terms)| hash == asked.hash() && now < terms.expires)
    };
    match members.ask(holds).await? {
        true => Ok(code),
        false => Err(MembersError::Join(JoinError::NoInvite).into()),
    }
}

async fn sign_out(asking: Asking) -> Answer<Changed> {
    asking.command(|known| Ok(vec![Command::EndTicket(known.who.session()?)])).await
}

async fn set_password(
    State(app): State<App>,
    asking: Asking,
    Extension(connection): Extension<Connection>,
    body: Body<SetPassword>,
) -> Answer<Changed> {
    let SetPassword { old, new } = given(body)?;
    let (host, caller) = (connection.endpoints.remote, asking.caller);
    let asked = asking.members.ask(move |desk| {
        let who = desk.who(caller)?;
        if matches!(caller, Caller::Device(_)) {
            return Ok(None);
        }
        who.session()?;
        // Who signs in by something else alone has none to say.
        if desk.members.password(who.member).is_none() {
            return Ok(None);
        }
        let name = desk.members.member(who.member).map(|member| member.name.clone()).unwrap_or_default();
        let kept = desk.try_password(host, &name)?.map(|(_, kept)| kept);
        Ok::<_, MembersError>(Some((name, kept)))
    });
    if let Some((name, kept)) = asked.await?? {
        if !app.passwords.is(old.unwrap_or_default(), kept).await.map_err(MembersError::from)? {
            return Err(MembersError::WrongPassword.into());
        }
        asking.members.ask(move |desk| desk.attempts.right(host, Some(&name))).await?;
    }
    let password = app.passwords.hash(new).await.map_err(MembersError::from)?;
    asking
        .command(move |Known { by, who, .. }| {
            Ok(vec![Command::SetPassword { member: by, password, but: who.session().ok() }])
        })
        .await
}

async fn sessions(asking: Asking) -> Answer<Vec<SignedIn>> {
    asking
        .look(|Known { members, by, who, .. }, _| {
            let own = members.tickets(by).into_iter().filter_map(|(hash, ticket)| match &ticket.kind {
                TicketKind::Session { agent, .. } => Some(SignedIn {
                    id: hash.id(),
                    agent: agent.clone(),
                    since: ticket.made.0,
                    expires: ticket.expires.0,
                    current: who.ticket == Some(hash),
                }),
                TicketKind::Token { .. } => None,
            });
            Ok(own.collect())
        })
        .await
}

async fn tokens(asking: Asking) -> Answer<Vec<ApiToken>> {
    asking
        .look(|Known { members, by, .. }, _| {
            let own = members.tickets(by).into_iter().filter_map(|(hash, ticket)| match &ticket.kind {
                TicketKind::Token { name, writes } => Some(ApiToken {
                    id: hash.id(),
                    name: name.clone(),
                    scope: if *writes { TokenScope::Write } else { TokenScope::Read },
                    added: ticket.made.0,
                    expires: ticket.expires.0,
                }),
                TicketKind::Session { .. } => None,
            });
            Ok(own.collect())
        })
        .await
}

async fn make_token(asking: Asking, body: Body<MakeToken>) -> Answer<MadeToken> {
    let MakeToken { name, scope, seconds } = given(body)?;
    let secret = Secret::random();
    let (hash, lasting) = (secret.hash, Duration::from_secs(seconds.unwrap_or(TOKEN).min(LONGEST_TOKEN)));
    let expires = Moment(crate::clock::date()) + lasting;
    let making = asking.command(move |Known { by, who, now, .. }| {
        who.may_let_in()?;
        let kind = TicketKind::Token { name, writes: scope == TokenScope::Write };
        Ok(vec![Command::MakeToken(hash, Ticket { member: by, kind, made: now, expires })])
    });
    let Json(_) = making.await?;
    Ok(Json(MadeToken { id: hash.id(), token: secret.text, expires: expires.0 }))
}

async fn end_session(asking: Asking, id: Named) -> Answer<Changed> {
    end(asking, id, "session", true).await
}

async fn end_token(asking: Asking, id: Named) -> Answer<Changed> {
    end(asking, id, "token", false).await
}

async fn end(asking: Asking, id: Named, kind: &'static str, sessions: bool) -> Answer<Changed> {
    let id = path(id)?;
    asking
        .command(move |Known { members, by, who, .. }| {
            who.may_let_in()?;
            let is_meant = |(hash, ticket): &(SecretHash, &Ticket)| {
                hash.id() == id && matches!(ticket.kind, TicketKind::Session { .. }) == sessions
            };
            let found = members.tickets(by).into_iter().find(is_meant);
            let (hash, _) = found.ok_or_else(|| MembersError::Unknown { kind, name: id.clone() })?;
            Ok(vec![Command::EndTicket(hash)])
        })
        .await
}

/// The secrets of a session that begins.
pub(super) struct Begun {
    key: Secret,
    pub(super) cookie: Secret,
    pub(super) agent: String,
}

impl Begun {
    pub(super) fn new(headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        Self {
            key: Secret::random(),
            cookie: Secret::random(),
            agent: agent.chars().take(MAX_AGENT).collect(),
        }
    }

    pub(super) fn hash(&self) -> SecretHash {
        self.key.hash
    }

    pub(super) fn answer(self, connection: &Connection) -> Response {
        let mut response = Json(Session { key: self.key.text }).into_response();
        let cookie = secure_cookie(&self.cookie.text, connection.local.port(), SESSION);
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

pub(super) fn session_of(member: MemberId, cookie: SecretHash, agent: String, now: Moment) -> Ticket {
    Ticket { member, kind: TicketKind::Session { cookie, agent }, made: now, expires: now + SESSION }
}
