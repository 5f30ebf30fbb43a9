//! What people follow of a tracker: the WebSocket at [`peerpool_api::paths::LIVE`].

mod peers;
mod views;

use axum::{
    extract::{Extension, Request, State},
    response::{IntoResponse as _, Response},
};
use peerpool_web::{
    live::{Follower, session_task},
    websocket::upgrade,
};
use peerpool_wire::channel::Failure;

use self::views::Views;
use crate::{
    app::App, connection::Connection, lease::Lease, onlooker::Onlooker, request_error::RequestError, rest,
};

pub(crate) async fn live(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    lease: Option<Extension<Lease>>,
    onlooker: Onlooker,
    request: Request,
) -> Response {
    let is_here = rest::is_here(&connection, request.headers());
    let (response, upgrading) = match upgrade(request) {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    let Some(seat) = app.followers.seats.take(&connection, &app.memory) else {
        return RequestError::Failure(Failure::Busy).into_response();
    };
    let following = match app.feed.follow(&onlooker).await {
        Ok(following) => following,
        Err(closed) => return RequestError::from(closed).into_response(),
    };
    let shutdown = app.followers.shutdown.clone();
    let follower = Follower {
        events: following.circle.events.clone(),
        version: env!("CARGO_PKG_VERSION"),
        seat: Box::new(seat),
        sessions: None,
        shutdown,
        source: Views {
            app,
            onlooker,
            ip: connection.endpoints.remote,
            is_here,
            circle: following.circle.clone(),
            _following: following,
        },
    };
    let following = session_task(upgrading, follower);
    match lease {
        Some(Extension(Lease(ended))) => drop(tokio::spawn(ended.run_until_cancelled_owned(following))),
        None => drop(tokio::spawn(following)),
    }
    response
}
