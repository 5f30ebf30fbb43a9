//! The peers of one swarm.
//!
//! Invariants: identities are unique; peers stand by rank; `seeds` counts the peers that have all; the index, where
//! there is one, maps every identity to its place.

mod index;
mod select;
mod sites;

use std::net::SocketAddr;

use peerpool_wire::{
    host::Host,
    id::{InfoHash, WireHash},
};

use self::{index::Index, sites::Sites};
pub(crate) use self::{select::Wanted, sites::Asker};
use crate::{
    budget::Budget,
    identity::Identity,
    ids::ItemId,
    input::SessionId,
    ranks::{Rank, Ranks},
    swarm_peer::{NEVER, Part, SwarmPeer, Via},
};

/// A swarm of this many peers or more is indexed by identity.
const INDEXED: usize = 64;
/// Minimum seconds between two searches for expired peers.
const PURGE_SECONDS: u32 = 10;
/// Stock clients of one host in a swarm that get the rank of announced ones; the others are named last.
const NAMED: usize = 16;

/// A session that wants to hear of more holders.
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
    /// The hash under which it first appeared; its only one until its item is known.
    pub(crate) name: WireHash,
    /// The item, once its metainfo is known.
    pub(crate) item: Option<ItemId>,
    /// Followers that know few holders yet.
    pub(crate) followers: Vec<Follower>,
    /// Completed downloads since the tracker started.
    pub(crate) downloaded: u32,
    peers: Vec<SwarmPeer>,
    ranks: Ranks,
    index: Option<Box<Index>>,
    /// Of a swarm that somebody downloads: who is told of other networks.
    sites: Option<Box<Sites>>,
    seeds: u32,
    /// The second before which no lease ends.
    next_expiry: u32,
    purged: u32,
}

