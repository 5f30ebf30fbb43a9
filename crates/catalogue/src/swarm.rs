//! The peers of one swarm.
//!
//! Invariants: identities are unique; `seeds` counts the peers that have all; the index, where there is one, maps
//! every identity to its place.

use std::net::IpAddr;

use peerpool_wire::id::{InfoHash, WireHash};
use rand::{
    Rng,
    seq::{SliceRandom, index},
};
use rustc_hash::FxHashMap;

use crate::{
    input::SessionId,
    items::ItemId,
    swarm_peer::{Identity, SwarmPeer, Via},
};

/// From this many peers on a swarm is indexed by identity.
const INDEXED: usize = 64;
/// Seeds are few when there are so many times as many peers …
const FEW_SEEDS: usize = 16;
/// … and then a seed is named so many times as often as anybody else: what only it has comes to more peers at once, and none
/// of them has to pass on much of it.
const SEED_SHARE: u16 = 2;
/// Expired peers are looked for at most this often, in seconds.
const PURGE_SECONDS: u32 = 10;

/// A peer that wants to hear of more holders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follower {
    pub(crate) session: SessionId,
    /// The item's identity as the follower said it.
    pub(crate) info_hash: InfoHash,
    /// How many holders it was told.
    pub(crate) told: u16,
}

#[derive(Debug)]
pub(crate) struct Swarm {
    /// The name under which it was first heard of; the only one until its item is known.
    pub(crate) name: WireHash,
    /// The item, once its metainfo is known.
    pub(crate) item: Option<ItemId>,
    /// Followers that know few holders yet.
    pub(crate) followers: Vec<Follower>,
    /// Completed downloads since the tracker started.
    pub(crate) downloaded: u32,
    peers: Vec<SwarmPeer>,
    index: Option<Box<FxHashMap<Identity, u32>>>,
    seeds: u32,
    /// No lease ends before this second.
    next_expiry: u32,
    purged: u32,
}

/// Which peers are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) count: usize,
    /// The asking peer, which is not handed to itself.
    pub(crate) except: Option<Identity>,
    /// Whether the asking peer says that it has everything. It gets other seeds last, but it gets them: a client
    /// that knows only a magnet link says so too, since it does not know what is left (aria2 does).
    pub(crate) complete: bool,
    pub(crate) via: Via,
    /// The asking peer's address: up to half of the peers come from its network.
    pub(crate) near: IpAddr,
}

