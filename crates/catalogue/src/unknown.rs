//! Items that peers registered and whose metainfo the tracker does not have yet.

use std::collections::BTreeMap;

use peerpool_wire::{channel::Have, id::InfoHash};

use crate::{input::SessionId, session::IsLate};

/// How many times as many holders are asked each time the ones asked before let the deadline pass. So nobody holds up
/// an item for long, even with many sessions.
const GROWTH: usize = 4;

/// The outcome of asking a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    NotYet,
    Open,
    Late,
    /// It could not give the metainfo.
    Failed,
}

#[derive(Debug)]
struct Waiting {
    have: Have,
    ask: Ask,
}

/// Registrations by item; each session appears once in each list.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    items: BTreeMap<InfoHash, Item>,
}

#[derive(Debug)]
struct Item {
    waiting: BTreeMap<SessionId, Waiting>,
    /// How many are asked and not late.
    open: usize,
    /// How many may be.
    most: usize,
}

impl Unknown {
    /// Records what a session has. Returns whether to ask it for the item's metainfo.
    pub(crate) fn register(&mut self, info_hash: InfoHash, session: SessionId, have: Have) -> bool {
        let new = || Item { waiting: BTreeMap::new(), open: 0, most: 1 };
        let item = self.items.entry(info_hash).or_insert_with(new);
        let waiting = item.waiting.entry(session).or_insert(Waiting { have: have.clone(), ask: Ask::NotYet });
        if waiting.ask == Ask::Failed && have.is_all() && !waiting.have.is_all() {
            waiting.ask = Ask::NotYet;
        }
        waiting.have = have;
        waiting.ask == Ask::NotYet && item.open < item.most
    }

    /// What a session last said that it has.
    pub(crate) fn have(&self, info_hash: InfoHash, session: SessionId) -> Option<&Have> {
        self.items.get(&info_hash)?.waiting.get(&session).map(|waiting| &waiting.have)
    }

    /// Whether to ask a session now; if so, it counts as asked.
    pub(crate) fn ask(&mut self, info_hash: InfoHash, session: SessionId) -> bool {
        let Some(item) = self.items.get_mut(&info_hash).filter(|item| item.open < item.most) else {
            return false;
        };
        let waiting = item.waiting.get_mut(&session).filter(|waiting| waiting.ask == Ask::NotYet);
        let Some(waiting) = waiting else {
            return false;
        };
        waiting.ask = Ask::Open;
        item.open += 1;
        true
    }

    /// Whether somebody is asked for the item's metainfo, and is not late.
    pub(crate) fn is_asked(&self, info_hash: InfoHash) -> bool {
        self.items.get(&info_hash).is_some_and(|item| item.open > 0)
    }

    /// Those who registered an item.
    pub(crate) fn sessions(&self, info_hash: InfoHash) -> Vec<SessionId> {
        self.items.get(&info_hash).map(|item| item.waiting.keys().copied().collect()).unwrap_or_default()
    }

    /// The session let the deadline pass: whom to ask beside it.
    pub(crate) fn overdue(&mut self, info_hash: InfoHash, session: SessionId) -> Vec<SessionId> {
        let Some(item) = self.items.get_mut(&info_hash) else {
            return Vec::new();
        };
        if let Some(waiting) = item.waiting.get_mut(&session).filter(|waiting| waiting.ask == Ask::Open) {
            waiting.ask = Ask::Late;
            item.open -= 1;
            item.most = item.most.saturating_mul(GROWTH);
        }
        item.next()
    }

    /// The session could not give the metainfo: whom to ask instead.
    pub(crate) fn fail(&mut self, info_hash: InfoHash, session: SessionId, late: IsLate) -> Vec<SessionId> {
        let Some(item) = self.items.get_mut(&info_hash) else {
            return Vec::new();
        };
        if let Some(waiting) = item.waiting.get_mut(&session) {
            waiting.ask = Ask::Failed;
            item.open -= usize::from(late == IsLate(false));
        }
        item.next()
    }

    /// The session no longer has the item: whom to ask instead, if it was asked.
    pub(crate) fn withdraw(&mut self, info_hash: InfoHash, session: SessionId) -> Vec<SessionId> {
        let Some(item) = self.items.get_mut(&info_hash) else {
            return Vec::new();
        };
        if let Some(gone) = item.waiting.remove(&session) {
            item.open -= usize::from(gone.ask == Ask::Open);
        }
        if item.waiting.is_empty() {
            self.items.remove(&info_hash);
            return Vec::new();
        }
        item.next()
    }

    /// The item is known now, or refused: everybody who registered it.
    pub(crate) fn take(&mut self, info_hash: InfoHash) -> Vec<(SessionId, Have)> {
        let waiting = self.items.remove(&info_hash).map(|item| item.waiting).unwrap_or_default();
        waiting.into_iter().map(|(session, waiting)| (session, waiting.have)).collect()
    }
}

impl Item {
    /// Those who may be asked now.
    fn next(&self) -> Vec<SessionId> {
        let free = self.most.saturating_sub(self.open);
        let waiting = self.waiting.iter().filter(|(_, waiting)| waiting.ask == Ask::NotYet);
        waiting.take(free).map(|(&session, _)| session).collect()
    }
}
