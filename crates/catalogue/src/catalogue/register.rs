//! What connected peers register and withdraw.

use peerpool_wire::{
    bitfield::Bitfield,
    channel::{Have, ItemState, MAX_VARIANTS, ToPeer},
    digest::ShareDigest,
    id::InfoHash,
    time::Time,
};

use super::Catalogue;
use crate::{
    ids::{ItemId, SwarmId},
    input::{Output, SessionId},
    items::Item,
    swarm_peer::{Part, SwarmPeer, Via},
};

/// Withdrawn items of a peer that are remembered, in case another one takes their place.
const MAX_WITHDRAWN: usize = 64;

/// Why an item is not listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum RegisterError {
    #[error("a peer may register {0} items at most: share fewer, or in folders")]
    TooManyItems(usize),
    #[error(
        "the peers of this address have registered as many items as they may: share fewer, or in folders"
    )]
    TooManyOfHost,
    #[error("the bitfields of this peer's unfinished items take more than {0} bytes")]
    TooMuchState(usize),
    #[error("the peer states {stated} pieces, but the item has {pieces}")]
    WrongPieceCount { stated: u32, pieces: u32 },
    #[error(transparent)]
    Bitfield(#[from] peerpool_wire::bitfield::BitfieldError),
}

impl RegisterError {
    /// Whether the items after this one will be refused for the same reason.
    fn is_limit(&self) -> bool {
        matches!(self, Self::TooManyItems(_) | Self::TooMuchState(_) | Self::TooManyOfHost)
    }
}

impl Catalogue {
    pub(super) fn register(
        &mut self,
        now: Time,
        session: SessionId,
        items: Vec<ItemState>,
        out: &mut Vec<Output>,
    ) {
        self.changes.peers.mark(session);
        for ItemState { info_hash, have } in items {
            if let Err(error) = self.register_item(session, info_hash, have, IsShown(false), out) {
                let message = ToPeer::ItemRefused { info_hash, reason: error.to_string() };
                out.push(Output::Send { session, message });
                if error.is_limit() {
                    break;
                }
            }
        }
        self.ask_metainfo(now, session, out);
    }

    /// Registers what a peer had at another node, if that is what its digest says: all of these items, and nothing else.
    /// Returns whether it did. Else what it had stands as before, until the peer says what it has.
    pub(super) fn keep(&mut self, session: SessionId, digest: ShareDigest, out: &mut Vec<Output>) -> bool {
        let Some(own) = self.sessions.get(session) else { return false };
        let items = own.residence.inherited.iter().map(|&id| {
            let swarm = self.swarms.get(id)?;
            let item = swarm.item.filter(|&item| self.session_sees(session, item))?;
            let (facts, part) = (&self.items.get(item)?.facts, &swarm.get(own.identity)?.part);
            Some((facts.info_hash, part.to_have(facts.pieces)))
        });
        let Some(items) = items.collect::<Option<Vec<_>>>() else { return false };
        digest == ShareDigest::of(items.iter().map(|(info_hash, have)| (*info_hash, have.is_all())))
            && items.into_iter().all(|(info_hash, have)| {
                self.register_item(session, info_hash, have, IsShown(false), out).is_ok()
            })
    }

    fn register_item(
        &mut self,
        session: SessionId,
        info_hash: InfoHash,
        have: Have,
        IsShown(is_shown): IsShown,
        out: &mut Vec<Output>,
    ) -> Result<(), RegisterError> {
        let known = self.known(info_hash).filter(|&(id, _)| is_shown || self.session_sees(session, id));
        match known.map(|(id, item)| (id, item.swarm, item.facts.pieces)) {
            Some((id, swarm, pieces)) => {
                let part = part(&have, pieces)?;
                let before = self.held_bytes(session, swarm);
                let is_new =
                    self.sessions.get(session).is_some_and(|own| !own.registered.swarms.contains(&swarm));
                let counted = Counted { is_new, is_known: true, before, after: part.bytes() };
                let part = if self.account(session, counted)? { part } else { Part::Some(None) };
                self.join_swarm(session, id, swarm, part, out);
            }
            None => {
                let bytes = |have: &Have| match have {
                    Have::All => 0,
                    Have::Some { bitfield, .. } => bitfield.len(),
                };
                let before = self.unknown.have(info_hash, session).map(bytes);
                let counted = Counted {
                    is_new: before.is_none(),
                    is_known: false,
                    before: before.unwrap_or(0),
                    after: bytes(&have),
                };
                let mut have = have;
                if !self.account(session, counted)?
                    && let Have::Some { bitfield, .. } = &mut have
                {
                    *bitfield = Vec::new();
                }
                let ask = self.unknown.register(info_hash, session, have);
                if let Some(own) = self.sessions.get_mut(session) {
                    own.registered.unknown.insert(info_hash);
                }
                if ask {
                    self.queue_ask(session, info_hash);
                }
            }
        }
        Ok(())
    }

