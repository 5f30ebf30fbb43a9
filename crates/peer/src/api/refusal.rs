//! How the control API says no.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use peerpool_api::{ApiError, Code};
use peerpool_repository::RepositoryError;
use peerpool_wire::channel::{Failure, Refusal as TrackerRefusal};

use super::pool::item_view;
use crate::{channel::AskError, error::TrackerError, node::disk_code};

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

impl From<TrackerError> for Refusal {
    fn from(error: TrackerError) -> Self {
        let code = match &error {
            TrackerError::NotStarted => Code::NotStarted,
            TrackerError::Refused { reason: TrackerRefusal::UnsupportedVersion { .. }, .. } => {
                Code::TrackerVersion
            }
            _ => Code::TrackerUnreachable,
        };
        Self::new(code, error.to_string())
    }
}

impl From<AskError> for Refusal {
    fn from(error: AskError) -> Self {
        let message = error.to_string();
        match error {
            AskError::Tracker(error) => error.into(),
            AskError::Unexpected => Self::new(Code::Other, message),
            AskError::Failed(Failure::NotFound { .. }) => Self::new(Code::NotFound, message),
            AskError::Failed(Failure::NoMetainfo { .. }) => Self::new(Code::NoHolder, message),
            AskError::Failed(Failure::Ambiguous { variants, .. }) => Self(ApiError {
                variants: variants.iter().map(item_view).collect(),
                ..ApiError::new(Code::Ambiguous, message)
            }),
            AskError::Failed(_) => Self::new(Code::TrackerUnreachable, message),
        }
    }
}

impl From<RepositoryError> for Refusal {
    fn from(error: RepositoryError) -> Self {
        let code = match &error {
            RepositoryError::Name { .. }
            | RepositoryError::Verify(_)
            | RepositoryError::SourceChanged { .. } => Code::NotShareable,
            RepositoryError::NameTaken { .. } => Code::Exists,
            RepositoryError::Disk(error) => disk_code(error),
            _ => Code::Other,
        };
        Self::new(code, error.to_string())
    }
}
