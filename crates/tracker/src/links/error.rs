//! Why a link ends.

use std::{io, time::Duration};

use peerpool_tls::ConnectError;
use peerpool_wire::link::{FrameError, Refusal};
use tokio_tungstenite::tungstenite;

use crate::closed::Closed;

/// Why a link ends, or none is made.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("it cannot be reached: {0}")]
    Unreachable(#[from] io::Error),
    #[error("it did not open the link within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("it has not shown that it knows the pool's secret: {0}")]
    Tls(#[from] ConnectError),
    #[error("it does not know the pool's secret: it is no node of this pool")]
    Stranger,
    #[error("it refuses the link: {0}")]
    Refused(Refusal),
    #[error("the link is refused: {0}")]
    Refuses(Refusal),
    #[error("it said what has no place there")]
    Unexpected,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the WebSocket failed: {0}")]
    Socket(#[from] Box<tungstenite::Error>),
    #[error("it closed the link")]
    HungUp,
    #[error("it said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("it does not keep up with what it is told, or has opened another link")]
    LetGo,
    #[error("this node is ending")]
    Ending(#[from] Closed),
}

impl From<tungstenite::Error> for LinkError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}
