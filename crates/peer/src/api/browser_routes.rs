//! What is served at the door for browsers.

use axum::{
    Json, Router,
    extract::{Extension, State},
    http::{StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{delete, post},
};
use peerpool_api::{Code, Door, OpenDoor, OpenSession, Session, paths, reached_here};
use peerpool_web::{
    guard::{Guard, Hosts, LocalAddress, guard, harden},
    page,
    session::{SECRET_LIFETIME, SessionOf, Sessions, demand_key, session_cookie},
};

use super::{
    App,
    browsers::Opened,
    refusal::{Answer, Refusal, as_problems},
    routes::{MAX_BODY, commands, descriptions, health},
    serving::{MaxBody, whole_request},
};
use crate::{code::Coded as _, error::DoorError};

/// Longest request of whoever has no key.
const MAX_BODY_WITHOUT_KEY: usize = 4 << 10;

/// The API for those who have a key, and what needs none: to get one, to read what there is to ask, and to learn whether
/// the peer is well.
pub(super) fn router(app: App, sessions: Sessions) -> Router {
    let keyed = commands()
        .route(paths::SESSION, delete(end_session))
        .layer(from_fn_with_state(MaxBody(MAX_BODY), whole_request))
        .layer(from_fn_with_state(sessions.clone(), demand_key));
    let open = descriptions()
        .merge(health())
        .merge(page::routes(page::Face::Peer))
        .route(paths::SESSION, post(open_session))
        .layer(from_fn_with_state(MaxBody(MAX_BODY_WITHOUT_KEY), whole_request));
    let hosts = Hosts::by_address();
    keyed
        .merge(open)
        .layer(from_fn(as_problems))
        .layer(Extension(sessions))
        .layer(from_fn_with_state(Guard::demanding_origin(hosts), guard))
        .layer(from_fn(harden))
        .with_state(app)
}

async fn open_session(
    Extension(sessions): Extension<Sessions>,
    Extension(LocalAddress(local)): Extension<LocalAddress>,
    Json(asked): Json<OpenSession>,
) -> Result<Response, Refusal> {
    let opened = sessions.open(&asked.secret).ok_or_else(|| {
        let minutes = SECRET_LIFETIME.as_secs() / 60;
        let message = format!(
            "this link was used already, or is older than {minutes} minutes: `peerpool web` opens a new one"
        );
        Refusal::new(Code::NoKey, message)
    })?;
    let cookie = session_cookie(&opened.cookie, local.port());
    let headers = [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::OK, headers, Json(Session { key: opened.key.to_string() })).into_response())
}

async fn end_session(
    Extension(sessions): Extension<Sessions>,
    Extension(session): Extension<SessionOf>,
) -> Json<serde_json::Value> {
    sessions.end(session.id);
    Json(serde_json::json!({}))
}

/// Opens the door, and has a secret made for a link to it.
pub(super) async fn open_door(State(app): State<App>, Json(wanted): Json<OpenDoor>) -> Answer<Door> {
    app.stays().await?;
    let Opened { address, sessions } = app.browsers.open(wanted).await.ok_or_else(Refusal::ending)??;
    Ok(Json(Door {
        address,
        link: format!("http://{}/#t={}", reached_here(address), sessions.offer()),
        expires_in: SECRET_LIFETIME.as_secs(),
    }))
}

/// Closes the door. At the door itself this is the last answer.
pub(super) async fn close_door(State(app): State<App>) -> Json<serde_json::Value> {
    app.browsers.close().await;
    Json(serde_json::json!({}))
}

impl From<DoorError> for Refusal {
    fn from(error: DoorError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
