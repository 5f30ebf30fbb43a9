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
    pub(crate) waiting: BTreeSet<SessionId>,
    pub(crate) answered: u32,
    /// Peers that left without an answer.
    pub(crate) gone: Vec<SilentPeer>,
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
        Some(self.current.insert(Round { ask, deadline, askers, waiting, answered: 0, gone: Vec::new() }))
    }

    /// A peer has told its newest state.
    pub(crate) fn reported(&mut self, ask: AskId, session: SessionId) {
        if let Some(round) = self.current.as_mut().filter(|round| round.ask == ask)
            && round.waiting.remove(&session)
        {
            round.answered += 1;
        }
    }

    /// A peer has left: it answers no more, and wants no answer.
    pub(crate) fn left(&mut self, session: SessionId, named: impl FnOnce() -> SilentPeer) {
        self.queued.retain(|asker| asker.session != session);
        if let Some(round) = &mut self.current {
            round.askers.retain(|asker| asker.session != session);
            if round.waiting.remove(&session) {
                round.gone.push(named());
            }
        }
    }

    /// The round that is over: everybody answered, or the deadline has come.
    pub(crate) fn finish(&mut self, now: Time) -> Option<Round> {
        self.current.take_if(|round| round.waiting.is_empty() || round.deadline <= now)
    }
}
