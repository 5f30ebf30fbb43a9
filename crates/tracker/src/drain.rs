//! Emptying a node of its peers, which go on at other nodes, before it ends.

mod pace;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use peerpool_api::{ApiError, Code, Draining};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use self::pace::Pace;
use crate::{
    catalogue_task::{CatalogueHandle, Closed},
    links::Links,
};

/// How long a node is there at least that is told to drain, so that whoever watches `/readyz` sends nobody to it any more.
const STAY: Duration = Duration::from_secs(5);
/// How long it may take when it is told to end.
const HASTE: Duration = Duration::from_secs(2);
/// Between two times at which peers are told to leave.
const STEP: Duration = Duration::from_millis(50);

/// Why a tracker is not drained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrainError {
    #[error(
        "this tracker is the only one of its pool, so its peers could go nowhere: end it, and they wait for it"
    )]
    Alone,
    #[error(
        "no other node is connected to this one, so its peers could go nowhere: see whether the others run"
    )]
    Unlinked,
    #[error(transparent)]
    Ending(#[from] Closed),
}

impl From<DrainError> for ApiError {
    fn from(error: DrainError) -> Self {
        let code = match error {
            DrainError::Alone => Code::Forbidden,
            DrainError::Unlinked => Code::Busy,
            DrainError::Ending(_) => Code::Ending,
        };
        Self::new(code, error.to_string())
    }
}

/// Drains this tracker. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Drain(Arc<State>);

struct State {
    has_begun: AtomicBool,
    /// Cancelled from when no peer is taken any more.
    draining: CancellationToken,
    drained: CancellationToken,
    catalogue: CatalogueHandle,
    /// None where this tracker is no node.
    links: Option<Links>,
}

impl Drain {
    /// Nothing is drained yet; `draining` is cancelled once it is.
    pub(crate) fn new(draining: CancellationToken, catalogue: CatalogueHandle, links: Option<Links>) -> Self {
        let (has_begun, drained) = (AtomicBool::new(false), CancellationToken::new());
        Self(Arc::new(State { has_begun, draining, drained, catalogue, links }))
    }

    /// Sends all peers to other nodes from now on, and takes no others; [`Drain::drained`] returns within this time. Where
    /// that has begun, it goes on.
    pub(crate) async fn begin(&self, within: Duration) -> Result<Draining, DrainError> {
        self.begin_staying(within, STAY.min(within)).await
    }

    /// The same before an end, as fast as may be: nothing where the peers can go nowhere.
    pub(crate) async fn hasten(&self) {
        match self.begin_staying(HASTE, Duration::ZERO).await {
            Ok(draining) => {
                tracing::info!(peers = draining.peers, nodes = draining.nodes, "peers go on at other nodes");
                let _ = tokio::time::timeout(HASTE, self.drained()).await;
            }
            Err(error) => tracing::debug!(%error, "peers go nowhere"),
        }
    }

    /// Returns once nobody is left, or the time is over.
    pub(crate) async fn drained(&self) {
        self.0.drained.cancelled().await;
    }

    async fn begin_staying(&self, within: Duration, stay: Duration) -> Result<Draining, DrainError> {
        let nodes = self.0.links.as_ref().ok_or(DrainError::Alone)?.whole();
        if nodes == 0 {
            return Err(DrainError::Unlinked);
        }
        let peers = self.0.catalogue.send_away(0).await?;
        self.0.draining.cancel();
        if !self.0.has_begun.swap(true, Ordering::Relaxed) {
            tokio::spawn(self.clone().run(Pace::new(peers, within), within, stay));
        }
        Ok(Draining { peers, nodes, within_seconds: within.as_secs() })
    }

    async fn run(self, pace: Pace, within: Duration, stay: Duration) {
        let begun = Instant::now();
        let mut steps = interval(STEP);
        steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = 0;
        loop {
            steps.tick().await;
            let after = begun.elapsed();
            let due = pace.due(after);
            // A task that is gone has sent everybody away.
            let Ok(left) = self.0.catalogue.send_away(due.saturating_sub(told)).await else { break };
            told = due;
            if after >= within || (left == 0 && after >= stay) {
                break;
            }
        }
        self.0.drained.cancel();
    }
}