impl Swarm {
    pub(crate) fn new(name: WireHash) -> Self {
        Self {
            name,
            item: None,
            followers: Vec::new(),
            downloaded: 0,
            peers: Vec::new(),
            ranks: Ranks::default(),
            index: None,
            sites: None,
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

    /// Whether forgetting the swarm loses nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.peers.is_empty() && self.item.is_none() && self.followers.is_empty()
    }

    /// Adds a peer, or renews it: the same identity, or a stock client that came back to its address and port.
    pub(crate) fn insert(&mut self, peer: SwarmPeer, reachable: bool) -> Inserted {
        let known = self.position(peer.identity).or_else(|| self.returned(&peer));
        self.put(known, peer, reachable)
    }

    /// Adds a peer, or renews the one at this place.
    fn put(&mut self, known: Option<usize>, peer: SwarmPeer, reachable: bool) -> Inserted {
        self.next_expiry = self.next_expiry.min(peer.expires);
        if peer.part.is_all() {
            self.needs_nobody(peer.identity);
        }
        self.seeds += u32::from(peer.part.is_all());
        if let Some(at) = known {
            let known = &mut self.peers[at];
            let before = known.host();
            let was_own = known.is_own();
            let replaced = Some(known.identity).filter(|&replaced| replaced != peer.identity);
            self.seeds -= u32::from(known.part.is_all());
            if let Some(index) = self.index.as_mut().filter(|_| known.identity != peer.identity) {
                index.places.remove(&known.identity);
                index.places.insert(peer.identity, at as u32);
            }
            if let Some(replaced) = replaced {
                self.needs_nobody(replaced);
            }
            let moved = before != peer.host() && self.ranks.of(at) == Rank::Announced;
            if moved {
                self.count(before, Rank::Announced, false);
            }
            let known = &mut self.peers[at];
            known.renew(peer);
            let host = known.host();
            if moved {
                self.count(host, Rank::Announced, true);
            }
            if self.ranks.of(at) == Rank::Last && !self.peers[at].dead && self.has_turn(host) {
                self.rank(at, Rank::Announced);
            }
            return Inserted::Renewed(Renewed { before, now: host, was_own, replaced });
        }
        let rank = match peer.session {
            Some(_) if reachable => Rank::Connected,
            Some(_) => Rank::Unreachable,
            None if self.has_turn(peer.host()) => Rank::Announced,
            None => Rank::Last,
        };
        if self.peers.len() == self.peers.capacity() {
            // Grow by half, not double: there are very many swarms, and most are small.
            self.peers.reserve_exact(self.peers.len() / 2 + 1);
        }
        self.push(peer, rank);
        if self.index.is_none() && self.peers.len() >= INDEXED {
            self.index = Some(Box::new(Index::of(&self.peers, self.ranks.range(Rank::Announced))));
        }
        Inserted::New
    }

    /// Removes a peer; `None` if it was not there.
    pub(crate) fn remove(&mut self, identity: Identity) -> Option<SwarmPeer> {
        let at = self.position(identity)?;
        let (peer, _) = self.take_out(at)?;
        self.seeds -= u32::from(peer.part.is_all());
        self.needs_nobody(identity);
        if let Some(index) = &mut self.index {
            index.places.remove(&identity);
        }
        if self.peers.len() * 4 < self.peers.capacity() {
            self.peers.shrink_to(self.peers.len() * 2);
        }
        if self.peers.len() < INDEXED / 2 {
            self.index = None;
        }
        Some(peer)
    }

    /// Records whether a connected peer can be dialled.
    pub(crate) fn set_reachable(&mut self, identity: Identity, reachable: bool) {
        let rank = if reachable { Rank::Connected } else { Rank::Unreachable };
        if let Some(at) = self.position(identity).filter(|&at| self.peers[at].session.is_some()) {
            self.rank(at, rank);
        }
    }

    /// Nobody listens where this stock client said, so it is named last.
    pub(crate) fn set_dead(&mut self, address: SocketAddr) {
        for rank in [Rank::Announced, Rank::Last] {
            let found = self.ranks.range(rank).find(|&at| self.peers[at].is_at(address));
            if let Some(at) = found {
                self.peers[at].dead = true;
                self.rank(at, Rank::Last);
            }
        }
    }

    /// Connected peers that nobody can dial.
    pub(crate) fn unreachable(&self) -> &[SwarmPeer] {
        &self.peers[self.ranks.range(Rank::Unreachable)]
    }

    /// Connected peers.
    pub(crate) fn connected(&self) -> impl Iterator<Item = &SwarmPeer> {
        let of = |rank| self.peers[self.ranks.range(rank)].iter();
        of(Rank::Connected).chain(of(Rank::Unreachable))
    }

    /// Whether a stock client listens there, as it said.
    pub(crate) fn is_announced(&self, address: SocketAddr) -> bool {
        self.peers.iter().any(|peer| peer.session.is_none() && !peer.dead && peer.is_at(address))
    }

    /// Ends the leases that are over, and takes out the peers for whom nobody else vouches.
    pub(crate) fn purge(&mut self, now: u32, is_vouched: impl Fn(Identity) -> bool) -> Expired {
        if now < self.next_expiry || now < self.purged.saturating_add(PURGE_SECONDS) {
            return Expired::default();
        }
        self.purged = now;
        let over = self.peers.iter().filter(|peer| peer.expires <= now).map(|peer| peer.identity);
        let (kept, gone): (Vec<Identity>, Vec<Identity>) = over.partition(|&identity| is_vouched(identity));
        for &identity in &kept {
            self.end_lease(identity);
        }
        let gone = gone.into_iter().filter_map(|identity| self.remove(identity)).collect();
        let expired = Expired { kept, gone };
        self.next_expiry = self.peers.iter().map(|peer| peer.expires).min().unwrap_or(u32::MAX);
        expired
    }

    /// A stock client is no longer one of this node's.
    pub(crate) fn end_lease(&mut self, identity: Identity) {
        if let Some(at) = self.position(identity) {
            self.peers[at].expires = NEVER;
        }
    }

    /// A stock client has all, or not, as others say now: no download is counted.
    pub(crate) fn set_all(&mut self, identity: Identity, is_all: bool) {
        if let Some(at) = self.position(identity) {
            let peer = &mut self.peers[at];
            self.seeds -= u32::from(peer.part.is_all());
            self.seeds += u32::from(is_all);
            peer.part = if is_all { Part::All } else { Part::Some(None) };
            if is_all {
                self.needs_nobody(identity);
            }
        }
    }

    /// From now on a connected peer is this session.
    pub(crate) fn set_session(&mut self, identity: Identity, session: SessionId) {
        if let Some(at) = self.position(identity) {
            self.peers[at].session = Some(session);
        }
    }

    /// Whether one more of this host's stock clients is named before its others.
    fn has_turn(&self, host: Host) -> bool {
        let named = match &self.index {
            Some(index) => index.announced(host),
            None => {
                let announced = self.peers[self.ranks.range(Rank::Announced)].iter();
                announced.filter(|peer| peer.host() == host).count()
            }
        };
        named < NAMED
    }

    /// Puts a peer at the end of its rank.
    fn push(&mut self, peer: SwarmPeer, rank: Rank) {
        let (identity, host) = (peer.identity, peer.host());
        self.peers.push(peer);
        if let Some(index) = &mut self.index {
            index.places.insert(identity, self.peers.len() as u32 - 1);
        }
        let Self { peers, ranks, index, .. } = self;
        ranks.add(rank, |a, b| swap(peers, index, a, b));
        self.count(host, rank, true);
    }

    /// Takes a peer out of its place; the index still has it.
    fn take_out(&mut self, at: usize) -> Option<(SwarmPeer, Rank)> {
        let rank = self.ranks.of(at);
        let Self { peers, ranks, index, .. } = self;
        ranks.remove(at, |a, b| swap(peers, index, a, b));
        let peer = self.peers.pop()?;
        self.count(peer.host(), rank, false);
        Some((peer, rank))
    }

    fn rank(&mut self, at: usize, rank: Rank) {
        if self.ranks.of(at) != rank
            && let Some((peer, _)) = self.take_out(at)
        {
            self.push(peer, rank);
        }
    }

    /// One more, or one less, of this host among those who announced.
    fn count(&mut self, host: Host, rank: Rank, more: bool) {
        if let Some(index) = self.index.as_mut().filter(|_| rank == Rank::Announced) {
            index.count(host, more);
        }
    }

    /// The place of a stock client that was killed, and comes back to its address and port with another peer id and
    /// key. Not looked for in a large swarm: there its lease may end. Nor is it for clients of other nodes: what they tell
    /// may be older than what is known.
    fn returned(&self, peer: &SwarmPeer) -> Option<usize> {
        if self.peers.len() >= INDEXED || !peer.is_own() {
            return None;
        }
        self.peers.iter().position(|known| known.is_stock_client_at(peer))
    }

    fn position(&self, identity: Identity) -> Option<usize> {
        match &self.index {
            Some(index) => index.places.get(&identity).map(|&at| at as usize),
            None => self.peers.iter().position(|peer| peer.identity == identity),
        }
    }

    /// The peers so far were heard under this name of a hybrid item.
    pub(crate) fn set_via(&mut self, via: Via) {
        for peer in self.peers.iter_mut().filter(|peer| peer.session.is_none()) {
            peer.via = via;
        }
    }

    /// Everything of `other`, when two names turn out to be one swarm. Clients that announced both count once from now on,
    /// among those `announced` here, too.
    pub(crate) fn absorb(&mut self, other: Swarm, announced: &mut Budget) {
        self.downloaded = self.downloaded.saturating_add(other.downloaded);
        let unreachable = other.ranks.range(Rank::Unreachable);
        for (nth, mut peer) in other.peers.into_iter().enumerate() {
            let reachable = !unreachable.contains(&nth);
            let Some(at) = self.position(peer.identity) else {
                self.put(None, peer, reachable);
                continue;
            };
            let known = &self.peers[at];
            let own = [known, &peer].into_iter().filter(|peer| peer.is_own());
            let counted: Vec<Host> = own.map(SwarmPeer::host).collect();
            // Where only one has a lease here, that one counts: no lease is the latest.
            peer.expires = match counted[..] {
                [_, _] => peer.expires.max(known.expires),
                _ => peer.expires.min(known.expires),
            };
            peer.part = if known.part.is_all() { Part::All } else { peer.part };
            self.put(Some(at), peer, reachable);
            if !counted.is_empty() {
                counted.into_iter().for_each(|host| announced.give_back(host, 1));
                // Where its host has no room, the client keeps its place until its lease ends.
                let _ = announced.take(self.peers[at].host(), 1);
            }
        }
        for follower in other.followers {
            if self.followers.iter().all(|known| known.session != follower.session) {
                self.followers.push(follower);
            }
        }
    }
}

/// What became of a peer that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inserted {
    New,
    /// It was there.
    Renewed(Renewed),
}

/// A peer that was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Renewed {
    /// Where it was, and is.
    pub(crate) before: Host,
    pub(crate) now: Host,
    /// Whether it had a lease here.
    pub(crate) was_own: bool,
    /// Its former identity, if that was another.
    pub(crate) replaced: Option<Identity>,
}

/// Stock clients whose lease has ended.
#[derive(Debug, Default)]
pub(crate) struct Expired {
    /// Those that stay, since other nodes vouch for them.
    pub(crate) kept: Vec<Identity>,
    pub(crate) gone: Vec<SwarmPeer>,
}

impl Expired {
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.gone.is_empty()
    }
}

fn swap(peers: &mut [SwarmPeer], index: &mut Option<Box<Index>>, a: usize, b: usize) {
    peers.swap(a, b);
    if let Some(index) = index {
        index.places.insert(peers[a].identity, a as u32);
        index.places.insert(peers[b].identity, b as u32);
    }
}

#[cfg(test)]
mod tests;
