//! The paths of the tracker's one port.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::HttpBody,
    extract::{DefaultBodyLimit, Extension, FromRef, Request, State},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use peerpool_wire::{channel, id::TrackerId};

use crate::{
    announce,
    channel::{Channels, channel_task, upgrade},
    connection::Connection,
    desk::Desk,
    host::{self, Names},
    memory::MessageMemory,
    rest::{self, RequestError},
    store::StoreHandle,
    torrent,
};

/// No request of this API has a body worth mentioning.
const MAX_BODY: usize = 16 << 10;

/// What the tracker says of itself.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: TrackerId,
    pub(crate) name: String,
    pub(crate) started: Instant,
}

/// What a handler needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) desk: Desk,
    pub(crate) store: StoreHandle,
    pub(crate) tracker: Arc<Identity>,
    pub(crate) channels: Channels,
    pub(crate) memory: MessageMemory,
    pub(crate) names: Names,
}

impl FromRef<App> for Desk {
    fn from_ref(app: &App) -> Self {
        app.desk.clone()
    }
}

pub(crate) fn router(app: App) -> Router {
    let names = app.names.clone();
    let for_people = Router::new()
        .merge(rest::routes())
        .route("/items/{file}", get(torrent::torrent_file))
        .route("/items/{hash}/magnet", get(torrent::magnet))
        .layer(middleware::from_fn_with_state(names.clone(), host::guard));
    let for_peers = Router::new()
        .route(channel::PATH, get(channel))
        .layer(middleware::from_fn_with_state(names, host::guard_channel));
    let for_clients = Router::new()
        .route("/announce", get(announce::announce))
        .route("/scrape", get(announce::scrape))
        .layer(middleware::from_fn(host::guard_announce));
    for_clients
        .merge(for_people)
        .merge(for_peers)
        .fallback(|| async { RequestError::NoSuchPath })
        .layer(middleware::from_fn_with_state(app.memory.clone(), weigh))
        .layer(middleware::from_fn(host::harden))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app)
}

/// Counts the memory of an answer until it is sent. A client that does not read is answered no more once its host holds
/// what it may.
async fn weigh(
    State(memory): State<MessageMemory>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: middleware::Next,
) -> Response {
    let response = next.run(request).await;
    let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    let mut held = memory.of(connection.endpoints.remote);
    match held.set(bytes) {
        Ok(()) => {
            connection.place.keep(held.gives_way(connection.place.notice().clone()));
            response
        }
        Err(_) => RequestError::Failure(channel::Failure::Busy).into_response(),
    }
}

async fn channel(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    match upgrade(request) {
        Ok((response, upgrading)) => {
            tokio::spawn(channel_task(upgrading, connection.endpoints, connection.place, app.channels));
            response
        }
        Err(refused) => refused.into_response(),
    }
}
