//! Peers join and leave swarms: who is told, and what is stored.

use std::net::SocketAddr;

use peerpool_wire::{
    channel::{CatalogueItem, Holder, MAX_TWINS, MAX_VARIANTS, ToPeer},
    id::WireHash,
    link::News,
};

use super::{Catalogue, changes::Touched};
use crate::{
    identity::Identity,
    ids::{ItemId, SwarmId},
    input::{Change, Endpoints, NewItem, Output, SessionId},
    items::Item,
    row::Standing,
    session::Sessions,
    swarm::{Follower, Inserted, Renewed, Swarm},
    swarm_peer::{SwarmPeer, Via},
    viewer::{Audience, Sight},
};

/// Items of the same content, and holders of each, that are counted.
pub(super) const MAX_TWINS_TRIED: usize = 64;
const MAX_COUNTED: usize = 1000;

impl Catalogue {
    /// Adds a new item: one swarm for all of its hashes, with the peers that are in it under any of them. If its v1
    /// form was an item so far, that becomes this one.
    pub(super) fn add_item(
        &mut self,
        item: NewItem,
        audience: Audience,
        introduced: Option<SessionId>,
        out: &mut Vec<Output>,
    ) {
        let (info_hash, v1_form) = (item.facts.info_hash, item.facts.v1_form);
        let form = v1_form.and_then(|form| self.swarms.find(WireHash(form.0)));
        let form = form.and_then(|id| self.swarms.get(id)?.item);
        if let Some(form) = form.and_then(|form| self.take_item(form)) {
            out.push(Output::Store(Change::Removed(form.facts.info_hash)));
        }
        let Some(id) = self.items.next_id() else { return };
        let announced = &mut self.shares.announced;
        let (swarm_id, joined) = self.swarms.join_names(info_hash, v1_form, announced);
        if let Some(swarm) = self.swarms.get_mut(swarm_id) {
            swarm.item = Some(id);
        }
        for old in joined {
            self.move_sessions(old, swarm_id);
            if let Some(homes) = &mut self.homes {
                homes.rename(old, swarm_id);
            }
        }
        self.items.push(item, swarm_id, introduced);
        self.set_audience(id, audience);
        self.changes.items.mark(id, Standing::default());
        self.changes.items.relisted.insert(id);
        // What the store gives back at a start stands as the index has it.
        if !self.items.is_deserted() || self.swarms.get(swarm_id).is_some_and(|swarm| swarm.len() > 0) {
            self.refresh_listed(swarm_id, Touched::Seeds);
        }
    }

    /// Takes an item out of the catalogue; its swarm stays.
    pub(super) fn take_item(&mut self, id: ItemId) -> Option<Item> {
        self.set_audience(id, Audience::UNSAID);
        self.changes.items.forget(&self.items.index, id);
        let item = self.items.remove(id)?;
        self.mark_related(&item.facts);
        Some(item)
    }

    /// Moves sessions from a swarm that was merged into another to that one.
    fn move_sessions(&mut self, old: SwarmId, new: SwarmId) {
        let Some(swarm) = self.swarms.get(new) else { return };
        for id in swarm.connected().filter_map(|peer| peer.session) {
            let Some(session) = self.sessions.get_mut(id) else { continue };
            if session.residence.inherited.remove(&old) {
                session.residence.inherited.insert(new);
            }
            if session.registered.swarms.remove(&old)
                && !session.registered.swarms.insert(new)
                && id.is_here()
            {
                self.shares.registrations.give_back(session.host(), 1);
            }
        }
        for follower in &swarm.followers {
            if let Some(session) = self.sessions.get_mut(follower.session)
                && session.follows.remove(&old)
            {
                session.follows.insert(new);
            }
        }
        self.swarms.free(old);
    }

    /// Forgets an item that nobody has, and that nobody ever will.
    fn forget_item(&mut self, id: ItemId, out: &mut Vec<Output>) {
        let Some(item) = self.take_item(id) else { return };
        self.swarms.remove_item(item.swarm, item.facts.wire_hashes());
        out.push(Output::Store(Change::Removed(item.facts.info_hash)));
        self.tell(None, || News::Forgotten { info_hash: item.facts.info_hash }, out);
    }

    /// The only whole holder of this item now has another one of its name. The item is no longer listed; and if nobody
    /// has any of it, nobody ever will.
    pub(super) fn supersede(&mut self, id: ItemId, out: &mut Vec<Output>) {
        let Some(item) = self.items.get_mut(id) else { return };
        item.set_superseded(true);
        let (swarm_id, was_completed) = (item.swarm, item.was_completed);
        self.refresh_listed(swarm_id, Touched::Parts);
        let is_idle = |swarm: &Swarm| swarm.len() == 0 && swarm.followers.is_empty();
        if !was_completed && self.swarms.get(swarm_id).is_some_and(is_idle) {
            self.forget_item(id, out);
        } else {
            self.tell_item(id, out);
        }
    }

