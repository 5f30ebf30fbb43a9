//! What whoever sends a request may see.

use axum::{extract::FromRequestParts, http::request::Parts};
use peerpool_catalogue::Viewer;

use crate::{app::App, members::MembersError, onlooker::Onlooker, request_error::RequestError};

/// What whoever sends a request may see: everything in an open pool; in one for members what the router found out of the
/// member, and nothing is answered when it found out nothing.
#[derive(Debug, Clone)]
pub(crate) struct Seen(pub(crate) Viewer);

impl FromRequestParts<App> for Seen {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        found(parts, app, Self(Viewer::All))
    }
}

impl FromRequestParts<App> for Onlooker {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        found(parts, app, Self::Anybody)
    }
}

/// What the router found out of the member, or `anybody` in an open pool.
fn found<T: Clone + Send + Sync + 'static>(parts: &Parts, app: &App, anybody: T) -> Result<T, RequestError> {
    if app.members.is_none() {
        return Ok(anybody);
    }
    parts.extensions.get().cloned().ok_or(RequestError::Members(MembersError::MembersOnly))
}
