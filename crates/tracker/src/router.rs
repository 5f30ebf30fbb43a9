//! The paths of the tracker's one port.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Extension, FromRef, State, WebSocketUpgrade},
    middleware,
    response::Response,
    routing::get,
};
use peerpool_wire::{
    channel::{self, MAX_FRAME},
    id::TrackerId,
};

use crate::{
    announce,
    channel::{SessionIds, channel_task},
    connection::Connection,
    desk::Desk,
    host,
    rest::{self, ApiError},
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
    pub(crate) sessions: Arc<SessionIds>,
}

impl FromRef<App> for Desk {
    fn from_ref(app: &App) -> Self {
        app.desk.clone()
    }
}

pub(crate) fn router(app: App) -> Router {
    let for_people = Router::new()
        .nest("/api/v1", rest::routes())
        .route("/items/{file}", get(torrent::torrent_file))
        .route("/items/{hash}/magnet", get(torrent::magnet))
        .route(channel::PATH, get(channel))
        .layer(middleware::from_fn(host::guard));
    Router::new()
        .route("/announce", get(announce::announce))
        .route("/scrape", get(announce::scrape))
        .merge(for_people)
        .fallback(|| async { ApiError::NoSuchPath })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app)
}

async fn channel(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.max_frame_size(MAX_FRAME).max_message_size(MAX_FRAME).on_upgrade(move |socket| async move {
        channel_task(socket, connection.ends, &app.sessions, app.desk, app.store).await;
    })
}
