//! Why a request is refused.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use peerpool_api::{ApiError, Code};
use peerpool_wire::{
    channel::{Failure, Target},
    id::InfoHash,
};

use crate::{members::MembersError, search::SearchError};

/// Seconds after which a tracker that has too much to do may be asked again.
const BUSY_SECONDS: u64 = 5;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("there is nothing at this path: see /api/v1/openapi.json")]
    NoSuchPath,
    #[error("`{0}` is not an info-hash: write 40 or 64 hexadecimal digits")]
    BadHash(String),
    #[error("the query is wrong: {0}")]
    BadQuery(String),
    #[error("{0} is a v2 item, which has no v1 form: use a client that knows v2")]
    NoV1Form(InfoHash),
    #[error("{0} is a v2 item, which has no private form for stock clients: it stays for members")]
    NoPrivateForm(InfoHash),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("an answer cannot be written: {0}")]
    Json(serde_json::Error),
    #[error("this is told on the tracker's own machine alone")]
    NotHere,
    #[error("the body is not JSON: send it with `content-type: application/json`")]
    NotJson,
    #[error(transparent)]
    Members(#[from] MembersError),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error(transparent)]
    Closed(#[from] crate::catalogue_task::Closed),
}

impl RequestError {
    fn code(&self) -> Code {
        match self {
            Self::NoSuchPath
            | Self::NoV1Form(_)
            | Self::NoPrivateForm(_)
            | Self::Failure(Failure::NotFound { .. } | Failure::NoMetainfo { .. }) => Code::NotFound,
            Self::Failure(Failure::Ambiguous { .. }) => Code::Ambiguous,
            Self::BadHash(_)
            | Self::BadQuery(_)
            | Self::Failure(Failure::TooManyItems { .. } | Failure::BadQuestion { .. }) => Code::BadRequest,
            Self::Failure(Failure::Busy) => Code::Busy,
            Self::Json(_) => Code::Other,
            Self::NotHere => Code::Forbidden,
            Self::Failure(Failure::MayNotGet { .. }) => Code::NotAllowed,
            Self::NotJson => Code::UnsupportedMediaType,
            Self::Members(error) => error.code(),
            Self::Search(SearchError::Query(_) | SearchError::CursorElsewhere) => Code::BadRequest,
            Self::Search(SearchError::Busy) => Code::Busy,
            Self::Closed(_) | Self::Search(SearchError::Closed(_)) => Code::Ending,
        }
    }
}

impl From<RequestError> for ApiError {
    fn from(error: RequestError) -> Self {
        let mut refusal = Self::new(error.code(), error.to_string());
        refusal.retry_after = match &error {
            RequestError::Members(MembersError::TooManyTries(after)) => Some(after.as_secs()),
            _ => (refusal.code == Code::Busy).then_some(BUSY_SECONDS),
        };
        if let RequestError::Failure(Failure::Ambiguous { variants, .. }) = error {
            refusal.variants = variants.into_iter().map(Into::into).collect();
        }
        refusal
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response().map(Body::from)
    }
}

/// The item that a path names by one of its info-hashes.
pub(crate) fn item_target(hash: &str) -> Result<Target, RequestError> {
    let info_hash: InfoHash = hash.parse().map_err(|_| RequestError::BadHash(hash.to_owned()))?;
    Ok(Target::InfoHash(info_hash))
}
