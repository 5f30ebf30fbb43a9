//! Watching and running a peer or a tracker.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a peer or tracker is of use to its pool now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether it is.
    pub ready: bool,
    /// What it lacks, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self { ready: true, lacks: Vec::new() }
    }
}

impl Readiness {
    /// Notes something without which it is not ready.
    pub fn lacks(&mut self, what: impl Into<String>) {
        self.ready = false;
        self.lacks.push(what.into());
    }

    /// The status of the answer: 200, or 503 while it is not ready.
    pub fn status(&self) -> StatusCode {
        if self.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    }
}

/// What became of a configuration that was read again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// What is different from now on, each with the setting's key.
    pub changed: Vec<String>,
    /// Settings that differ, and take effect at the next start.
    pub needs_restart: Vec<String>,
    /// What should have changed and could not, with the reason.
    pub failed: Vec<String>,
}

/// What a tracker on this machine knows after it has read its pool's keys again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysRead {
    /// The serial of the keyset that it follows.
    pub serial: u64,
    /// How many connected peers are told.
    pub peers: usize,
}

/// How long a tracker that is one of several nodes may take to send its peers to the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainQuery {
    /// Seconds, at most [`DrainQuery::MOST`]; [`DrainQuery::DEFAULT`] when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u64>,
}

impl DrainQuery {
    /// Seconds, where none are said.
    pub const DEFAULT: u64 = 60;
    /// Most seconds.
    pub const MOST: u64 = 3600;
}

/// A tracker sends its peers to the other nodes of its pool, and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draining {
    /// How many peers are connected to it.
    pub peers: usize,
    /// How many other nodes take them.
    pub nodes: usize,
    /// Seconds after which it ends even when somebody is left.
    pub within_seconds: u64,
}