    /// Adds a peer to a swarm or renews it; followers that know few holders are told of a new one.
    pub(super) fn add_to_swarm(&mut self, id: SwarmId, peer: SwarmPeer, out: &mut Vec<Output>) {
        let (identity, host) = (peer.identity, peer.host());
        let (is_all, session) = (peer.part.is_all(), peer.session);
        let reachable = session
            .and_then(|id| self.sessions.get(id))
            .is_none_or(|session| session.reach.is_reachable() != Some(false));
        let Some(swarm) = self.swarms.get_mut(id) else {
            return;
        };
        let known = swarm.get(identity);
        let (stock, is_here) = (session.is_none(), is_here(&peer));
        let was_partial = known.is_some_and(|known| !known.part.is_all());
        let says_the_same = known.is_some_and(|known| known.part == peer.part);
        if was_partial && is_all {
            swarm.downloaded = swarm.downloaded.saturating_add(1);
        }
        let (item, seeds) = (swarm.item, swarm.seeds());
        match swarm.insert(peer, reachable) {
            Inserted::Renewed(Renewed { before, now, was_own, replaced }) => {
                if stock && (before != now || was_own != is_here) {
                    if was_own {
                        self.shares.announced.give_back(before, 1);
                    }
                    // If its host has no room left, the client keeps its place until its lease ends.
                    let _ = is_here && self.shares.announced.take(now, 1);
                }
                if let Some(replaced) = replaced {
                    self.forget_client((id, replaced), identity, out);
                }
            }
            Inserted::New if stock && is_here && !self.shares.announced.take(host, 1) => {
                swarm.remove(identity);
                return;
            }
            Inserted::New => {
                if is_here
                    && swarm.len() == 1
                    && let Some(item) = item.and_then(|item| self.items.get(item))
                {
                    out.push(Output::Store(Change::Seen(item.facts.info_hash)));
                }
                self.tell_followers(id, identity, out);
            }
        }
        if is_all
            && let Some(item) = item.and_then(|item| self.items.get_mut(item))
            && (session.is_none() || item.introduced != session)
        {
            item.was_completed = true;
        }
        // Most announces only renew a lease.
        if !says_the_same && let Some(swarm) = self.swarms.get(id) {
            // A stock client that came back may have had all under another identity.
            let touched = if is_all || swarm.seeds() != seeds {
                Touched::Seeds
            // Stock clients do not say what they have; where there is a seed, it makes no difference.
            } else if stock || seeds > 0 {
                Touched::Count
            } else {
                Touched::Parts
            };
            self.refresh_listed(id, touched);
        }
    }

    pub(super) fn remove_from_swarm(&mut self, id: SwarmId, identity: Identity, out: &mut Vec<Output>) {
        let Some(swarm) = self.swarms.get_mut(id) else {
            return;
        };
        if let Some(removed) = swarm.remove(identity) {
            self.lost(id, &[removed], out);
        }
    }

    /// Some peers are no longer in a swarm.
    pub(super) fn lost(&mut self, id: SwarmId, gone: &[SwarmPeer], out: &mut Vec<Output>) {
        for peer in gone.iter().filter(|peer| peer.is_own()) {
            self.shares.announced.give_back(peer.host(), 1);
        }
        if gone.iter().any(is_here)
            && let Some(swarm) = self.swarms.get(id).filter(|swarm| swarm.len() == 0)
            && let Some(item) = swarm.item.and_then(|item| self.items.get(item))
        {
            out.push(Output::Store(Change::Seen(item.facts.info_hash)));
        }
        let touched = if gone.iter().any(|peer| peer.part.is_all()) {
            Touched::Seeds
        } else if gone.iter().all(|peer| peer.session.is_none()) {
            Touched::Count
        } else {
            Touched::Parts
        };
        self.refresh_listed(id, touched);
    }

    /// What a swarm holds has changed. An item is listed while somebody online has it; a superseded one, while somebody
    /// has all of it.
    pub(super) fn refresh_listed(&mut self, swarm_id: SwarmId, touched: Touched) {
        let Some(swarm) = self.swarms.get(swarm_id) else { return };
        let Some((id, item)) = swarm.item.and_then(|id| Some((id, self.items.get(id)?))) else {
            return;
        };
        let is_listed = swarm.len() > 0 && (!item.is_superseded() || swarm.seeds() > 0);
        let is_relisted = self.items.set_listed(id, is_listed);
        self.note(id, swarm_id, is_relisted, touched);
    }