    /// Counts an item and its bitfield against the limits of the peer and of its host. Returns false if there is no
    /// room for the bitfield: the peer then counts without it.
    fn account(&mut self, session: SessionId, counted: Counted) -> Result<bool, RegisterError> {
        let (max_items, max_bytes) =
            (self.policy.limits.max_items_per_peer, self.policy.limits.max_state_bytes);
        let Some(own) = self.sessions.get_mut(session) else {
            return Ok(true);
        };
        let host = own.host();
        if counted.is_new && own.item_count() >= max_items {
            return Err(RegisterError::TooManyItems(max_items));
        }
        let bytes = own.registered.state_bytes.saturating_sub(counted.before);
        if bytes + counted.after > max_bytes {
            return Err(RegisterError::TooMuchState(max_bytes));
        }
        let registered =
            if counted.is_known { &mut self.shares.registrations } else { &mut self.shares.unknown };
        if counted.is_new && !registered.take(host, 1) {
            return Err(RegisterError::TooManyOfHost);
        }
        self.shares.state_bytes.give_back(host, counted.before);
        let has_room = self.shares.state_bytes.take(host, counted.after);
        own.registered.state_bytes = bytes + if has_room { counted.after } else { 0 };
        Ok(has_room)
    }

    fn held_bytes(&self, session: SessionId, swarm: SwarmId) -> usize {
        let peer = self.sessions.get(session).and_then(|own| self.swarms.get(swarm)?.get(own.identity));
        peer.map_or(0, |peer| peer.part.bytes())
    }

    fn join_swarm(&mut self, id: SessionId, item: ItemId, swarm: SwarmId, part: Part, out: &mut Vec<Output>) {
        let Some(own) = self.sessions.get_mut(id) else {
            return;
        };
        if own.registered.swarms.insert(swarm)
            && let Some(item) = self.items.get(item)
        {
            own.registered.seen.add(item.audience, 1);
        }
        let is_all = part.is_all();
        let port = own.reach.port();
        own.residence.inherited.remove(&swarm);
        let identity = own.identity;
        let mut peer = SwarmPeer::new(identity, own.peer_id, own.endpoints.remote, port, Via::ALL, part);
        peer.session = Some(id);
        self.add_to_swarm(swarm, peer, out);
        self.vouch_for_holder(swarm, identity, is_all, out);
        self.try_stated(id, swarm, out);
        if is_all {
            self.replace_withdrawn(id, item, out);
        }
    }

    /// A peer has a new item in place of one that it withdrew: nobody waits for the old one.
    fn replace_withdrawn(&mut self, session: SessionId, new: ItemId, out: &mut Vec<Output>) {
        let Some((name, audience, was_superseded)) = self.items.get_mut(new).map(|item| {
            let was_superseded = item.set_superseded(false);
            (item.facts.name.clone(), item.audience, was_superseded)
        }) else {
            return;
        };
        if was_superseded {
            self.tell_item(new, out);
        }
        let Some(own) = self.sessions.get_mut(session) else { return };
        // Whoever sees the old item sees the new one, too; nobody is to notice an item that it does not see.
        let takes_place = |item: &Item| item.facts.name == name && item.audience == audience;
        let of_the_name = |id: &ItemId| *id != new && self.items.get(*id).is_some_and(takes_place);
        let replaced: Vec<ItemId> = own.registered.withdrawn.iter().copied().filter(of_the_name).collect();
        own.registered.withdrawn.retain(|id| *id != new && !replaced.contains(id));
        for old in replaced {
            self.supersede(old, out);
        }
    }

    /// Records that a peer withdrew an item that it had whole, or that it has another one of its name already.
    fn note_withdrawn(&mut self, session: SessionId, old: ItemId, out: &mut Vec<Output>) {
        let known = self.items.get(old).map(|item| (item.facts.name.clone(), item.audience));
        let Some((name, audience)) = known else { return };
        let Some(own) = self.sessions.get_mut(session) else { return };
        let same_name =
            self.items.listed(&name).take(MAX_VARIANTS).filter_map(|id| Some((id, self.items.get(id)?)));
        let has_another = same_name
            .filter(|(id, item)| *id != old && item.audience == audience)
            .any(|(_, item)| own.registered.swarms.contains(&item.swarm));
        if has_another {
            return self.supersede(old, out);
        }
        own.registered.withdrawn.push_back(old);
        if own.registered.withdrawn.len() > MAX_WITHDRAWN {
            own.registered.withdrawn.pop_front();
        }
    }

