//! Why the guard turns a request away.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use peerpool_api::{ApiError, Code};

/// Why the guard turns a request away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It names a host that is not in the list.
    #[error(
        "`{host}` is no name of this server: ask it by an address of its own, or name this one in its configuration"
    )]
    ForeignHost {
        /// What it names.
        host: String,
    },
    /// It names no host.
    #[error("the request names no host: send the header `Host`")]
    NoHost,
    /// A page of another origin asks.
    #[error("a page of another site or port may not ask this server")]
    ForeignOrigin,
    /// It would change something, and does not say which page asks.
    #[error("the request does not say which page asks: send the header `Origin`, the same as `Host`")]
    NoOrigin,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::new(Code::Forbidden, refused.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response().map(Body::from)
    }
}
