//! How the catalogue learns what an unknown item is: it asks the peers that registered it, one after the other.

use std::time::Duration;

use peerpool_wire::{channel::ToPeer, id::InfoHash, time::Time};
use rand::seq::IndexedRandom;

use super::Catalogue;
use crate::{
    facts::ItemFacts,
    ids::{ItemId, SwarmId},
    input::{Change, NewItem, Output, SessionId},
    session::{IsLate, Session},
    swarm::Swarm,
    timers::Timer,
    viewer::Audience,
};

/// Items whose metainfo one peer is asked for at once.
const WINDOW: usize = 128;
/// It is asked for more when no more than so many are open: then questions and answers come many at a time.
const REFILL: usize = WINDOW / 2;
/// Time between two requests for items that the store lacks.
const RESTORE_EVERY: Duration = Duration::from_secs(5);

/// Why an item's metainfo is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RefusedItem {
    #[error("the metainfo sent for {claimed} is that of {found}")]
    OtherItem { claimed: InfoHash, found: InfoHash },
    #[error("another item has one of the hashes of {0}")]
    HashTaken(InfoHash),
    #[error("the catalogue is full: it has room for {0} items at most")]
    Full(usize),
    #[error("this peer has already introduced {most} other items named `{name}`: rename it")]
    TooManyVariants { name: String, most: usize },
    #[error("peers at this address have introduced as many items as they may: unshare some first")]
    TooManyOfHost,
}

/// The metainfo of an item, as a session sent it.
#[derive(Debug)]
pub(super) struct Sent {
    /// The item that it was asked for.
    pub(super) info_hash: InfoHash,
    pub(super) parsed: Result<NewItem, String>,
    /// Who may see the item, should it be new.
    pub(super) audience: Audience,
}

impl Catalogue {
    /// Queues an item behind those that the session is asked for.
    pub(super) fn queue_ask(&mut self, session: SessionId, info_hash: InfoHash) {
        if let Some(own) = self.sessions.get_mut(session) {
            own.metainfo.queue.push_back(info_hash);
        }
    }

    /// Asks the next sessions.
    pub(super) fn queue_metainfo(
        &mut self,
        now: Time,
        info_hash: InfoHash,
        next: Vec<SessionId>,
        out: &mut Vec<Output>,
    ) {
        if next.is_empty() {
            // Perhaps nobody is asked any more.
            for waiting in self.unknown.sessions(info_hash) {
                self.settle_update(now, waiting, out);
            }
        }
        for next in next {
            self.queue_ask(next, info_hash);
            self.ask_metainfo(now, next, out);
        }
    }

    /// Asks a session for the next items, once enough of its window is free.
    pub(super) fn ask_metainfo(&mut self, now: Time, session: SessionId, out: &mut Vec<Output>) {
        let deadline = now + self.policy.sessions.metainfo_deadline;
        let Some(own) = self.sessions.get_mut(session) else {
            return;
        };
        if own.metainfo.in_time > REFILL {
            return;
        }
        let mut info_hashes = Vec::new();
        while own.metainfo.in_time < WINDOW
            && let Some(info_hash) = own.metainfo.queue.pop_front()
        {
            // Somebody else may be asked by now.
            if self.unknown.ask(info_hash, session) {
                own.metainfo.open.insert(info_hash, Some(deadline));
                own.metainfo.in_time += 1;
                info_hashes.push(info_hash);
            }
        }
        if info_hashes.is_empty() {
            return;
        }
        self.timers.set(deadline, Timer::Metainfo(session));
        out.push(Output::Send { session, message: ToPeer::NeedMetainfo { info_hashes } });
    }

    /// Asks others beside a session that let an item's deadline pass. Its other answers do not postpone that.
    pub(super) fn check_metainfo(&mut self, now: Time, session: SessionId, out: &mut Vec<Output>) {
        let Some(own) = self.sessions.get_mut(session) else {
            return;
        };
        for info_hash in own.metainfo.overdue(now) {
            let next = self.unknown.overdue(info_hash, session);
            self.queue_metainfo(now, info_hash, next, out);
        }
        self.ask_metainfo(now, session, out);
    }

