//! How the API refuses a request.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use peerpool_api::{ApiError, Code};
use peerpool_repository::RepositoryError;
use peerpool_wire::channel::Failure;

use crate::{channel::AskError, code::Coded as _, error::TrackerError, node::NodeError};

/// An answer that is not 2xx.
#[derive(Debug)]
pub(super) struct Refusal(ApiError);

pub(super) type Answer<T> = Result<Json<T>, Refusal>;

impl Refusal {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(ApiError::new(code, detail))
    }

    /// The peer ends while it is asked.
    pub(super) fn ending() -> Self {
        Self::new(Code::Ending, "the peer is ending")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0.into_response().map(Body::from)
    }
}

/// Longest refusal of axum's own.
const MAX_REJECTION: usize = 64 << 10;

/// Gives what axum refuses by itself (an unknown path, a malformed query or body) the shape of all other refusals.
pub(super) async fn as_problems(request: Request, next: Next) -> Response {
    let (mut parts, body) = next.run(request).await.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !parts.status.is_client_error() || !is_text {
        return Response::from_parts(parts, body);
    }
    let said = axum::body::to_bytes(body, MAX_REJECTION).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let (code, usual) = match parts.status {
        StatusCode::NOT_FOUND => (Code::NotFound, "there is nothing at this path: see /api/v1/openapi.json"),
        StatusCode::METHOD_NOT_ALLOWED => (Code::MethodNotAllowed, "this path has another method"),
        StatusCode::PAYLOAD_TOO_LARGE => (Code::TooLarge, "the request is too long"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (Code::UnsupportedMediaType, "a body is `application/json`"),
        _ => (Code::BadRequest, "the request is malformed"),
    };
    let detail = if said.is_empty() { usual } else { &*said };
    let mut refused = Refusal::new(code, detail).into_response();
    if let Some(methods) = parts.headers.remove(header::ALLOW) {
        refused.headers_mut().insert(header::ALLOW, methods);
    }
    refused
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
        let variants = match error {
            AskError::Failed(Failure::Ambiguous { variants, .. }) => {
                variants.into_iter().map(Into::into).collect()
            }
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
