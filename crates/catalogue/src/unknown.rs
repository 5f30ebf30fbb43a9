//! Items that peers registered and whose metainfo the tracker does not have yet.

use std::collections::BTreeMap;

use peerpool_wire::{channel::Have, id::InfoHash};

use crate::input::SessionId;

/// A peer that registered an unknown item.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) session: SessionId,
    pub(crate) have: Have,
    /// It was asked for the metainfo and could not give it.
    pub(crate) failed: bool,
}

/// Registrations by item; each session stands once in each list.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    items: BTreeMap<InfoHash, Item>,
}

#[derive(Debug, Default)]
struct Item {
    waiting: Vec<Waiting>,
    asked: Option<SessionId>,
}

impl Unknown {
    /// Notes what a session has; true when nobody is being asked for the item's metainfo.
    pub(crate) fn register(&mut self, info_hash: InfoHash, session: SessionId, have: Have) -> bool {
        let item = self.items.entry(info_hash).or_default();
        match item.waiting.iter_mut().find(|waiting| waiting.session == session) {
            Some(waiting) => waiting.have = have,
            None => item.waiting.push(Waiting { session, have, failed: false }),
        }
        item.asked.is_none()
    }

    /// What a session last said that it has.
    pub(crate) fn have(&self, info_hash: InfoHash, session: SessionId) -> Option<&Have> {
        let waiting = &self.items.get(&info_hash)?.waiting;
        waiting.iter().find(|waiting| waiting.session == session).map(|waiting| &waiting.have)
    }

    /// Notes whom the item's metainfo is asked from.
    pub(crate) fn set_asked(&mut self, info_hash: InfoHash, session: SessionId) {
        if let Some(item) = self.items.get_mut(&info_hash) {
            item.asked = Some(session);
        }
    }

    /// The session could not give the metainfo: the next to ask, if there is one.
    pub(crate) fn fail(&mut self, info_hash: InfoHash, session: SessionId) -> Option<SessionId> {
        let item = self.items.get_mut(&info_hash)?;
        if let Some(waiting) = item.waiting.iter_mut().find(|waiting| waiting.session == session) {
            waiting.failed = true;
        }
        item.next_to_ask(session)
    }

    /// The session no longer has the item: the next to ask, if it was the one asked.
    pub(crate) fn withdraw(&mut self, info_hash: InfoHash, session: SessionId) -> Option<SessionId> {
        let item = self.items.get_mut(&info_hash)?;
        item.waiting.retain(|waiting| waiting.session != session);
        if item.waiting.is_empty() {
            self.items.remove(&info_hash);
            return None;
        }
        item.next_to_ask(session)
    }

    /// The item is known now, or nothing will come of it: everybody who registered it.
    pub(crate) fn take(&mut self, info_hash: InfoHash) -> Vec<Waiting> {
        self.items.remove(&info_hash).map(|item| item.waiting).unwrap_or_default()
    }
}

impl Item {
    fn next_to_ask(&mut self, after: SessionId) -> Option<SessionId> {
        if self.asked != Some(after) {
            return None;
        }
        self.asked = self.waiting.iter().find(|waiting| !waiting.failed).map(|waiting| waiting.session);
        self.asked
    }
}