    pub(super) fn no_metainfo(
        &mut self,
        now: Time,
        session: SessionId,
        info_hashes: &[InfoHash],
        out: &mut Vec<Output>,
    ) {
        for &info_hash in info_hashes {
            self.fail_metainfo(now, session, info_hash, out);
        }
        self.ask_metainfo(now, session, out);
    }

    /// The session cannot answer: asks the next holder. Returns false if there was no question.
    fn fail_metainfo(
        &mut self,
        now: Time,
        session: SessionId,
        info_hash: InfoHash,
        out: &mut Vec<Output>,
    ) -> bool {
        let Some(late) = self.close_ask(session, info_hash) else {
            return false;
        };
        let next = self.unknown.fail(info_hash, session, late);
        self.queue_metainfo(now, info_hash, next, out);
        true
    }

    /// The store lost an item, or could not take it: asks its holders until one sends it again.
    pub(super) fn restore(&mut self, now: Time, info_hash: InfoHash, out: &mut Vec<Output>) {
        let Some((id, _)) = self.known(info_hash) else {
            return;
        };
        if self.unstored.insert(id) {
            self.timers.set(now + RESTORE_EVERY, Timer::Restore);
        }
        self.ask_to_restore(id, out);
    }

    pub(super) fn restore_all(&mut self, now: Time, out: &mut Vec<Output>) {
        let some: Vec<_> = self.unstored.iter().copied().take(WINDOW).collect();
        for id in some {
            self.ask_to_restore(id, out);
        }
        if !self.unstored.is_empty() {
            self.timers.set(now + RESTORE_EVERY, Timer::Restore);
        }
    }

    /// Whether somebody is connected here who has all of an item, and so its metainfo.
    pub fn has_seed_here(&self, info_hash: InfoHash) -> bool {
        self.known(info_hash).is_some_and(|(_, item)| self.seeds_here(item.swarm).next().is_some())
    }

