//! What whoever asks a task is told when there is none any more.

/// The tracker has ended, or is ending.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the tracker is shutting down")]
pub(crate) struct Closed;
