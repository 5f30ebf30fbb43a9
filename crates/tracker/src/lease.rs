//! For how long somebody is answered.

use tokio_util::sync::CancellationToken;

/// Cancelled when whoever asks may not go on: an extension of every request that was let through in a pool for members.
#[derive(Debug, Clone)]
pub(crate) struct Lease(pub(crate) CancellationToken);
