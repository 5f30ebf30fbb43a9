//! How the catalogue learns what an unknown item is: it asks the peers that registered it, one after the other.

use peerpool_wire::{channel::ToPeer, id::InfoHash, time::Time};

use super::Catalogue;
use crate::{
    input::{Change, NewItem, Output, SessionId},
    timers::Timer,
};

/// Items whose metainfo one peer is asked for at once.
const WINDOW: usize = 64;

/// Why an item's metainfo is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum RefusedItem {
    #[error("the metainfo sent for {claimed} is that of {found}")]
    OtherItem { claimed: InfoHash, found: InfoHash },
    #[error("another item has one of the hashes of {0}")]
    HashTaken(InfoHash),
    #[error("the catalogue is full ({0} items)")]
    Full(usize),
}

impl Catalogue {
    /// Puts an item behind what the session is asked for.
    pub(super) fn queue_ask(&mut self, session: SessionId, info_hash: InfoHash) {
        if let Some(own) = self.sessions.get_mut(session) {
            own.metainfo.queue.push_back(info_hash);
        }
    }

    /// Asks the next session, if there is one.
    pub(super) fn queue_metainfo(
        &mut self,
        now: Time,
        info_hash: InfoHash,
        next: Option<SessionId>,
        out: &mut Vec<Output>,
    ) {
        if let Some(next) = next {
            self.queue_ask(next, info_hash);
            self.ask_metainfo(now, next, out);
        }
    }

    /// Asks a session for the next items, as far as its window allows.
    pub(super) fn ask_metainfo(&mut self, now: Time, session: SessionId, out: &mut Vec<Output>) {
        let Some(own) = self.sessions.get_mut(session) else {
            return;
        };
        let (unknown, asks) = (&own.unknown, &mut own.metainfo);
        let was_idle = asks.open.is_empty();
        let mut info_hashes = Vec::new();
        while asks.open.len() < WINDOW
            && let Some(info_hash) = asks.queue.pop_front()
        {
            if unknown.contains(&info_hash) && asks.open.insert(info_hash) {
                info_hashes.push(info_hash);
            }
        }
        if info_hashes.is_empty() {
            return;
        }
        if was_idle {
            asks.since = now;
            self.timers.set(now + self.policy.metainfo_deadline, Timer::Metainfo(session));
        }
        out.push(Output::Send { session, message: ToPeer::NeedMetainfo { info_hashes } });
    }

    /// Gives up on a session that let the deadline pass, and asks others.
    pub(super) fn check_metainfo(&mut self, now: Time, session: SessionId, out: &mut Vec<Output>) {
        let Some(own) = self.sessions.get_mut(session) else {
            return;
        };
        if own.metainfo.open.is_empty() {
            return;
        }
        let deadline = own.metainfo.since + self.policy.metainfo_deadline;
        if deadline > now {
            return self.timers.set(deadline, Timer::Metainfo(session));
        }
        let overdue: Vec<InfoHash> = own.metainfo.open.iter().copied().collect();
        self.no_metainfo(now, session, &overdue, out);
    }

    pub(super) fn no_metainfo(
        &mut self,
        now: Time,
        session: SessionId,
        info_hashes: &[InfoHash],
        out: &mut Vec<Output>,
    ) {
        for &info_hash in info_hashes {
            if self.close_ask(now, session, info_hash) {
                let next = self.unknown.fail(info_hash, session);
                self.queue_metainfo(now, info_hash, next, out);
            }
        }
        self.ask_metainfo(now, session, out);
    }

    pub(super) fn handle_metainfo(
        &mut self,
        now: Time,
        session: SessionId,
        info_hash: InfoHash,
        parsed: Result<NewItem, String>,
        out: &mut Vec<Output>,
    ) {
        if !self.close_ask(now, session, info_hash) {
            return;
        }
        let decided = parsed.and_then(|item| self.decide(info_hash, item).map_err(|error| error.to_string()));
        match decided {
            Ok(change) => {
                if let Some(change) = change {
                    out.push(Output::Store(change.clone()));
                    self.apply(change);
                }
                self.settle_unknown(info_hash, out);
            }
            Err(reason) => {
                out.push(Output::Send { session, message: ToPeer::ItemRefused { info_hash, reason } });
                let next = self.unknown.fail(info_hash, session);
                self.queue_metainfo(now, info_hash, next, out);
            }
        }
        self.ask_metainfo(now, session, out);
    }

    /// Whether the catalogue takes an item that was sent as `claimed`; nothing changes when it knows it already.
    fn decide(&self, claimed: InfoHash, item: NewItem) -> Result<Option<Change>, RefusedItem> {
        let found = item.facts.info_hash;
        if !item.facts.is(claimed) {
            return Err(RefusedItem::OtherItem { claimed, found });
        }
        if self.known(found).is_some() {
            return Ok(None);
        }
        let swarms = found.wire_hashes().filter_map(|hash| self.swarms.find(hash));
        if swarms.filter_map(|id| self.swarms.get(id)).any(|swarm| swarm.item.is_some()) {
            return Err(RefusedItem::HashTaken(found));
        }
        if self.items.len() >= self.policy.max_items || self.swarms.len() >= self.policy.max_swarms {
            return Err(RefusedItem::Full(self.items.len()));
        }
        Ok(Some(Change::Added(item)))
    }

    /// An answer has come, or will not: true when it was asked for.
    fn close_ask(&mut self, now: Time, session: SessionId, info_hash: InfoHash) -> bool {
        let Some(own) = self.sessions.get_mut(session) else {
            return false;
        };
        own.metainfo.since = now;
        own.metainfo.open.remove(&info_hash)
    }
}
