//! How people sign in with an account elsewhere.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::post,
};
use peerpool_access::{
    SecretHash,
    members::{Command, JoinError, Way},
};
use peerpool_api::{AtProvider, FromProvider, ProviderAnswered, ToProvider, paths};
use peerpool_web::{page::SIGNED_IN, session::flow_cookie};

use super::{
    Asking, Body, given,
    stranger::{LONGEST_NAME, Stranger, with_cookie},
};
use crate::{
    app::App,
    members::{Caller, Known, MembersError, Secret},
    oidc::{Account, Challenge, FLOW, Flow, Oidc, OidcError, Purpose},
    outgoing::shown,
    request_error::RequestError,
    torrent,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::PROVIDER, post(begin))
        .route(paths::PROVIDER_ANSWER, post(finish))
        .route(paths::ACCOUNTS, post(link))
}

async fn begin(
    State(app): State<App>,
    stranger: Stranger,
    body: Body<ToProvider>,
) -> Result<Response, RequestError> {
    let ToProvider { code, name } = given(body)?;
    let purpose = match code {
        None => Purpose::SignIn,
        Some(code) => {
            if name.is_empty() || name.len() > LONGEST_NAME {
                return Err(MembersError::Join(JoinError::Name).into());
            }
            Purpose::SignUp { code: stranger.invited(&code).await?, name }
        }
    };
    go(app.oidc, &stranger, purpose).await
}

async fn link(State(app): State<App>, asking: Asking, stranger: Stranger) -> Result<Response, RequestError> {
    let session = asking.session().await?;
    go(app.oidc, &stranger, Purpose::Link(session)).await
}

/// Sends a browser to the provider.
async fn go(oidc: Option<Oidc>, stranger: &Stranger, purpose: Purpose) -> Result<Response, RequestError> {
    let oidc = oidc.ok_or(MembersError::Oidc(OidcError::None))?;
    let Stranger { members, connection, headers } = stranger;
    let host = connection.endpoints.remote;
    let known = members.ask(move |desk| desk.try_elsewhere(host)).await??;
    let provider = match known {
        Some(provider) => provider,
        None => Arc::new(oidc.discover().await.map_err(told)?),
    };
    let (challenge, cookie) = (Challenge::random(), Secret::random());
    let redirect = format!("https://{}{}", torrent::host_of(headers, connection), SIGNED_IN);
    let url = oidc.address(&provider, &challenge, &redirect);
    let (state, hash) = (SecretHash::of(&challenge.state), cookie.hash);
    let beginning = move |desk: &mut crate::members::Desk| {
        let now = desk.now();
        desk.flows.remember(provider.clone(), now);
        desk.flows.begin(now, state, Flow::new(purpose, hash, &challenge, redirect, provider));
    };
    members.ask(beginning).await?;
    let cookie = flow_cookie(&cookie.text, connection.local.port(), FLOW);
    Ok(with_cookie(Json(AtProvider { url }).into_response(), &cookie))
}

async fn finish(
    State(app): State<App>,
    stranger: Stranger,
    body: Body<FromProvider>,
) -> Result<Response, RequestError> {
    let FromProvider { state, code, iss, error } = given(body)?;
    let oidc = app.oidc.ok_or(MembersError::Oidc(OidcError::None))?;
    let Stranger { members, connection, headers } = &stranger;
    let port = connection.local.port();
    let pair = Secret::hash_of(&state).zip(stranger.flow());
    let (state, cookie) = pair.ok_or(MembersError::Oidc(OidcError::NoFlow))?;
    let ended = members.ask(move |desk| {
        let now = desk.now();
        desk.flows.end(now, &state, &cookie)
    });
    let flow = ended.await?.ok_or(MembersError::Oidc(OidcError::NoFlow))?;
    let code = match (code, error) {
        (Some(code), None) => code,
        (_, error) => {
            let reason = error.map_or_else(|| "it gave no code".to_owned(), |error| shown(&error));
            return Err(MembersError::Oidc(OidcError::Refused(reason)).into());
        }
    };
    let Account { identity, label } = oidc.account(&flow, &code, iss.as_deref()).await.map_err(told)?;
    let answered = match flow.purpose {
        Purpose::SignIn => {
            let entering = stranger.enter(move |members, now, begun| {
                let member = members.member_with(&identity).ok_or(OidcError::Stranger)?;
                Ok(begun.sign_in(members, member, now))
            });
            entering.await?
        }
        Purpose::SignUp { code, name } => {
            let entering = stranger.enter(move |members, now, begun| {
                let way = Way::Identity(identity, label);
                Ok(members.sign_up(now, &code, name, way, |member| begun.of(member, now))?)
            });
            entering.await?
        }
        Purpose::Link(session) => {
            let caller = Caller::in_headers(headers, port).ok_or(MembersError::SignIn)?;
            let linking = members.command(caller, move |Known { who, by, .. }| {
                // Another one may have signed in meanwhile, in the same browser.
                if who.session()? != session {
                    return Err(OidcError::NoFlow.into());
                }
                Ok(vec![Command::Link { identity, member: by, label }])
            });
            linking.await??;
            Json(ProviderAnswered { key: None }).into_response()
        }
    };
    let host = connection.endpoints.remote;
    members.ask(move |desk| desk.attempts.right(host, None)).await?;
    Ok(answered)
}

/// What goes wrong with the provider is for whoever runs the tracker to know, too.
fn told(error: OidcError) -> MembersError {
    tracing::warn!(%error, "nobody signs in with an account elsewhere");
    error.into()
}
