//! Changes that take something away, until every connected peer has confirmed them, here and at other nodes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use peerpool_api::Changed;
use peerpool_catalogue::SessionId;
use peerpool_wire::link::NodeId;
use tokio::{sync::oneshot, time::Instant};

use super::error::MembersError;

/// How long a peer may take to stop what may not pass any more.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much longer another node may take to tell what its peers did.
const NODES_PATIENCE: Duration = Duration::from_secs(1);

/// Where the answer to a change goes; the clock's own changes have none.
pub(super) type Answer = Option<oneshot::Sender<Result<Changed, MembersError>>>;

struct Change {
    epoch: u64,
    /// Who has not confirmed it yet, by the names that people know.
    open: BTreeMap<SessionId, String>,
    /// Nodes that have not told yet that their peers go by it.
    nodes: BTreeSet<NodeId>,
    confirmed: Vec<String>,
    silent: Vec<String>,
    deadline: Instant,
    answer: Answer,
}

impl Change {
    fn finish(self) {
        let Self { epoch, nodes, confirmed, mut silent, answer, .. } = self;
        if let Some(answer) = answer {
            silent.extend(nodes.into_iter().map(|node| format!("the peers of node {node}")));
            // Whoever asked may have left.
            let _ = answer.send(Ok(Changed { epoch, confirmed, silent }));
        }
    }
}

/// All such changes.
#[derive(Default)]
pub(super) struct Waiting {
    changes: Vec<Change>,
}

impl Waiting {
    /// Waits for these sessions, and for these nodes.
    pub(super) fn begin(
        &mut self,
        epoch: u64,
        (open, nodes): (BTreeMap<SessionId, String>, BTreeSet<NodeId>),
        answer: Answer,
    ) {
        let deadline = Instant::now() + PATIENCE;
        let (confirmed, silent) = (Vec::new(), Vec::new());
        self.changes.push(Change { epoch, open, nodes, confirmed, silent, deadline, answer });
        self.settle();
    }

    /// A session has done everything up to this epoch.
    pub(super) fn seen(&mut self, session: SessionId, epoch: u64) {
        for change in self.changes.iter_mut().filter(|change| change.epoch <= epoch) {
            change.confirmed.extend(change.open.remove(&session));
        }
        self.settle();
    }

    /// Another node goes by everything up to this epoch.
    pub(super) fn node_done(&mut self, node: NodeId, epoch: u64, confirmed: &[String], silent: &[String]) {
        for change in self.changes.iter_mut().filter(|change| change.epoch <= epoch) {
            if change.nodes.remove(&node) {
                change.confirmed.extend_from_slice(confirmed);
                change.silent.extend_from_slice(silent);
            }
        }
        self.settle();
    }

    /// A session has ended: nothing passes by its word any more.
    pub(super) fn left(&mut self, session: SessionId) {
        self.changes.iter_mut().for_each(|change| drop(change.open.remove(&session)));
        self.settle();
    }

    /// When somebody will have been silent for too long.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let next = |change: &Change| match change.open.is_empty() {
            true => change.deadline + NODES_PATIENCE,
            false => change.deadline,
        };
        self.changes.iter().map(next).min()
    }

    /// Answers what has waited long enough; who was silent.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> BTreeSet<SessionId> {
        let mut silent = BTreeSet::new();
        let is_over = |change: &mut Change| {
            if now < change.deadline {
                return false;
            }
            let open = std::mem::take(&mut change.open);
            silent.extend(open.keys());
            change.silent.extend(open.into_values());
            change.nodes.is_empty() || change.deadline + NODES_PATIENCE <= now
        };
        self.changes.extract_if(.., is_over).for_each(Change::finish);
        silent
    }

    fn settle(&mut self) {
        self.changes
            .extract_if(.., |change| change.open.is_empty() && change.nodes.is_empty())
            .for_each(Change::finish);
    }
}