    fn seeds_here(&self, swarm: SwarmId) -> impl Iterator<Item = SessionId> + '_ {
        let connected = self.swarms.get(swarm).into_iter().flat_map(Swarm::connected);
        let seeds = connected.filter(|peer| peer.part.is_all()).filter_map(|peer| peer.session);
        seeds.filter(|session| session.is_here())
    }

    fn ask_to_restore(&mut self, id: ItemId, out: &mut Vec<Output>) {
        let Some((swarm, info_hash)) = self.items.get(id).map(|item| (item.swarm, item.facts.info_hash))
        else {
            self.unstored.remove(&id);
            return;
        };
        let seeds: Vec<SessionId> = self.seeds_here(swarm).collect();
        if let Some(&session) = seeds.choose(&mut self.rng) {
            let message = ToPeer::NeedMetainfo { info_hashes: vec![info_hash] };
            out.push(Output::Send { session, message });
        }
    }

    /// Takes the metainfo of a known item that the store lacks.
    fn restored(&mut self, info_hash: InfoHash, parsed: &Result<NewItem, String>, out: &mut Vec<Output>) {
        if let Ok(item) = parsed
            && let Some((id, known)) = self.known(info_hash)
            && item.facts.info_hash == known.facts.info_hash
            && self.unstored.contains(&id)
        {
            let added = known.added;
            self.unstored.remove(&id);
            out.push(Output::Store(Change::Added(NewItem { added, ..item.clone() })));
        }
    }

    pub(super) fn handle_metainfo(
        &mut self,
        now: Time,
        session: SessionId,
        sent: Sent,
        out: &mut Vec<Output>,
    ) {
        let Sent { info_hash, parsed, audience } = sent;
        if self.sessions.get(session).is_none_or(|own| !own.metainfo.open.contains_key(&info_hash)) {
            return self.restored(info_hash, &parsed, out);
        }
        let decided =
            parsed.and_then(|item| self.decide(session, info_hash, item).map_err(|error| error.to_string()));
        match decided {
            Ok(change) => {
                let settled =
                    change.as_ref().map_or_else(|| vec![info_hash], |item| names(&item.facts, info_hash));
                if let Some(item) = change {
                    let item = NewItem { added: self.date(now), ..item };
                    out.push(Output::Store(Change::Added(item.clone())));
                    let found = item.facts.info_hash;
                    self.add_item(item, audience, Some(session), out);
                    if let Some((id, swarm)) = self.known(found).map(|(id, item)| (id, item.swarm)) {
                        self.tell_item(id, out);
                        self.tell_places(swarm, out);
                    }
                }
                self.close_ask(session, info_hash);
                for name in settled {
                    self.settle_unknown(now, name, Some(session), out);
                }
            }
            Err(reason) => {
                out.push(Output::Send { session, message: ToPeer::ItemRefused { info_hash, reason } });
                self.fail_metainfo(now, session, info_hash, out);
            }
        }
        self.ask_metainfo(now, session, out);
    }

    /// Whether the catalogue takes an item that was sent as `claimed`; nothing changes when it knows it already.
    fn decide(
        &mut self,
        session: SessionId,
        claimed: InfoHash,
        item: NewItem,
    ) -> Result<Option<NewItem>, RefusedItem> {
        let found = item.facts.info_hash;
        if !item.facts.is(claimed) {
            return Err(RefusedItem::OtherItem { claimed, found });
        }
        if self.known(found).is_some() {
            return Ok(None);
        }
        self.has_room_for(&item.facts)?;
        let most = self.policy.limits.max_variants_per_peer;
        let same_name = self.items.listed(&item.facts.name).filter_map(|id| self.items.get(id));
        if same_name.filter(|other| other.introduced == Some(session)).take(most).count() == most {
            return Err(RefusedItem::TooManyVariants { name: item.facts.name, most });
        }
        let host = self.sessions.get(session).map(Session::host);
        if host.is_some_and(|host| !self.shares.introduced.take(host, 1)) {
            return Err(RefusedItem::TooManyOfHost);
        }
        Ok(Some(item))
    }

    /// Whether there is room for a new item, and nothing else has one of its hashes.
    pub(super) fn has_room_for(&self, facts: &ItemFacts) -> Result<(), RefusedItem> {
        let swarms = facts.wire_hashes().filter_map(|hash| self.swarms.find(hash));
        let mut others = swarms.filter_map(|id| self.items.get(self.swarms.get(id)?.item?));
        if others.any(|other| !other.facts.is_form_of(facts)) {
            return Err(RefusedItem::HashTaken(facts.info_hash));
        }
        if self.items.len() >= self.policy.limits.max_items
            || self.swarms.len() >= self.policy.limits.max_swarms
        {
            return Err(RefusedItem::Full(self.policy.limits.max_items));
        }
        Ok(())
    }

    /// An answer has come, or will not: `None` when nothing was asked.
    pub(super) fn close_ask(&mut self, session: SessionId, info_hash: InfoHash) -> Option<IsLate> {
        self.sessions.get_mut(session)?.metainfo.close(info_hash)
    }
}

/// Every name under which somebody may have registered an item.
pub(super) fn names(facts: &ItemFacts, claimed: InfoHash) -> Vec<InfoHash> {
    let (v1, v2) = (facts.info_hash.v1(), facts.info_hash.v2());
    let parts = [v1.map(InfoHash::v1_only), v2.map(InfoHash::v2_only), facts.v1_form.map(InfoHash::v1_only)];
    let mut names = vec![claimed, facts.info_hash];
    names.extend(parts.into_iter().flatten());
    names.dedup();
    names
}
