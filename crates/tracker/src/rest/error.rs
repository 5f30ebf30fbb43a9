//! Errors of the API: a status, and a body that says what to do.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use peerpool_wire::{channel::Failure, id::InfoHash};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("there is nothing at this path: see /api/v1/openapi.json")]
    NoSuchPath,
    #[error("`{0}` is no info-hash: write 40 or 64 hexadecimal digits")]
    BadHash(String),
    #[error("the query is wrong: {0}")]
    BadQuery(String),
    #[error("{0} is a v2 item, which has no v1 form: use a client that knows v2")]
    NoV1Form(InfoHash),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("`{host}` is not a name of this tracker: use its address")]
    ForeignHost { host: String },
    #[error("another site's page may not ask this tracker")]
    ForeignOrigin,
    #[error(transparent)]
    Closed(#[from] crate::desk::Closed),
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What kind of error: `not_found`, `ambiguous`, `bad_request`, `forbidden` or `unavailable`.
    kind: &'static str,
    /// What is wrong, and what to do.
    message: String,
}

impl ApiError {
    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchPath
            | Self::NoV1Form(_)
            | Self::Failure(Failure::NotFound { .. } | Failure::NoMetainfo { .. }) => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            Self::Failure(Failure::Ambiguous { .. }) => (StatusCode::CONFLICT, "ambiguous"),
            Self::BadHash(_) | Self::BadQuery(_) | Self::Failure(Failure::TooManyItems { .. }) => {
                (StatusCode::BAD_REQUEST, "bad_request")
            }
            Self::ForeignHost { .. } | Self::ForeignOrigin => (StatusCode::FORBIDDEN, "forbidden"),
            Self::Closed(_) | Self::Failure(Failure::Busy) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind) = self.status();
        (status, Json(ErrorBody { kind, message: self.to_string() })).into_response()
    }
}
