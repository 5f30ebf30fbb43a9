//! The update barrier: it asks every peer for its newest state, and waits for them up to a deadline.
//!
//! One question is open at a time. Updates asked for meanwhile share the next one, since an answer that was given
//! before an update was asked for says nothing about it. So an answer takes two deadlines at most, and a pool in which
//! everybody asks for updates asks each peer once a round, not once for each. The first few rounds follow at once,
//! further ones at growing intervals: each has every peer look at its files.

use std::{collections::BTreeMap, time::Duration};

use peerpool_wire::{
    channel::{AskId, RequestId, SilentPeer},
    link::GatherId,
    time::Time,
};

use crate::{
    gather::Census,
    input::{LinkId, SessionId},
};

/// A peer that waits for an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) session: SessionId,
    pub(crate) request: RequestId,
}

#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) askers: Vec<Asker>,
    /// What the peers of this node, and later those of others, answered.
    pub(crate) census: Census,
    /// The nodes that are waited for. An answer counts once all that its node told before is known.
    nodes: BTreeMap<LinkId, Option<Answer>>,
}

/// What another node says of its peers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) answered: u32,
    pub(crate) silent: Vec<SilentPeer>,
}

impl Round {
    pub(crate) fn is_settled(&self) -> bool {
        self.census.is_settled() && self.nodes.is_empty()
    }

    /// Nodes whose peers count as silent.
    pub(crate) fn silent_nodes(&self) -> impl Iterator<Item = LinkId> {
        self.nodes.keys().copied()
    }
}

/// Updates for which a session may wait at a time, besides those of the round that is open.
const MOST_ASKED: usize = 16;
/// Rounds that may follow at once.
const AT_ONCE: u32 = 3;
/// The first interval after those, which doubles up to the longest. An asker does not wait for much longer than that.
const FIRST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(8);
/// After this long without a round, the next ones may follow at once again.
const QUIET: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Update {
    current: Option<Round>,
    queued: Vec<Asker>,
    asked: u64,
    /// When the last round began, and how many began without a quiet time before them.
    began: Time,
    in_a_row: u32,
}

impl Update {
    /// A session wants an update. Returns whether it will get one: it does not if it waits for [`MOST_ASKED`] others.
    #[must_use]
    pub(crate) fn request(&mut self, asker: Asker) -> bool {
        let waits = self.queued.iter().filter(|queued| queued.session == asker.session).count();
        if waits < MOST_ASKED {
            self.queued.push(asker);
        }
        waits < MOST_ASKED
    }

    /// Begins the next round if one is due. It asks everybody, except an asker who is the only one: the peers of this node,
    /// and the other nodes for theirs.
    pub(crate) fn begin(
        &mut self,
        now: Time,
        deadline: Time,
        sessions: impl Iterator<Item = SessionId>,
        nodes: impl Iterator<Item = LinkId>,
    ) -> Option<&mut Round> {
        if self.next().is_none_or(|next| next > now) {
            return None;
        }
        self.in_a_row = if now.since(self.began) >= QUIET { 1 } else { self.in_a_row.saturating_add(1) };
        self.began = now;
        let askers = std::mem::take(&mut self.queued);
        let lone = askers.first().map(|asker| asker.session);
        let lone = lone.filter(|&lone| askers.iter().all(|asker| asker.session == lone));
        self.asked += 1;
        let waiting = sessions.filter(|&session| Some(session) != lone).collect();
        let census = Census::new(AskId(self.asked), deadline, waiting);
        let nodes = nodes.map(|link| (link, None)).collect();
        Some(self.current.insert(Round { askers, census, nodes }))
    }

    /// When the next round begins, if one is wanted and none is open.
    pub(crate) fn next(&self) -> Option<Time> {
        if self.current.is_some() || self.queued.is_empty() {
            return None;
        }
        let doubled = self.in_a_row.checked_sub(AT_ONCE).map_or(Duration::ZERO, |more| {
            FIRST_INTERVAL.saturating_mul(1 << more.min(10)).min(LONGEST_INTERVAL)
        });
        Some(self.began + doubled)
    }

    /// A peer has reported its newest state; the round waits for it until [`Update::settled`], too.
    pub(crate) fn reported(&mut self, ask: AskId, session: SessionId) {
        if let Some(round) = &mut self.current {
            round.census.reported(ask, session);
        }
    }

    pub(crate) fn awaits(&self, session: SessionId) -> bool {
        self.current.as_ref().is_some_and(|round| round.census.awaits(session))
    }

    /// This peer owes nothing more: if it has answered, its answer is in the catalogue.
    pub(crate) fn settled(&mut self, session: SessionId) {
        if let Some(round) = &mut self.current {
            round.census.settled(session);
        }
    }

    /// Another node has asked its peers. Its answer waits for [`Update::count_answers`].
    pub(crate) fn gathered(&mut self, ask: GatherId, link: LinkId, answer: Answer) {
        if let Some(round) = self.current.as_mut().filter(|round| round.census.ask.0 == ask.0)
            && let Some(node) = round.nodes.get_mut(&link)
        {
            node.get_or_insert(answer);
        }
    }

    /// Counts the answers of the nodes of which all that they told before is known.
    pub(crate) fn count_answers(&mut self, is_complete: impl Fn(LinkId) -> bool) {
        let Some(Round { census, nodes, .. }) = &mut self.current else { return };
        nodes.retain(|&link, answer| {
            let Some(answer) = answer.take_if(|_| is_complete(link)) else { return true };
            census.answered += answer.answered;
            census.gone.extend(answer.silent);
            false
        });
    }

    /// Another node is out of reach; these are its peers.
    pub(crate) fn lost(&mut self, link: LinkId, silent: impl FnOnce() -> Vec<SilentPeer>) {
        if let Some(round) = &mut self.current
            && round.nodes.remove(&link).is_some()
        {
            round.census.gone.extend(silent());
        }
    }

    /// A peer has left: it answers no more, and wants no answer.
    pub(crate) fn left(&mut self, session: SessionId, named: impl FnOnce() -> SilentPeer) {
        self.queued.retain(|asker| asker.session != session);
        if let Some(round) = &mut self.current {
            round.askers.retain(|asker| asker.session != session);
            round.census.left(session, named);
        }
    }

    /// Takes the round that is over: everybody answered, or the deadline has come.
    pub(crate) fn finish(&mut self, now: Time) -> Option<Round> {
        self.current.take_if(|round| round.is_settled() || round.census.deadline <= now)
    }
}