impl Swarm {
    pub(crate) fn new(name: WireHash) -> Self {
        Self {
            name,
            item: None,
            followers: Vec::new(),
            downloaded: 0,
            peers: Vec::new(),
            index: None,
            seeds: 0,
            next_expiry: u32::MAX,
            purged: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.peers.len()
    }

    pub(crate) fn seeds(&self) -> u32 {
        self.seeds
    }

    pub(crate) fn partial(&self) -> u32 {
        self.peers.len() as u32 - self.seeds
    }

    pub(crate) fn peers(&self) -> &[SwarmPeer] {
        &self.peers
    }

    pub(crate) fn get(&self, identity: Identity) -> Option<&SwarmPeer> {
        self.peers.get(self.position(identity)?)
    }

    /// Whether nothing is lost when the swarm is forgotten.
    pub(crate) fn is_idle(&self) -> bool {
        self.peers.is_empty() && self.item.is_none() && self.followers.is_empty()
    }

    /// Adds a peer, or renews it. True when it is new.
    pub(crate) fn insert(&mut self, peer: SwarmPeer) -> bool {
        self.next_expiry = self.next_expiry.min(peer.expires);
        self.seeds += u32::from(peer.part.is_all());
        let at = self.position(peer.identity).or_else(|| self.returned(&peer));
        if let Some((at, known)) = at.and_then(|at| Some((at, self.peers.get_mut(at)?))) {
            self.seeds -= u32::from(known.part.is_all());
            if let Some(index) = self.index.as_mut().filter(|_| known.identity != peer.identity) {
                index.remove(&known.identity);
                index.insert(peer.identity, at as u32);
            }
            known.renew(peer);
            return false;
        }
        let at = self.peers.len() as u32;
        if let Some(index) = &mut self.index {
            index.insert(peer.identity, at);
        }
        if self.peers.len() == self.peers.capacity() {
            // Half again, not double: most swarms are small, and there are very many.
            self.peers.reserve_exact(self.peers.len() / 2 + 1);
        }
        self.peers.push(peer);
        if self.index.is_none() && self.peers.len() >= INDEXED {
            self.index =
                Some(Box::new((0..).zip(&self.peers).map(|(at, peer)| (peer.identity, at)).collect()));
        }
        true
    }

    /// Takes a peer out. None when it was not there.
    pub(crate) fn remove(&mut self, identity: Identity) -> Option<SwarmPeer> {
        let at = self.position(identity)?;
        let peer = self.peers.swap_remove(at);
        self.seeds -= u32::from(peer.part.is_all());
        if let Some(index) = &mut self.index {
            index.remove(&identity);
            if let Some(moved) = self.peers.get(at) {
                index.insert(moved.identity, at as u32);
            }
        }
        if self.peers.len() * 4 < self.peers.capacity() {
            self.peers.shrink_to(self.peers.len() * 2);
        }
        if self.peers.len() < INDEXED / 2 {
            self.index = None;
        }
        Some(peer)
    }

    /// Takes out the peers whose lease has ended. True when there were any.
    pub(crate) fn purge(&mut self, now: u32) -> bool {
        if now < self.next_expiry || now < self.purged.saturating_add(PURGE_SECONDS) {
            return false;
        }
        self.purged = now;
        let expired: Vec<Identity> =
            self.peers.iter().filter(|peer| peer.expires <= now).map(|peer| peer.identity).collect();
        for &identity in &expired {
            self.remove(identity);
        }
        self.next_expiry = self.peers.iter().map(|peer| peer.expires).min().unwrap_or(u32::MAX);
        !expired.is_empty()
    }

    /// Chooses peers at random, those first that were handed out least, and counts them as handed out.
    pub(crate) fn select(&mut self, wanted: Wanted, rng: &mut impl Rng) -> Vec<&SwarmPeer> {
        let mut candidates = self.sample(wanted, rng);
        if wanted.complete {
            candidates.sort_by_key(|&at| self.peers[at as usize].part.is_all());
            candidates.truncate(wanted.count);
        } else if candidates.len() > wanted.count {
            candidates = self.spread(candidates, wanted);
        }
        for &at in &candidates {
            let handed = &mut self.peers[at as usize].handed;
            *handed = handed.saturating_add(1);
        }
        candidates.into_iter().map(|at| &self.peers[at as usize]).collect()
    }

    /// Peers that fit, in random order: all of a small swarm, some of a large one.
    fn sample(&self, wanted: Wanted, rng: &mut impl Rng) -> Vec<u32> {
        let enough = wanted.count.saturating_mul(4).max(16);
        let mut sample: Vec<u32> = if self.peers.len() <= enough {
            let mut all: Vec<u32> = (0..self.peers.len() as u32).collect();
            all.shuffle(rng);
            all
        } else {
            index::sample(rng, self.peers.len(), enough).into_iter().map(|at| at as u32).collect()
        };
        sample.retain(|&at| {
            let peer = &self.peers[at as usize];
            peer.port != 0 && wanted.except != Some(peer.identity) && peer.via.meets(wanted.via)
        });
        sample
    }

    /// Of more candidates than wanted: up to half from the same network, the least handed out first.
    fn spread(&self, mut candidates: Vec<u32>, wanted: Wanted) -> Vec<u32> {
        let seeds_are_few = self.seeds as usize * FEW_SEEDS <= self.peers.len();
        candidates.sort_by_key(|&at| {
            let peer = &self.peers[at as usize];
            let favoured = seeds_are_few && peer.part.is_all() && peer.is_near(wanted.near);
            if favoured { peer.handed / SEED_SHARE } else { peer.handed }
        });
        let (near, far): (Vec<u32>, Vec<u32>) =
            candidates.into_iter().partition(|&at| self.peers[at as usize].is_near(wanted.near));
        let from_near = near.len().min((wanted.count / 2).max(wanted.count.saturating_sub(far.len())));
        near.into_iter().take(from_near).chain(far).take(wanted.count).collect()
    }

    /// The place of a stock client that was killed, and comes back to its address and port with another peer id and
    /// key. Not looked for in a large swarm: there its lease may end.
    fn returned(&self, peer: &SwarmPeer) -> Option<usize> {
        if self.peers.len() >= INDEXED {
            return None;
        }
        self.peers.iter().position(|known| known.is_stock_client_at(peer))
    }

    fn position(&self, identity: Identity) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(&identity).map(|&at| at as usize),
            None => self.peers.iter().position(|peer| peer.identity == identity),
        }
    }

    /// The peers so far were heard under this name of a hybrid item.
    pub(crate) fn set_via(&mut self, via: Via) {
        for peer in self.peers.iter_mut().filter(|peer| peer.session.is_none()) {
            peer.via = via;
        }
    }

    /// Everything of `other`, when two names turn out to be one swarm.
    pub(crate) fn absorb(&mut self, other: Swarm) {
        self.downloaded = self.downloaded.saturating_add(other.downloaded);
        for peer in other.peers {
            self.insert(peer);
        }
        for follower in other.followers {
            if self.followers.iter().all(|known| known.session != follower.session) {
                self.followers.push(follower);
            }
        }
    }
}

#[cfg(test)]
mod tests;
