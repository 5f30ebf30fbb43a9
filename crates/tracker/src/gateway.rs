//! Content on a tracker's port. A tracker has none; a peer in its process may have what gives it.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::{Extension, Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use peerpool_web::body::while_sent;
use tower::Service as _;

use crate::{app::App, connection::Connection, request_error::RequestError};

/// Everything below it is the gateway's (`peerpool_api::paths::CONTENT`, `paths::ZIP`).
const BELOW: &str = "/api/v1/content/{*rest}";

/// What gives content, once somebody has opened it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gateway(Arc<OnceLock<Router>>);

impl Gateway {
    /// Has this give content from now on; false if something else does already.
    pub(crate) fn open(&self, content: Router) -> bool {
        self.0.set(content).is_ok()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.get().is_some()
    }
}

pub(crate) fn routes() -> Router<App> {
    Router::new().route(BELOW, get(content))
}

async fn content(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let Some(mut router) = app.gateway.0.get().cloned() else {
        return RequestError::NoSuchPath.into_response();
    };
    // No more than what stands in the request: what our own router has found out of it would confuse another.
    let (parts, body) = request.into_parts();
    let mut bare = Request::new(body);
    *bare.method_mut() = parts.method;
    *bare.uri_mut() = parts.uri;
    *bare.headers_mut() = parts.headers;
    let Ok(response) = router.call(bare).await;
    // Meanwhile its connection lasts, and gives way to others only if it has not moved for longer than they have.
    let lasting = connection.lasting.hold();
    while_sent(response, move || {
        let _ = &lasting;
        connection.slot.note_idle();
    })
}
