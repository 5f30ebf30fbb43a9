//! How people get in without a device: sign-in, sign-up, passwords, sessions, tokens.

use std::time::Duration;

use axum::{
    Extension, Json, Router,
    extract::State,
    response::Response,
    routing::{delete, get, post},
};
use peerpool_access::{
    Moment, SecretHash,
    members::{Command, Ticket, TicketKind, Way},
};
use peerpool_api::{
    ApiToken, Changed, MadeToken, MakeToken, SetPassword, SignIn, SignUp, SignedIn, TokenScope, paths,
};

use super::{Answer, Asking, Body, Named, given, path, stranger::Stranger};
use crate::{
    app::App,
    connection::Connection,
    members::{Caller, Known, MembersError, Secret},
    request_error::RequestError,
};

/// How long a token lasts when nobody says otherwise, and at most.
const TOKEN: u64 = 90 * 24 * 3600;
const LONGEST_TOKEN: u64 = 365 * 24 * 3600;

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

async fn sign_in(
    State(app): State<App>,
    stranger: Stranger,
    body: Body<SignIn>,
) -> Result<Response, RequestError> {
    let SignIn { name, password } = given(body)?;
    let (host, account) = (stranger.connection.endpoints.remote, name.clone());
    let found = stranger.members.ask(move |desk| desk.try_password(host, &account)).await??;
    let kept = found.as_ref().map(|(_, kept)| kept.clone());
    if !app.passwords.is(password, kept).await.map_err(MembersError::from)? {
        return Err(MembersError::WrongPassword.into());
    }
    let (member, kept) = found.ok_or(MembersError::WrongPassword)?;
    let entering = stranger.enter(move |members, now, begun| {
        // It may have got another one meanwhile.
        match members.password(member) == Some(kept.as_str()) {
            true => Ok(begun.sign_in(members, member, now)),
            false => Err(MembersError::WrongPassword),
        }
    });
    let entered = entering.await?;
    stranger.members.ask(move |desk| desk.attempts.right(host, Some(&name))).await?;
    Ok(entered)
}

async fn sign_up(
    State(app): State<App>,
    stranger: Stranger,
    body: Body<SignUp>,
) -> Result<Response, RequestError> {
    let SignUp { code, name, password } = given(body)?;
    // Nobody who has no invite has the tracker hash anything.
    let code = stranger.invited(&code).await?;
    let way = Way::Password(app.passwords.hash(password).await.map_err(MembersError::from)?);
    let entering = stranger.enter(move |members, now, begun| {
        Ok(members.sign_up(now, &code, name, way, |member| begun.of(member, now))?)
    });
    entering.await
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
