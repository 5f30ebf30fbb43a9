//! Which peers of a swarm are told of other networks.
//!
//! Networks may be joined by a line that is slower than they are, and what crosses it twice costs everybody time. So each
//! has a few *bridges*: these alone of its downloading peers are named peers of other networks, and fetch what it lacks.
//! All others are named each other. Seeds fetch nothing, so they need nobody elsewhere.

use peerpool_wire::{host::Network, networks::Networks};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Swarm;
use crate::{identity::Identity, swarm_peer::SwarmPeer};

/// Bridges of a network: one could stand still, and its link may be slower than the line.
const BRIDGES: usize = 3;
/// Networks whose bridges are remembered; in further ones, everybody is told of others.
const MAX_NETWORKS: usize = 1024;

/// The bridges of every network.
#[derive(Debug, Default)]
pub(super) struct Sites {
    bridges: FxHashMap<Network, Vec<Identity>>,
    /// All of them: most peers that leave, or announce that they have everything, are none.
    all: FxHashSet<Identity>,
}

impl Sites {
    /// The first of those who download.
    fn of(peers: &[SwarmPeer], networks: &Networks) -> Self {
        let mut sites = Self::default();
        for peer in peers.iter().filter(|peer| !peer.part.is_all()) {
            peer.addresses().for_each(|address| _ = sites.admit(networks.of(address.ip()), peer.identity));
        }
        sites
    }

    /// Whether a downloading peer that asks is a bridge; it becomes one where its network has too few.
    fn admit(&mut self, network: Network, peer: Identity) -> bool {
        if !self.bridges.contains_key(&network) && self.bridges.len() >= MAX_NETWORKS {
            return true;
        }
        let bridges = self.bridges.entry(network).or_default();
        if bridges.len() < BRIDGES && !bridges.contains(&peer) {
            bridges.push(peer);
            self.all.insert(peer);
        }
        bridges.contains(&peer)
    }

    /// Whether a peer may be told of other networks.
    fn is_bridge(&self, network: Network, peer: Identity) -> bool {
        self.bridges.get(&network).is_none_or(|bridges| bridges.contains(&peer))
    }

    /// A peer is gone, or has everything: another one of its network may take its place. False when nobody is left.
    fn left(&mut self, peer: Identity) -> bool {
        if self.all.remove(&peer) {
            self.bridges.retain(|_, bridges| {
                bridges.retain(|bridge| *bridge != peer);
                !bridges.is_empty()
            });
        }
        !self.bridges.is_empty()
    }
}

impl Swarm {
    /// Whether a downloading peer that asks is a bridge of its network; all are in a small swarm.
    pub(super) fn admit(&mut self, network: Network, asker: Identity, networks: &Networks) -> bool {
        let Self { sites, peers, followers, .. } = self;
        if sites.is_none() && peers.len() + followers.len() <= BRIDGES {
            return true;
        }
        sites.get_or_insert_with(|| Box::new(Sites::of(peers, networks))).admit(network, asker)
    }

    /// Whether a peer is told of those in other networks.
    pub(super) fn looks_out(&self, peer: &SwarmPeer, networks: &Networks) -> bool {
        peer.addresses().any(|address| self.is_bridge(networks.of(address.ip()), peer.identity))
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

    #[test]
    fn a_network_has_three_bridges_and_the_next_one_that_asks_follows_one_that_left() {
        let (mut sites, here) = (Sites::default(), network([10, 0, 0, 1]));
        assert_eq!(
            [1, 2, 3, 4, 1].map(|peer| sites.admit(here, Identity(peer))),
            [true, true, true, false, true]
        );
        assert!(sites.admit(network([10, 0, 1, 1]), Identity(5)));
        assert!(sites.left(Identity(2)));
        assert!(!sites.is_bridge(here, Identity(4)));
        assert!(sites.admit(here, Identity(4)));
        assert!(!sites.admit(here, Identity(6)));
    }

    #[test]
    fn networks_beyond_those_that_are_remembered_are_all_bridges() {
        let mut sites = Sites::default();
        for nth in 0..MAX_NETWORKS as u32 + 1 {
            let [_, _, high, low] = nth.to_be_bytes();
            assert!(sites.admit(network([10, high, low, 1]), Identity(u64::from(nth))));
        }
        assert_eq!(sites.bridges.len(), MAX_NETWORKS);
    }
}
