//! Asking peers for their newest state: those of this node, for whoever wants an update anywhere in the pool.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_wire::{
    channel::{AskId, SilentPeer},
    link::GatherId,
    time::Time,
};

use crate::input::{LinkId, SessionId};

/// One question to the peers of this node.
#[derive(Debug)]
pub(crate) struct Census {
    pub(crate) ask: AskId,
    pub(crate) deadline: Time,
    /// Peers that have not answered.
    pub(crate) waiting: BTreeSet<SessionId>,
    /// Peers that have answered, and whose new items the tracker is still getting to know.
    settling: BTreeSet<SessionId>,
    pub(crate) answered: u32,
    /// Peers that left without an answer.
    pub(crate) gone: Vec<SilentPeer>,
}

impl Census {
    pub(crate) fn new(ask: AskId, deadline: Time, waiting: BTreeSet<SessionId>) -> Self {
        Self { ask, deadline, waiting, settling: BTreeSet::new(), answered: 0, gone: Vec::new() }
    }

    /// Whether everybody has answered.
    pub(crate) fn is_settled(&self) -> bool {
        self.waiting.is_empty() && self.settling.is_empty()
    }

    /// A peer has reported its newest state; the census waits for it until [`Census::settled`], too.
    pub(crate) fn reported(&mut self, ask: AskId, session: SessionId) {
        if self.ask == ask && self.waiting.remove(&session) {
            self.answered += 1;
            self.settling.insert(session);
        }
    }

    /// Whether this peer has answered, and may owe something.
    pub(crate) fn awaits(&self, session: SessionId) -> bool {
        self.settling.contains(&session)
    }

    /// This peer owes nothing more: if it has answered, its answer is in the catalogue.
    pub(crate) fn settled(&mut self, session: SessionId) {
        self.settling.remove(&session);
    }

    /// A peer has left: it answers no more.
    pub(crate) fn left(&mut self, session: SessionId, named: impl FnOnce() -> SilentPeer) {
        self.settling.remove(&session);
        if self.waiting.remove(&session) {
            self.gone.push(named());
        }
    }
}

/// The questions of other nodes, one of each at most: a node asks again when it has its answer, or has given up.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    open: BTreeMap<LinkId, (GatherId, Census)>,
    asked: u64,
}

/// Numbers of questions for other nodes begin here; those of this node's own updates stay below.
const FIRST: u64 = 1 << 63;

impl Gather {
    /// Asks these peers for another node.
    pub(crate) fn begin(
        &mut self,
        link: LinkId,
        number: GatherId,
        deadline: Time,
        waiting: BTreeSet<SessionId>,
    ) -> AskId {
        let ask = AskId(FIRST + self.asked);
        self.asked += 1;
        self.open.insert(link, (number, Census::new(ask, deadline, waiting)));
        ask
    }

    /// Every open question.
    pub(crate) fn each(&mut self, act: impl FnMut(&mut Census)) {
        self.open.values_mut().map(|(_, census)| census).for_each(act);
    }

    pub(crate) fn awaits(&self, session: SessionId) -> bool {
        self.open.values().any(|(_, census)| census.awaits(session))
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn lost(&mut self, link: LinkId) {
        self.open.remove(&link);
    }

    /// Takes out one whose peers have all answered, or whose deadline has come.
    pub(crate) fn finish(&mut self, now: Time) -> Option<(LinkId, GatherId, Census)> {
        let over = |(_, census): &(GatherId, Census)| census.is_settled() || census.deadline <= now;
        let link = self.open.iter().find(|(_, open)| over(open)).map(|(&link, _)| link)?;
        self.open.remove(&link).map(|(number, census)| (link, number, census))
    }
}