    fn tell_followers(&mut self, id: SwarmId, identity: Identity, out: &mut Vec<Output>) {
        let enough = self.policy.neighbours as u16;
        let Some(swarm) = self.swarms.get_mut(id).filter(|swarm| !swarm.followers.is_empty()) else {
            return;
        };
        let item = swarm.item;
        let pieces = item.and_then(|item| self.items.get(item)).map_or(0, |item| item.facts.pieces);
        let mut followers = std::mem::take(&mut swarm.followers);
        let mut told = Vec::new();
        let Some(swarm) = self.swarms.get(id) else { return };
        let networks = &self.policy.networks;
        let sees = |follower: &Follower| self.session_sees_swarm(follower.session, item);
        if let Some(peer) = swarm.get(identity).filter(|peer| peer.port != 0) {
            let others = followers.iter_mut().filter(|follower| Some(follower.session) != peer.session);
            for follower in others.filter(|follower| sees(follower)) {
                let Some(session) = self.sessions.get(follower.session) else {
                    continue;
                };
                let near = networks.of(session.endpoints.remote);
                let is_told = peer.is_near(near, networks)
                    || (swarm.is_bridge(near, session.identity) && swarm.is_named_afar(peer, networks));
                if !is_told {
                    continue;
                }
                follower.told += 1;
                let holders = vec![holder(&self.sessions, peer, pieces, session.endpoints)];
                let message = ToPeer::NewHolders { info_hash: follower.info_hash, holders };
                out.push(Output::Send { session: follower.session, message });
            }
        }
        // A holder that nobody can dial dials the followers.
        if let Some(holder) = swarm.get(identity).and_then(|peer| peer.session) {
            told.extend(followers.iter().map(|follower| (holder, follower.session)));
        }
        followers.retain(|follower| follower.told < enough);
        if let Some(swarm) = self.swarms.get_mut(id) {
            swarm.followers = followers;
        }
        for (holder, follower) in told {
            self.connect_out(id, holder, follower, out);
        }
    }

    /// An item as it is listed for somebody who sees it.
    pub(super) fn describe(&self, sight: &Sight, id: ItemId) -> Option<CatalogueItem> {
        Some(self.row(sight, id)?.to_item())
    }

    /// Other items of the same name, with other content, that somebody online has.
    pub(super) fn variants(&self, sight: &Sight, id: ItemId) -> Vec<ItemId> {
        let Some(item) = self.items.get(id) else {
            return Vec::new();
        };
        let variants = self.items.listed(&item.facts.name).filter(|&other| {
            let root = self.items.get(other).and_then(|other| other.facts.root);
            other != id && (root.is_none() || root != item.facts.root) && self.sees(sight, other)
        });
        variants.take(MAX_VARIANTS).collect()
    }

    pub(super) fn is_online(&self, id: ItemId) -> bool {
        self.items.is_listed(id)
    }

    /// How many peers have all of an item's content, under any name; the count stops where it would take long.
    pub(super) fn content_holders(&self, sight: &Sight, id: ItemId, seeds: u32) -> u32 {
        let twins = self.items.twins(id).filter(|&twin| self.sees(sight, twin));
        let twins = twins.take(MAX_TWINS_TRIED).filter(|&twin| self.is_online(twin));
        let mut twins = twins.take(MAX_TWINS).peekable();
        if twins.peek().is_none() || seeds as usize > MAX_COUNTED {
            return seeds;
        }
        let items = twins.chain([id]).filter_map(|twin| self.items.get(twin));
        let swarms = items.filter_map(|item| self.swarms.get(item.swarm));
        let mut holders: Vec<Identity> = swarms
            .flat_map(|swarm| swarm.peers().iter().filter(|peer| peer.part.is_all()).take(MAX_COUNTED))
            .map(|peer| peer.identity)
            .collect();
        holders.sort_unstable();
        holders.dedup();
        holders.len() as u32
    }

    /// Which of an item's names a hash is.
    pub(super) fn via(&self, id: SwarmId, hash: WireHash) -> Via {
        let item = self.swarms.get(id).and_then(|swarm| swarm.item).and_then(|item| self.items.get(item));
        match item.map(|item| item.facts.info_hash) {
            Some(names) if names.v1_wire() == Some(hash) => Via::V1,
            Some(names) if names.v2_wire() == Some(hash) => Via::V2,
            Some(_) => Via::V1_FORM,
            None => Via::BOTH,
        }
    }
}

/// Whether this node itself speaks with a peer.
fn is_here(peer: &SwarmPeer) -> bool {
    peer.session.map_or(peer.is_own(), SessionId::is_here)
}

/// A peer as it is named to the other side of `ends`.
pub(super) fn holder(sessions: &Sessions, peer: &SwarmPeer, pieces: u32, endpoints: Endpoints) -> Holder {
    let session = peer.session.and_then(|id| sessions.get(id));
    Holder {
        peer_id: Some(peer.peer_id),
        name: session.map(|session| session.introduction.name.clone()),
        addresses: addresses(sessions, peer, endpoints),
        have: peer.part.to_have(pieces),
        key: session.and_then(|session| session.introduction.key),
    }
}

/// Where the other side of `endpoints` dials a peer.
pub(super) fn addresses(sessions: &Sessions, peer: &SwarmPeer, endpoints: Endpoints) -> Vec<SocketAddr> {
    let mut all = Vec::new();
    for_each_address(sessions, peer, endpoints, |address| all.push(address));
    all
}

/// Does something with each of the [`addresses`].
pub(super) fn for_each_address(
    sessions: &Sessions,
    peer: &SwarmPeer,
    endpoints: Endpoints,
    each: impl FnMut(SocketAddr),
) {
    match peer.session.and_then(|id| sessions.get(id)) {
        Some(session) => session.reach.for_asker(endpoints).into_iter().for_each(each),
        None => peer.addresses().map(|address| endpoints.reach(address)).for_each(each),
    }
}
