//! How the control API says no.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use peerpool_api::{ApiError, Code};
use peerpool_repository::RepositoryError;
use peerpool_wire::channel::Failure;

use super::pool::item_view;
use crate::{channel::AskError, code::Coded as _, error::TrackerError, node::NodeError};

/// An answer that is not 2xx.
#[derive(Debug)]
pub(super) struct Refusal(ApiError);

pub(super) type Answer<T> = Result<Json<T>, Refusal>;

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(ApiError::new(code, message))
    }

    /// The peer ends while it is asked.
    pub(super) fn ending() -> Self {
        Self::new(Code::Ending, "the peer is ending")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.http_status());
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(self.0)).into_response()
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<NodeError> for Refusal {
    fn from(error: NodeError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<TrackerError> for Refusal {
    fn from(error: TrackerError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<AskError> for Refusal {
    fn from(error: AskError) -> Self {
        let refused = ApiError::new(error.code(), error.to_string());
        let variants = match &error {
            AskError::Failed(Failure::Ambiguous { variants, .. }) => variants.iter().map(item_view).collect(),
            _ => Vec::new(),
        };
        Self(ApiError { variants, ..refused })
    }
}

impl From<RepositoryError> for Refusal {
    fn from(error: RepositoryError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
