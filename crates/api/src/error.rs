//! How a peer or a tracker refuses a request: problem details (RFC 9457) with a stable code.

use http::{Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Item;

/// The media type of every refusal (RFC 9457, "The problem+json media type").
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was refused. On the wire it is a [`ProblemDetails`], the body of every answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(from = "ProblemDetails", into = "ProblemDetails")]
#[error("{detail}")]
pub struct ApiError {
    /// What kind of refusal it is, for programs.
    pub code: Code,
    /// What failed, on which item, and what to do, for people.
    pub detail: String,
    /// The items that were meant, when `code` is `ambiguous`.
    pub variants: Vec<Item>,
    /// A free name to save under, when `code` is `exists`.
    pub free_name: Option<String>,
    /// Seconds after which the same request may succeed.
    pub retry_after: Option<u64>,
    /// Where the next bytes of an upload begin, when `code` is `wrong_offset`.
    pub offset: Option<u64>,
}

impl ApiError {
    /// A refusal without extension members.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            variants: Vec::new(),
            free_name: None,
            retry_after: None,
            offset: None,
        }
    }

    /// The HTTP response that carries it.
    pub fn into_response(self) -> Response<Vec<u8>> {
        let (status, retry_after) = (self.code.status(), self.retry_after);
        // A struct of texts and numbers is always JSON.
        let mut response = Response::new(serde_json::to_vec(&self).unwrap_or_default());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A refusal as it stands in a response (RFC 9457, "Members of a Problem Details Object"). Everything after `code` is an
/// extension member, left out where it does not apply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDetails {
    /// Always `about:blank`: `code` says more than a URI would.
    #[serde(rename = "type", default)]
    kind: String,
    /// The reason phrase of the HTTP status.
    #[serde(default)]
    title: String,
    /// The HTTP status.
    #[serde(default)]
    status: u16,
    /// What failed, on which item, and what to do, for people.
    #[serde(default)]
    detail: String,
    /// What kind of refusal it is, for programs.
    code: Code,
    /// The items that were meant, when `code` is `ambiguous`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Item>,
    /// A free name to save under, when `code` is `exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    free_name: Option<String>,
    /// Seconds after which the same request may succeed; the header `Retry-After` says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// Where the next bytes of an upload begin, when `code` is `wrong_offset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

impl From<ApiError> for ProblemDetails {
    fn from(error: ApiError) -> Self {
        let status = error.code.status();
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: error.detail,
            code: error.code,
            variants: error.variants,
            free_name: error.free_name,
            retry_after: error.retry_after,
            offset: error.offset,
        }
    }
}

impl From<ProblemDetails> for ApiError {
    fn from(details: ProblemDetails) -> Self {
        let ProblemDetails { code, detail, variants, free_name, retry_after, offset, .. } = details;
        Self { code, detail, variants, free_name, retry_after, offset }
    }
}

/// What kind of refusal it is. New codes may appear; a client that does not know one sees `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request itself is wrong (HTTP 400).
    BadRequest,
    /// No key came with the request, or one that is good no longer (HTTP 401).
    NoKey,
    /// The server takes no such request, or not from there: a web page of another site or port asks, or one under a name
    /// that is not the server's, or the request is for the server's own machine alone (HTTP 403).
    Forbidden,
    /// The pool is for members: join it, and ask over its encrypted connection (HTTP 403).
    MembersOnly,
    /// The key of the connection is that of no active device of a member (HTTP 403).
    NotAMember,
    /// Who asks is known, and lacks the right: a rule, a role, owning the item, or what its token may (HTTP 403).
    NotAllowed,
    /// No invite with this code holds: it was used, withdrawn or is over (HTTP 403).
    NoInvite,
    /// Nothing has that name, hash or path (HTTP 404).
    NotFound,
    /// This path has another method; the header `Allow` lists those that it has (HTTP 405).
    MethodNotAllowed,
    /// Several items have that name; `variants` lists them (HTTP 409).
    Ambiguous,
    /// A different file of that name is in the way; `free_name` offers another (HTTP 409).
    Exists,
    /// Another one has that name or key (HTTP 409).
    Taken,
    /// Nobody would be left to keep the pool (HTTP 409).
    LastAdmin,
    /// The bytes of an upload are not the next ones; `offset` says which are (HTTP 409).
    WrongOffset,
    /// The peer was not told to connect to a tracker (HTTP 409).
    NotStarted,
    /// The request's body is longer than this server takes (HTTP 413).
    TooLarge,
    /// The request's body is not `application/json` (HTTP 415).
    UnsupportedMediaType,
    /// A torrent or magnet link is malformed or unsafe (HTTP 422).
    RefusedTorrent,
    /// A file cannot be shared (HTTP 422).
    NotShareable,
    /// The tracker speaks another version of the protocol (HTTP 502).
    TrackerVersion,
    /// The tracker does not answer, or the connection to it is lost (HTTP 503).
    TrackerUnreachable,
    /// No peer that could give the item's metadata or data can be reached (HTTP 503).
    NoHolder,
    /// Whoever was asked has too much to do; `retry_after` says when to ask again (HTTP 503).
    Busy,
    /// The peer or tracker is shutting down (HTTP 503).
    Ending,
    /// The disk is full (HTTP 507).
    DiskFull,
    /// Reading or writing the repository failed (HTTP 500).
    Disk,
    /// A code that this version does not know, or a fault in the program (HTTP 500).
    #[serde(other)]
    Other,
}

impl Code {
    /// As it stands on the wire.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        }
    }

    /// The HTTP status that goes with the code.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::MembersOnly | Self::NotAMember | Self::NotAllowed | Self::NoInvite => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Ambiguous
            | Self::Exists
            | Self::Taken
            | Self::LastAdmin
            | Self::WrongOffset
            | Self::NotStarted => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RefusedTorrent | Self::NotShareable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Disk | Self::Other => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TrackerVersion => StatusCode::BAD_GATEWAY,
            Self::TrackerUnreachable | Self::NoHolder | Self::Busy | Self::Ending => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        }
    }
}
