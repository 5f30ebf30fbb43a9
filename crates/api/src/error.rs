//! How the peer says no.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Item;

/// Why a request was refused; the body of every answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// For programs.
    pub code: Code,
    /// For people: what failed, on which item, and what to do.
    pub message: String,
    /// The items that were meant, when `code` is `ambiguous`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Item>,
    /// A free name to save under, when `code` is `exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_name: Option<String>,
}

impl ApiError {
    /// A refusal without further details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), variants: Vec::new(), free_name: None }
    }
}

/// What kind of refusal it is. New codes may appear; a client that does not know one sees `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request itself is wrong (HTTP 400).
    BadRequest,
    /// A torrent or magnet link that is malformed or unsafe (HTTP 422).
    RefusedTorrent,
    /// Nothing of that name or hash in the pool, among the downloads, or in the repository (HTTP 404).
    NotFound,
    /// Several items have that name; `variants` lists them (HTTP 409).
    Ambiguous,
    /// A different file of that name is in the way; `free_name` offers another (HTTP 409).
    Exists,
    /// A file that cannot be shared (HTTP 422).
    NotShareable,
    /// The peer was not told to connect to a tracker (HTTP 409).
    NotStarted,
    /// The tracker does not answer, or the connection to it is lost (HTTP 503).
    TrackerUnreachable,
    /// The tracker speaks another version of the protocol (HTTP 502).
    TrackerVersion,
    /// No peer that could give the item's meta information or data can be reached (HTTP 503).
    NoHolder,
    /// The disk is full (HTTP 507).
    DiskFull,
    /// Reading or writing the repository failed (HTTP 500).
    Disk,
    /// The peer is leaving (HTTP 503).
    Ending,
    /// A code this version does not know, or a fault in the program (HTTP 500).
    #[serde(other)]
    Other,
}

impl Code {
    /// The HTTP status that goes with the code.
    pub fn http_status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::Ambiguous | Self::Exists | Self::NotStarted => 409,
            Self::RefusedTorrent | Self::NotShareable => 422,
            Self::Disk | Self::Other => 500,
            Self::TrackerVersion => 502,
            Self::TrackerUnreachable | Self::NoHolder | Self::Ending => 503,
            Self::DiskFull => 507,
        }
    }
}
