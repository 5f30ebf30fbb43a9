//! Changes that take something away, until every connected peer has confirmed them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use peerpool_api::Changed;
use peerpool_catalogue::SessionId;
use tokio::{sync::oneshot, time::Instant};

use super::error::MembersError;

/// How long a peer may take to stop what may not pass any more.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the answer to a change goes; the clock's own changes have none.
pub(super) type Answer = Option<oneshot::Sender<Result<Changed, MembersError>>>;

struct Change {
    epoch: u64,
    /// Who has not confirmed it yet, by the names that people know.
    open: BTreeMap<SessionId, String>,
    confirmed: Vec<String>,
    deadline: Instant,
    answer: Answer,
}

impl Change {
    fn finish(self) {
        let Self { epoch, open, confirmed, answer, .. } = self;
        if let Some(answer) = answer {
            let silent = open.into_values().collect();
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
    /// Waits for these sessions.
    pub(super) fn begin(&mut self, epoch: u64, open: BTreeMap<SessionId, String>, answer: Answer) {
        let deadline = Instant::now() + PATIENCE;
        self.changes.push(Change { epoch, open, confirmed: Vec::new(), deadline, answer });
        self.settle();
    }

    /// A session has done everything up to this epoch.
    pub(super) fn seen(&mut self, session: SessionId, epoch: u64) {
        for change in self.changes.iter_mut().filter(|change| change.epoch <= epoch) {
            change.confirmed.extend(change.open.remove(&session));
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
        self.changes.iter().map(|change| change.deadline).min()
    }

    /// Answers what has waited long enough; who was silent.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> BTreeSet<SessionId> {
        let mut silent = BTreeSet::new();
        for change in self.changes.extract_if(.., |change| change.deadline <= now) {
            silent.extend(change.open.keys());
            change.finish();
        }
        silent
    }

    fn settle(&mut self) {
        self.changes.extract_if(.., |change| change.open.is_empty()).for_each(Change::finish);
    }
}
