//! Which peers of a swarm are told of other networks.
//!
//! Networks may be joined by a line that is slower than they are, and what crosses it twice costs everybody time. So each
//! has a few *bridges*: these alone of its downloading peers are named peers of other networks, and fetch what it lacks.
//! All others are named each other. Seeds fetch nothing, so they need nobody elsewhere.
//!
//! Our peers share out among themselves what they fetch from afar. Stock clients do not, and each would fetch all of it.
//! So a stock client is a bridge only where none of our peers is, and then it is the only one.

use peerpool_wire::{host::Network, networks::Networks};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Swarm;
use crate::{identity::Identity, swarm_peer::SwarmPeer};

/// Bridges of a network: one could stand still, and its link may be slower than the line.
const BRIDGES: usize = 3;
/// Peers of a swarm in which a stock client is a bridge without being remembered as one: itself and a seed.
const FEW: usize = 2;
/// Networks whose bridges are remembered; in further ones, everybody is told of others.
const MAX_NETWORKS: usize = 1024;
/// A stock client that lacks as much as so many seconds ago stands still, and gives way to the next that asks.
const PATIENCE: u32 = 60;

/// A downloading peer that asks for others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) identity: Identity,
    /// When it asks, in whole seconds of the catalogue's time.
    pub(crate) now: u32,
    /// Bytes that a stock client says it lacks; `None`: it is one of our peers.
    pub(crate) left: Option<u64>,
}

/// The bridges of every network.
#[derive(Debug, Default)]
pub(super) struct Sites {
    bridges: FxHashMap<Network, Bridges>,
    /// All of them: most peers that leave, or announce that they have everything, are none.
    all: FxHashSet<Identity>,
}

/// The bridges of a network: some of our peers, or a stock client.
#[derive(Debug, Default)]
struct Bridges {
    ours: Vec<Identity>,
    stock: Option<StockBridge>,
}

/// A stock client that fetches for its network, and what it lacked when it had got on last.
#[derive(Debug)]
struct StockBridge {
    identity: Identity,
    since: u32,
    left: u64,
}

impl Bridges {
    fn admit(&mut self, asker: Asker) -> bool {
        match asker.left {
            Some(left) => self.ours.is_empty() && self.admit_stock(asker, left),
            None => {
                if self.ours.len() < BRIDGES && !self.ours.contains(&asker.identity) {
                    self.ours.push(asker.identity);
                }
                self.stock = None;
                self.ours.contains(&asker.identity)
            }
        }
    }

    fn admit_stock(&mut self, Asker { identity, now, .. }: Asker, left: u64) -> bool {
        match &mut self.stock {
            Some(bridge) if bridge.identity == identity => {
                if left < bridge.left {
                    (bridge.since, bridge.left) = (now, left);
                }
                true
            }
            Some(bridge) if now < bridge.since.saturating_add(PATIENCE) => false,
            _ => {
                self.stock = Some(StockBridge { identity, since: now, left });
                true
            }
        }
    }

    fn contains(&self, peer: Identity) -> bool {
        self.ours.contains(&peer) || self.stock.as_ref().is_some_and(|stock| stock.identity == peer)
    }

    fn remove(&mut self, peer: Identity) {
        self.ours.retain(|bridge| *bridge != peer);
        self.stock = self.stock.take().filter(|stock| stock.identity != peer);
    }

    fn is_empty(&self) -> bool {
        self.ours.is_empty() && self.stock.is_none()
    }
}

impl Sites {
    /// The first of those who download.
    fn of(peers: &[SwarmPeer], now: u32, networks: &Networks) -> Self {
        let mut sites = Self::default();
        for peer in peers.iter().filter(|peer| !peer.part.is_all()) {
            let left = (!peer.is_ours()).then_some(u64::MAX);
            let asker = Asker { identity: peer.identity, now, left };
            peer.addresses().for_each(|address| _ = sites.admit(networks.of(address.ip()), asker));
        }
        sites
    }

    /// Whether a downloading peer that asks is a bridge; it becomes one where its network has too few.
    fn admit(&mut self, network: Network, asker: Asker) -> bool {
        if !self.bridges.contains_key(&network) && self.bridges.len() >= MAX_NETWORKS {
            return true;
        }
        let is_bridge = self.bridges.entry(network).or_default().admit(asker);
        if is_bridge {
            self.all.insert(asker.identity);
        }
        is_bridge
    }

    /// Whether a peer may be told of other networks.
    fn is_bridge(&self, network: Network, peer: Identity) -> bool {
        self.bridges.get(&network).is_none_or(|bridges| bridges.contains(peer))
    }

    /// A peer is gone, or has everything: another one of its network may take its place. False when nobody is left.
    fn left(&mut self, peer: Identity) -> bool {
        if self.all.remove(&peer) {
            self.bridges.retain(|_, bridges| {
                bridges.remove(peer);
                !bridges.is_empty()
            });
        }
        !self.bridges.is_empty()
    }
}

impl Swarm {
    /// Whether a downloading peer that asks is a bridge of its network; all are in a small swarm.
    pub(super) fn admit(&mut self, network: Network, asker: Asker, networks: &Networks) -> bool {
        let Self { sites, peers, followers, .. } = self;
        let few = if asker.left.is_some() { FEW } else { BRIDGES };
        if sites.is_none() && peers.len() + followers.len() <= few {
            return true;
        }
        sites.get_or_insert_with(|| Box::new(Sites::of(peers, asker.now, networks))).admit(network, asker)
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

    fn ours(identity: u64) -> Asker {
        Asker { identity: Identity(identity), now: 0, left: None }
    }

    fn stock(identity: u64, now: u32, left: u64) -> Asker {
        Asker { identity: Identity(identity), now, left: Some(left) }
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
    fn a_stock_client_is_the_only_bridge_of_a_network_and_none_where_one_of_our_peers_is() {
        let (mut sites, here) = (Sites::default(), network([10, 0, 0, 1]));
        assert_eq!([1, 2, 1].map(|peer| sites.admit(here, stock(peer, 0, 9))), [true, false, true]);
        assert!(sites.admit(here, ours(3)));
        assert_eq!([1, 2].map(|peer| sites.is_bridge(here, Identity(peer))), [false, false]);
        assert!(!sites.admit(here, stock(1, 0, 8)));
        sites.left(Identity(3));
        assert!(sites.admit(here, stock(2, 0, 9)));
    }

    #[test]
    fn a_stock_client_that_stands_still_for_a_minute_gives_way_to_the_next_that_asks() {
        let (mut sites, here) = (Sites::default(), network([10, 0, 0, 1]));
        assert!(sites.admit(here, stock(1, 0, 9)));
        assert!(sites.admit(here, stock(1, 50, 8)));
        assert!(!sites.admit(here, stock(2, 109, 9)));
        assert!(sites.admit(here, stock(1, 109, 8)));
        assert!(sites.admit(here, stock(2, 110, 9)));
        assert!(!sites.admit(here, stock(1, 110, 8)));
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
