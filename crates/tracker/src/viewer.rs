//! What whoever sends a request may see.

use axum::{extract::FromRequestParts, http::request::Parts};
use peerpool_catalogue::Viewer;

use crate::{
    app::App,
    closed::Closed,
    members::{MembersError, MembersHandle},
    request_error::RequestError,
};

/// What whoever sends a request may see: everything in an open pool; in one for members what the router found out of the
/// member, and nothing is answered when it found out nothing.
#[derive(Debug, Clone)]
pub(crate) struct Seen(pub(crate) Viewer);

impl FromRequestParts<App> for Seen {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        if app.members.is_none() {
            return Ok(Self(Viewer::All));
        }
        let seen = parts.extensions.get::<Self>().cloned();
        seen.ok_or(RequestError::Members(MembersError::MembersOnly))
    }
}

/// Whoever follows, and so is shown something for longer than one answer: what a member may see changes meanwhile.
#[derive(Clone)]
pub(crate) enum Onlooker {
    /// Anybody, in an open pool.
    Anybody,
    /// The member of this number.
    Member(u32, MembersHandle),
}

impl Onlooker {
    /// The number of the member, in a pool for members.
    pub(crate) fn member(&self) -> Option<u32> {
        match self {
            Self::Anybody => None,
            Self::Member(number, _) => Some(*number),
        }
    }

    /// What it may see now.
    pub(crate) async fn viewer(&self) -> Result<Viewer, Closed> {
        match self {
            Self::Anybody => Ok(Viewer::All),
            Self::Member(number, members) => members.viewer(*number).await,
        }
    }
}

impl FromRequestParts<App> for Onlooker {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RequestError> {
        if app.members.is_none() {
            return Ok(Self::Anybody);
        }
        let member = parts.extensions.get::<Self>().cloned();
        member.ok_or(RequestError::Members(MembersError::MembersOnly))
    }
}
