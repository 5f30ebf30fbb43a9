//! Whether a node knows what the others say.

use std::time::{Duration, Instant};

use peerpool_wire::link::NodeId;
use tokio::sync::watch;

use super::ways::Complete;

/// How long a node waits for the others before it is of use without them.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Standing {
    started: Instant,
    /// The other nodes; none before the roster was read.
    nodes: watch::Receiver<Option<Vec<NodeId>>>,
    complete: watch::Receiver<Complete>,
}

impl Standing {
    pub(super) fn new(
        nodes: watch::Receiver<Option<Vec<NodeId>>>,
        complete: watch::Receiver<Complete>,
    ) -> Self {
        Self { started: Instant::now(), nodes, complete }
    }

    /// How many of the nodes on the roster have told everything, and are still there.
    pub(super) fn whole(&self) -> usize {
        let complete = self.complete.borrow();
        self.nodes.borrow().iter().flatten().filter(|node| complete.contains(node)).count()
    }

    /// Whether a node is on the roster as it was read last.
    pub(super) fn knows(&self, node: NodeId) -> bool {
        self.nodes.borrow().iter().flatten().any(|known| *known == node)
    }

    pub(super) fn is_ready(&self) -> bool {
        let complete = self.complete.borrow();
        let has_all = |nodes: &Vec<NodeId>| nodes.iter().all(|node| complete.contains(node));
        self.nodes.borrow().as_ref().is_some_and(has_all) || self.started.elapsed() >= PATIENCE
    }
}
