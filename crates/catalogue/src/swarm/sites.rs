//! Which peers of a swarm are told of other networks.
//!
//! Networks may be joined by a line that is slower than they are, and what crosses it twice costs everybody time. So each
//! has a few *bridges*: these alone of its downloading peers are named peers of other networks, and fetch what it lacks.
//! All others are named each other. Seeds fetch nothing, so they need nobody elsewhere.
//!
//! Our peers share out among themselves what they fetch from afar. Stock clients do not, and each fetches all of it. So
//! a peer of ours takes the place of a stock client.

use peerpool_wire::{host::Network, networks::Networks};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Swarm;
use crate::{identity::Identity, swarm_peer::SwarmPeer};

/// Bridges of a network: one could stand still, and its link may be slower than the line.
const BRIDGES: usize = 3;
/// Networks whose bridges are remembered; in further ones, everybody is told of others.
const MAX_NETWORKS: usize = 1024;

/// A peer that asks for others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) identity: Identity,
    /// Whether it is one of our peers, and no stock client.
    pub(crate) is_ours: bool,
    /// Whether it will follow the swarm.
    pub(crate) follows: bool,
}

/// The bridges of every network.
#[derive(Debug, Default)]
pub(super) struct Sites {
    bridges: FxHashMap<Network, Vec<Bridge>>,
    /// All of them: most peers that leave, or announce that they have everything, are none.
    all: FxHashSet<Identity>,
}

#[derive(Debug, Clone, Copy)]
struct Bridge {
    identity: Identity,
    is_ours: bool,
}

impl Sites {
    /// The first of those who download, our peers before stock clients.
    fn of(peers: &[SwarmPeer], networks: &Networks) -> Self {
        let mut sites = Self::default();
        for peer in peers.iter().filter(|peer| !peer.part.is_all()) {
            let bridge = Bridge { identity: peer.identity, is_ours: peer.is_ours() };
            peer.addresses().for_each(|address| _ = sites.admit(networks.of(address.ip()), bridge));
        }
        sites
    }

    /// Whether a downloading peer that asks is a bridge; it becomes one where its network has too few, or a stock client
    /// among them.
    fn admit(&mut self, network: Network, peer: Bridge) -> bool {
        if !self.bridges.contains_key(&network) && self.bridges.len() >= MAX_NETWORKS {
            return true;
        }
        let bridges = self.bridges.entry(network).or_default();
        if bridges.iter().any(|bridge| bridge.identity == peer.identity) {
            return true;
        }
        if bridges.len() < BRIDGES {
            bridges.push(peer);
        } else if peer.is_ours
            && let Some(stock) = bridges.iter_mut().find(|bridge| !bridge.is_ours)
        {
            let displaced = std::mem::replace(stock, peer).identity;
            if !self.bridges.values().flatten().any(|bridge| bridge.identity == displaced) {
                self.all.remove(&displaced);
            }
        } else {
            return false;
        }
        self.all.insert(peer.identity);
        true
    }

    /// Whether a peer may be told of other networks.
    fn is_bridge(&self, network: Network, peer: Identity) -> bool {
        let is_among = |bridges: &Vec<Bridge>| bridges.iter().any(|bridge| bridge.identity == peer);
        self.bridges.get(&network).is_none_or(is_among)
    }

    /// A peer is gone, or has everything: another one of its network may take its place. False when nobody is left.
    fn left(&mut self, peer: Identity) -> bool {
        if self.all.remove(&peer) {
            self.bridges.retain(|_, bridges| {
                bridges.retain(|bridge| bridge.identity != peer);
                !bridges.is_empty()
            });
        }
        !self.bridges.is_empty()
    }
}

impl Swarm {
    /// Whether a peer that asks is a bridge of its network; all are in a small swarm. It becomes one only if it downloads
    /// or will: whoever just looks would keep the place for ever.
    pub(super) fn admit(&mut self, network: Network, asker: Asker, networks: &Networks) -> bool {
        let Asker { identity, is_ours, follows } = asker;
        if self.sites.is_none() && self.peers.len() + self.followers.len() <= BRIDGES {
            return true;
        }
        if !self.get(identity).map_or(follows, |peer| !peer.part.is_all()) {
            return self.is_bridge(network, identity);
        }
        let Self { sites, peers, .. } = self;
        let sites = sites.get_or_insert_with(|| Box::new(Sites::of(peers, networks)));
        sites.admit(network, Bridge { identity, is_ours })
    }

    /// Whether a peer is told of those in other networks.
    pub(super) fn looks_out(&self, peer: &SwarmPeer, networks: &Networks) -> bool {
        peer.addresses().any(|address| self.is_bridge(networks.of(address.ip()), peer.identity))
    }

    /// Whether a peer may be named to bridges of other networks. A stock client that is none itself would fetch from
    /// whoever dials it.
    pub(crate) fn is_named_afar(&self, peer: &SwarmPeer, networks: &Networks) -> bool {
        peer.is_ours() || peer.part.is_all() || self.looks_out(peer, networks)
    }

    /// A peer no longer downloads, so it is no bridge of its network.
    pub(crate) fn needs_nobody(&mut self, peer: Identity) {
        if self.sites.as_mut().is_some_and(|sites| !sites.left(peer)) {
            self.sites = None;
        }
    }

    /// Whether a downloading peer of this network may be told of peers in other ones.
    pub(crate) fn is_bridge(&self, network: Network, peer: Identity) -> bool {
        self.sites.as_ref().is_none_or(|sites| sites.is_bridge(network, peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(of: [u8; 4]) -> Network {
        Network::of(of.into())
    }

    fn ours(identity: u64) -> Bridge {
        Bridge { identity: Identity(identity), is_ours: true }
    }

    fn stock(identity: u64) -> Bridge {
        Bridge { identity: Identity(identity), is_ours: false }
    }

    #[test]
    fn a_network_has_three_bridges_and_the_next_one_that_asks_follows_one_that_left() {
        let (mut sites, here) = (Sites::default(), network([10, 0, 0, 1]));
        assert_eq!(
            [1, 2, 3, 4, 1].map(|peer| sites.admit(here, ours(peer))),
            [true, true, true, false, true]
        );
        assert!(sites.admit(network([10, 0, 1, 1]), ours(5)));
        assert!(sites.left(Identity(2)));
        assert!(!sites.is_bridge(here, Identity(4)));
        assert!(sites.admit(here, ours(4)));
        assert!(!sites.admit(here, ours(6)));
    }

    #[test]
    fn our_peers_take_the_places_of_stock_clients() {
        let (mut sites, here) = (Sites::default(), network([10, 0, 0, 1]));
        assert_eq!([1, 2, 3, 4].map(|peer| sites.admit(here, stock(peer))), [true, true, true, false]);
        assert_eq!([5, 6, 7, 8].map(|peer| sites.admit(here, ours(peer))), [true, true, true, false]);
        assert_eq!([1, 2, 3].map(|peer| sites.is_bridge(here, Identity(peer))), [false; 3]);
        assert_eq!(sites.all.len(), 3);
        assert!(sites.left(Identity(6)));
        assert!(sites.admit(here, stock(1)));
    }

    #[test]
    fn networks_beyond_those_that_are_remembered_are_all_bridges() {
        let mut sites = Sites::default();
        for nth in 0..MAX_NETWORKS as u32 + 1 {
            let [_, _, high, low] = nth.to_be_bytes();
            assert!(sites.admit(network([10, high, low, 1]), ours(u64::from(nth))));
        }
        assert_eq!(sites.bridges.len(), MAX_NETWORKS);
    }
}
