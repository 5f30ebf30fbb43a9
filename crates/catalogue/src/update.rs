//! The update barrier: everybody is asked for the newest state, and waited for up to a deadline.
//!
//! One question is open at a time. Updates asked for meanwhile share the next one, since an answer that was given
//! before an update was asked for says nothing about it. So an answer takes two deadlines at most, and a pool in
//! which everybody asks for updates asks each peer once a round, not once for each.

use std::collections::BTreeSet;

use peerpool_wire::{
    channel::{AskId, RequestId, SilentPeer},
    time::Time,
};

use crate::input::SessionId;

/// A peer that waits for an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) session: SessionId,
    pub(crate) request: RequestId,
}

#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) ask: AskId,
    pub(crate) deadline: Time,
    pub(crate) askers: Vec<Asker>,
    /// Peers that have not answered.
    pub(crate) waiting: BTreeSet<SessionId>,
    /// Peers that have answered, and whose new items the tracker is still getting to know.
    settling: BTreeSet<SessionId>,
    pub(crate) answered: u32,
    /// Peers that left without an answer.
    pub(crate) gone: Vec<SilentPeer>,
}

impl Round {
    fn is_settled(&self) -> bool {
        self.waiting.is_empty() && self.settling.is_empty()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Update {
    current: Option<Round>,
    queued: Vec<Asker>,
    asked: u64,
}

impl Update {
    /// Somebody wants an update; false when a session asks again before it was answered.
    pub(crate) fn request(&mut self, asker: Asker) -> bool {
        if self.queued.iter().any(|queued| queued.session == asker.session) {
            return false;
        }
        self.queued.push(asker);
        true
    }

    /// Begins the next round if one is due: everybody is asked, only a lone asker is not asked by itself.
    pub(crate) fn begin(
        &mut self,
        deadline: Time,
        sessions: impl Iterator<Item = SessionId>,
    ) -> Option<&Round> {
        if self.current.is_some() || self.queued.is_empty() {
            return None;
        }
        let askers = std::mem::take(&mut self.queued);
        let lone = match askers[..] {
            [asker] => Some(asker.session),
            _ => None,
        };
        self.asked += 1;
        let waiting = sessions.filter(|&session| Some(session) != lone).collect();
        let ask = AskId(self.asked);
        Some(self.current.insert(Round {
            ask,
            deadline,
            askers,
            waiting,
            settling: BTreeSet::new(),
            answered: 0,
            gone: Vec::new(),
        }))
    }

    /// A peer has told its newest state; it is waited for until [`Update::settled`] too.
    pub(crate) fn reported(&mut self, ask: AskId, session: SessionId) {
        if let Some(round) = self.current.as_mut().filter(|round| round.ask == ask)
            && round.waiting.remove(&session)
        {
            round.answered += 1;
            round.settling.insert(session);
        }
    }

    /// Nothing is owed by this peer any more: if it has answered, its answer is in the catalogue.
    pub(crate) fn settled(&mut self, session: SessionId) {
        if let Some(round) = &mut self.current {
            round.settling.remove(&session);
        }
    }

    /// A peer has left: it answers no more, and wants no answer.
    pub(crate) fn left(&mut self, session: SessionId, named: impl FnOnce() -> SilentPeer) {
        self.queued.retain(|asker| asker.session != session);
        if let Some(round) = &mut self.current {
            round.askers.retain(|asker| asker.session != session);
            round.settling.remove(&session);
            if round.waiting.remove(&session) {
                round.gone.push(named());
            }
        }
    }

    /// The round that is over: everybody answered, or the deadline has come.
    pub(crate) fn finish(&mut self, now: Time) -> Option<Round> {
        self.current.take_if(|round| round.is_settled() || round.deadline <= now)
    }
}
