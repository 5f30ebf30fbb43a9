//! Why a request has no answer.

use std::{fmt, path::PathBuf};

use crate::{ApiError, TrackerUrl};

/// Whom a request was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// The peer of a repository.
    Peer(PathBuf),
    /// A tracker.
    Tracker(TrackerUrl),
    /// The tracker whose data is in a folder of this machine.
    LocalTracker(PathBuf),
}

impl Server {
    fn advice(&self) -> &'static str {
        match self {
            Self::Peer(_) | Self::LocalTracker(_) => "are both of the same version?",
            Self::Tracker(_) => "is it a Peerpool tracker? check the address and port",
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(repository) => write!(f, "the peer of {}", repository.display()),
            Self::Tracker(url) => write!(f, "the tracker at {url}"),
            Self::LocalTracker(data) => write!(f, "the tracker of {}", data.display()),
        }
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens at the repository's control socket.
    #[error("no peer runs in {}: start one with `peerpool peer --repository DIR`", repository.display())]
    NoPeer {
        /// The repository.
        repository: PathBuf,
    },
    /// Nobody listens at the control socket of the data folder.
    #[error("no tracker runs with its data in {}: start one with `peerpool tracker --daemon --data DIR`", data.display())]
    NoTracker {
        /// The data folder.
        data: PathBuf,
    },
    /// The server cannot be connected to.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// Whom.
        server: Server,
        /// What the system says.
        reason: String,
    },
    /// The server refused.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The server went away, or did not answer in time.
    #[error("{server} did not answer: {reason}")]
    Lost {
        /// Who.
        server: Server,
        /// What happened.
        reason: String,
    },
    /// The server's answer has another shape than this version knows.
    #[error("{server} gave an unexpected answer to {route} ({reason}): {}", server.advice())]
    NotUnderstood {
        /// Who.
        server: Server,
        /// What was asked.
        route: String,
        /// What is wrong with the answer.
        reason: String,
    },
}