    pub(super) fn withdraw(
        &mut self,
        now: Time,
        session: SessionId,
        info_hashes: &[InfoHash],
        out: &mut Vec<Output>,
    ) {
        self.changes.peers.mark(session);
        for &info_hash in info_hashes {
            if let Some((item, swarm)) = self.known(info_hash).map(|(id, item)| (id, item.swarm)) {
                let own = self.sessions.get(session).map(|own| own.identity);
                let held = own.and_then(|own| self.swarms.get(swarm)?.get(own));
                let was_whole = held.is_some_and(|held| held.part.is_all());
                self.leave_swarm(session, swarm, out);
                if was_whole {
                    self.note_withdrawn(session, item, out);
                }
            }
            self.forget_unknown(session, info_hash);
            let next = self.unknown.withdraw(info_hash, session);
            self.queue_metainfo(now, info_hash, next, out);
        }
        // What it was asked for may have been among them.
        self.ask_metainfo(now, session, out);
    }

    fn leave_swarm(&mut self, session: SessionId, swarm: SwarmId, out: &mut Vec<Output>) {
        let bytes = self.held_bytes(session, swarm);
        let item = self.swarms.get(swarm).and_then(|swarm| self.items.get(swarm.item?));
        let audience = item.map(|item| item.audience).unwrap_or_default();
        let Some(own) = self.sessions.get_mut(session) else {
            return;
        };
        if own.registered.swarms.remove(&swarm) {
            own.registered.seen.remove(audience, 1);
            own.registered.state_bytes = own.registered.state_bytes.saturating_sub(bytes);
            let identity = own.identity;
            let host = own.host();
            self.shares.registrations.give_back(host, 1);
            self.shares.state_bytes.give_back(host, bytes);
            self.holder_left(swarm, identity, out);
        } else if own.residence.inherited.remove(&swarm) {
            let identity = own.identity;
            self.holder_left(swarm, identity, out);
        }
    }

    /// The item no longer waits for its metainfo on behalf of this session.
    fn forget_unknown(&mut self, session: SessionId, info_hash: InfoHash) {
        let bytes = match self.unknown.have(info_hash, session) {
            Some(Have::Some { bitfield, .. }) => bitfield.len(),
            _ => 0,
        };
        if let Some(own) = self.sessions.get_mut(session)
            && own.registered.unknown.remove(&info_hash)
        {
            own.registered.state_bytes = own.registered.state_bytes.saturating_sub(bytes);
            own.metainfo.close(info_hash);
            let host = own.host();
            self.shares.unknown.give_back(host, 1);
            self.shares.state_bytes.give_back(host, bytes);
        }
    }

    /// The item's metainfo has come: everybody who registered it and may see it becomes a holder. Others are asked for it, too:
    /// to name a hash is not to have the item.
    pub(super) fn settle_unknown(
        &mut self,
        now: Time,
        info_hash: InfoHash,
        shown_by: Option<SessionId>,
        out: &mut Vec<Output>,
    ) {
        for (session, have) in self.unknown.take(info_hash) {
            let bytes = match &have {
                Have::All => 0,
                Have::Some { bitfield, .. } => bitfield.len(),
            };
            self.changes.peers.mark(session);
            if let Some(own) = self.sessions.get_mut(session) {
                own.registered.unknown.remove(&info_hash);
                own.metainfo.close(info_hash);
                own.registered.state_bytes = own.registered.state_bytes.saturating_sub(bytes);
                let host = own.host();
                self.shares.unknown.give_back(host, 1);
                self.shares.state_bytes.give_back(host, bytes);
            }
            let is_shown = IsShown(Some(session) == shown_by);
            if let Err(error) = self.register_item(session, info_hash, have, is_shown, out) {
                let message = ToPeer::ItemRefused { info_hash, reason: error.to_string() };
                out.push(Output::Send { session, message });
            }
            // It may have been asked, too, and has room for the next question now.
            self.ask_metainfo(now, session, out);
            self.settle_update(now, session, out);
        }
    }
}

/// Whether the peer has shown that it has the item's metainfo, so that it may know of the item whatever it may see.
#[derive(Debug, Clone, Copy)]
struct IsShown(bool);

/// What a registration adds.
#[derive(Debug, Clone, Copy)]
struct Counted {
    is_new: bool,
    is_known: bool,
    /// Bytes of the bitfield that it replaces, and of its own.
    before: usize,
    after: usize,
}

/// What a peer states, checked against the item.
fn part(have: &Have, pieces: u32) -> Result<Part, RegisterError> {
    match have {
        Have::All => Ok(Part::All),
        Have::Some { pieces: stated, .. } if *stated != pieces => {
            Err(RegisterError::WrongPieceCount { stated: *stated, pieces })
        }
        Have::Some { bitfield, .. } if bitfield.is_empty() => Ok(Part::Some(None)),
        Have::Some { bitfield, .. } => {
            let checked = Bitfield::from_bytes(bitfield, pieces)?;
            Ok(match (checked.is_all(), checked.is_none()) {
                (true, _) => Part::All,
                (_, true) => Part::Some(None),
                _ => Part::Some(Some(bitfield.as_slice().into())),
            })
        }
    }
}
