//! Peers come into swarms and leave them: who is told, what is stored.

use peerpool_wire::{
    channel::{CatalogueItem, Holder, ToPeer},
    id::WireHash,
};

use super::Catalogue;
use crate::{
    facts::ItemFacts,
    input::{Change, Ends, Output},
    items::ItemId,
    session::Sessions,
    swarm_peer::{Identity, SwarmPeer, Via},
    swarms::SwarmId,
};

impl Catalogue {
    /// A new item: one swarm for all its names, with the peers that announced it before.
    pub(super) fn add_item(&mut self, facts: ItemFacts) {
        let Some(id) = self.items.next_id() else { return };
        let (swarm_id, merged) = self.swarms.join_names(facts.info_hash, facts.v1_form);
        if let Some(swarm) = self.swarms.get_mut(swarm_id) {
            swarm.item = Some(id);
            for follower in swarm.followers.iter().filter(|_| merged) {
                if let Some(session) = self.sessions.get_mut(follower.session) {
                    session.follows.insert(swarm_id);
                }
            }
        }
        self.items.push(facts, swarm_id);
    }

    /// Adds a peer to a swarm or renews it; followers that know few holders are told of a new one.
    pub(super) fn add_to_swarm(&mut self, id: SwarmId, peer: SwarmPeer, out: &mut Vec<Output>) {
        let identity = peer.identity;
        let Some(swarm) = self.swarms.get_mut(id) else {
            return;
        };
        let was_partial = swarm.get(identity).is_some_and(|known| !known.part.is_all());
        if was_partial && peer.part.is_all() {
            swarm.downloaded = swarm.downloaded.saturating_add(1);
        }
        if !swarm.insert(peer) {
            return;
        }
        if swarm.len() == 1
            && let Some(item) = swarm.item.and_then(|item| self.items.get(item))
        {
            out.push(Output::Store(Change::Seen(item.facts.info_hash)));
        }
        self.tell_followers(id, identity, out);
    }

    pub(super) fn remove_from_swarm(&mut self, id: SwarmId, identity: Identity, out: &mut Vec<Output>) {
        let Some(swarm) = self.swarms.get_mut(id) else {
            return;
        };
        let removed = swarm.remove(identity);
        if removed.is_some()
            && swarm.len() == 0
            && let Some(item) = swarm.item.and_then(|item| self.items.get(item))
        {
            out.push(Output::Store(Change::Seen(item.facts.info_hash)));
        }
    }

    fn tell_followers(&mut self, id: SwarmId, identity: Identity, out: &mut Vec<Output>) {
        let enough = self.policy.neighbours as u16;
        let Some(swarm) = self.swarms.get_mut(id).filter(|swarm| !swarm.followers.is_empty()) else {
            return;
        };
        let pieces = swarm.item.and_then(|item| self.items.get(item)).map_or(0, |item| item.facts.pieces);
        let mut followers = std::mem::take(&mut swarm.followers);
        if let Some(peer) = swarm.get(identity).filter(|peer| peer.port != 0) {
            for follower in followers.iter_mut().filter(|follower| Some(follower.session) != peer.session) {
                let Some(session) = self.sessions.get(follower.session) else {
                    continue;
                };
                follower.told += 1;
                let holders = vec![holder(&self.sessions, peer, pieces, session.ends)];
                let message = ToPeer::NewHolders { info_hash: follower.info_hash, holders };
                out.push(Output::Send { session: follower.session, message });
            }
        }
        followers.retain(|follower| follower.told < enough);
        swarm.followers = followers;
    }

    /// An item as it is listed.
    pub(super) fn describe(&self, id: ItemId) -> Option<CatalogueItem> {
        let item = self.items.get(id)?;
        let swarm = self.swarms.get(item.swarm)?;
        let facts = &item.facts;
        Some(CatalogueItem {
            info_hash: facts.info_hash,
            name: facts.name.clone(),
            kind: facts.kind,
            length: facts.length,
            piece_length: facts.piece_length,
            pieces: facts.pieces,
            files: facts.files,
            private: facts.private,
            seeds: swarm.seeds(),
            partial: swarm.partial(),
            content_holders: self.content_holders(id, swarm.seeds()),
            variants: self.variants(id).len() as u32,
        })
    }

    /// Other items of the same name, with other content, that somebody online has.
    pub(super) fn variants(&self, id: ItemId) -> Vec<ItemId> {
        let Some(item) = self.items.get(id) else {
            return Vec::new();
        };
        let mut variants = self.items.named(&item.facts.name);
        variants.retain(|&other| {
            let same_content = || {
                let root = self.items.get(other).and_then(|other| other.facts.root);
                root.is_some() && root == item.facts.root
            };
            other != id && self.is_online(other) && !same_content()
        });
        variants
    }

    pub(super) fn is_online(&self, id: ItemId) -> bool {
        let swarm = self.items.get(id).and_then(|item| self.swarms.get(item.swarm));
        swarm.is_some_and(|swarm| swarm.len() > 0)
    }

    /// How many peers have all of an item's content, under whichever name.
    fn content_holders(&self, id: ItemId, seeds: u32) -> u32 {
        let mut twins = self.items.twins(id).filter(|&twin| self.is_online(twin)).peekable();
        if twins.peek().is_none() {
            return seeds;
        }
        let items = twins.chain([id]).filter_map(|twin| self.items.get(twin));
        let swarms = items.filter_map(|item| self.swarms.get(item.swarm));
        let mut holders: Vec<Identity> = swarms
            .flat_map(|swarm| swarm.peers().iter().filter(|peer| peer.part.is_all()))
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

/// A peer as another peer, at the other side of `ends`, is told of it.
pub(super) fn holder(sessions: &Sessions, peer: &SwarmPeer, pieces: u32, ends: Ends) -> Holder {
    let session = peer.session.and_then(|id| sessions.get(id));
    Holder {
        peer_id: Some(peer.peer_id),
        name: session.map(|session| session.name.clone()),
        addresses: peer.addresses().map(|address| ends.reach(address)).collect(),
        have: peer.part.to_have(pieces),
    }
}
