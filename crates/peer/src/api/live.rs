//! What people follow of a peer: the WebSocket at [`peerpool_api::paths::LIVE`].

mod relay;
mod views;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use peerpool_api::Code;
use peerpool_web::{
    live::{EventLog, Follower, Seat, session_task},
    session::KeyToCome,
    websocket::upgrade,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use self::views::Views;
use super::{App, refusal::Refusal};

/// Connections that follow.
const MAX_FOLLOWERS: usize = 32;
/// Bytes that one of them may have the peer remember and send at once.
const MAX_BYTES: usize = 4 << 20;

/// What those who follow share.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    places: Arc<Semaphore>,
    pub(crate) events: EventLog,
}

impl Live {
    pub(crate) fn new() -> Self {
        let places = Arc::new(Semaphore::new(MAX_FOLLOWERS));
        Self { places, events: EventLog::new(rand::random()) }
    }
}

/// A place among those who follow.
struct Place(#[expect(dead_code, reason = "it is given back when it is dropped")] OwnedSemaphorePermit);

impl Seat for Place {
    fn hold(&mut self, bytes: usize) -> bool {
        bytes <= MAX_BYTES
    }

    fn note_sign(&self) {}

    fn revoked(&self) -> CancellationToken {
        CancellationToken::new()
    }
}

pub(super) async fn live(State(app): State<App>, request: Request) -> Response {
    let sessions = request.extensions().get().map(|KeyToCome(sessions)| sessions.clone());
    let (response, upgrading) = match upgrade(request) {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    let Ok(place) = app.live.places.clone().try_acquire_owned() else {
        let message = format!("{MAX_FOLLOWERS} pages follow this peer already: close one");
        return Refusal::new(Code::Busy, message).into_response();
    };
    let follower = Follower {
        events: app.live.events.clone(),
        version: env!("CARGO_PKG_VERSION"),
        seat: Box::new(Place(place)),
        sessions,
        shutdown: app.shutdown.clone(),
        source: Views::new(app),
    };
    tokio::spawn(session_task(upgrading, follower));
    response
}
