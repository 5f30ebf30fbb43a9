//! Where a connected peer can be dialled, and by whom.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use peerpool_wire::{channel::MAX_ADDRESSES, time::Time};

use crate::input::Endpoints;

/// Addresses of the other family that are tried for one peer.
const STATED: usize = 2;

impl Endpoints {
    /// Where the other side reaches `address`. A loopback address means this machine, which the other side knows by our
    /// end of its connection.
    pub(crate) fn reach(&self, address: SocketAddr) -> SocketAddr {
        if address.ip().is_loopback() && !self.remote.is_loopback() {
            SocketAddr::new(self.local, address.port())
        } else {
            address
        }
    }

    /// Whether both ends are on this machine.
    pub(crate) fn are_here(&self) -> bool {
        self.remote.is_loopback() || self.remote == self.local
    }
}

/// Where a peer says that it listens, and what probes found.
#[derive(Debug)]
pub(crate) struct Reach {
    endpoints: Endpoints,
    port: u16,
    /// The addresses that it stated, without unspecified ones.
    listens: Vec<SocketAddr>,
    found: BTreeMap<SocketAddr, bool>,
    /// Whether the addresses that need a proof were tried.
    pub(crate) stated_tried: bool,
    /// When it was last tried.
    pub(crate) tried: Time,
    /// When it was first told to connect out in the current interval, and how often since.
    pub(crate) told: (Time, u32),
}

impl Reach {
    pub(crate) fn new(endpoints: Endpoints, port: u16, listens: &[SocketAddr]) -> Self {
        let plain = listens.iter().map(|listen| SocketAddr::new(listen.ip().to_canonical(), listen.port()));
        Self {
            endpoints,
            port,
            listens: plain.filter(|listen| !listen.ip().is_unspecified() && listen.port() != 0).collect(),
            found: BTreeMap::new(),
            stated_tried: false,
            tried: Time::ZERO,
            told: (Time::ZERO, 0),
        }
    }

    pub(crate) fn listens(&self) -> &[SocketAddr] {
        &self.listens
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether others can dial it; `None` while nobody knows.
    pub(crate) fn is_reachable(&self) -> Option<bool> {
        if self.port == 0 || self.listens_on_loopback_alone() && !self.endpoints.are_here() {
            return Some(false);
        }
        if self.found.values().any(|&reachable| reachable) {
            return Some(true);
        }
        (!self.found.is_empty()).then_some(false)
    }

    /// The outcome so far: where it can be reached, and where it cannot.
    pub(crate) fn found(&self) -> (Vec<SocketAddr>, Vec<SocketAddr>) {
        let addresses = |wanted: bool| {
            let found = self.found.iter().filter(move |&(_, &reachable)| reachable == wanted);
            found.map(|(&address, _)| address).collect()
        };
        (addresses(true), addresses(false))
    }

    /// Records the outcome of a probe.
    pub(crate) fn set_found(&mut self, address: SocketAddr, reachable: bool) {
        self.found.insert(address, reachable);
    }

    /// The address to try at once: its own host, at the port that it stated.
    pub(crate) fn own(&self) -> Option<SocketAddr> {
        if self.port == 0 || (self.listens_on_loopback_alone() && !self.endpoints.are_here()) {
            return None;
        }
        let own = SocketAddr::new(self.endpoints.remote, self.port);
        if self.endpoints.are_here() && !self.listens_at(own) {
            // Both addresses are this machine's, so trying another of its addresses reaches no stranger.
            return self.listens.iter().copied().find(|listen| listen.ip().is_loopback());
        }
        Some(own)
    }

    /// Stated addresses that may be a stranger's, so they are tried only with a proof.
    pub(crate) fn stated(&self) -> Vec<SocketAddr> {
        let other_family = |listen: &&SocketAddr| listen.is_ipv4() != self.endpoints.remote.is_ipv4();
        let usable = |listen: &&SocketAddr| is_usable(listen.ip()) && !listen.ip().is_loopback();
        match self.endpoints.are_here() {
            true => Vec::new(),
            false => self.listens.iter().filter(other_family).filter(usable).take(STATED).copied().collect(),
        }
    }

    /// Where the other side of `asker` dials it, best first.
    pub(crate) fn for_asker(&self, asker: Endpoints) -> Vec<SocketAddr> {
        let mut addresses = match (self.port, self.endpoints.are_here()) {
            (0, _) => return Vec::new(),
            (_, true) => self.here(asker),
            (_, false) => self.elsewhere(asker),
        };
        addresses.sort_by_key(|address| address.is_ipv4() != asker.remote.is_ipv4());
        let mut known = Vec::new();
        for address in addresses {
            if !known.contains(&address) && known.len() < MAX_ADDRESSES {
                known.push(address);
            }
        }
        known
    }

    /// The peer is on this machine: others reach it where they reach the tracker.
    fn here(&self, asker: Endpoints) -> Vec<SocketAddr> {
        let at = |ip: IpAddr| SocketAddr::new(ip, self.port);
        if !asker.are_here() {
            let local = at(asker.local);
            if self.listens_at(local) {
                return vec![local];
            }
            let others =
                self.listens.iter().filter(|listen| !listen.ip().is_loopback() && is_usable(listen.ip()));
            return others.copied().collect();
        }
        let near = [at(asker.remote), at(self.endpoints.remote)];
        let listening = near.into_iter().filter(|&address| self.listens_at(address));
        listening.chain(self.listens.iter().filter(|listen| listen.ip().is_loopback()).copied()).collect()
    }

    fn elsewhere(&self, asker: Endpoints) -> Vec<SocketAddr> {
        let own = SocketAddr::new(self.endpoints.remote, self.port);
        let mut addresses = Vec::new();
        if self.listens_on_loopback_alone() && asker.remote != self.endpoints.remote {
            return addresses;
        }
        if asker.remote == self.endpoints.remote && !self.listens_at(own) {
            // On one machine, or in one network behind one address, they know each other by what they stated.
            let alone = self.listens_on_loopback_alone();
            let stated = self.listens.iter().filter(|listen| is_usable(listen.ip()));
            let stated = stated.filter(|listen| listen.ip().is_loopback() == alone);
            addresses.extend(stated.filter(|listen| listen.is_ipv4() == own.is_ipv4()));
        }
        if self.found.get(&own) != Some(&false) {
            addresses.push(own);
        }
        addresses.extend(self.found.iter().filter(|&(_, &reachable)| reachable).map(|(&address, _)| address));
        if addresses.is_empty() {
            addresses.push(own);
        }
        addresses
    }

    fn listens_at(&self, address: SocketAddr) -> bool {
        self.listens.is_empty() || self.listens.contains(&address)
    }

    fn listens_on_loopback_alone(&self) -> bool {
        !self.listens.is_empty() && self.listens.iter().all(|listen| listen.ip().is_loopback())
    }
}

/// Whether an address means one host, the same to everybody.
fn is_usable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !ip.is_multicast() && !ip.is_broadcast() && !ip.is_link_local() && !ip.is_unspecified()
        }
        IpAddr::V6(ip) => !ip.is_multicast() && !ip.is_unicast_link_local() && !ip.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(remote: &str, local: &str) -> Endpoints {
        Endpoints { remote: remote.parse().unwrap(), local: local.parse().unwrap() }
    }

    fn reach(remote: &str, local: &str, listens: &[&str]) -> Reach {
        let listens: Vec<SocketAddr> = listens.iter().map(|listen| listen.parse().unwrap()).collect();
        Reach::new(endpoints(remote, local), 7, &listens)
    }

    fn told(reach: &Reach, remote: &str, local: &str) -> Vec<String> {
        reach.for_asker(endpoints(remote, local)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_peer_on_the_trackers_machine_is_named_where_the_asker_reaches_the_tracker() {
        let listens = ["127.0.0.1:7", "172.17.0.1:7", "10.0.0.1:7"];
        // The peer reached the tracker at the address of a bridge that nobody else can reach.
        let bridged = reach("172.17.0.1", "172.17.0.1", &listens);
        assert_eq!(told(&bridged, "10.0.0.2", "10.0.0.1"), ["10.0.0.1:7"]);
        assert_eq!(told(&reach("127.0.0.1", "127.0.0.1", &[]), "10.0.0.2", "10.0.0.1"), ["10.0.0.1:7"]);
    }

    #[test]
    fn a_peer_that_listens_on_loopback_is_named_on_its_own_machine_alone() {
        let local = reach("127.0.0.1", "127.0.0.1", &["127.0.0.1:7"]);
        assert!(told(&local, "10.0.0.2", "10.0.0.1").is_empty());
        assert_eq!(told(&local, "10.0.0.1", "10.0.0.1"), ["127.0.0.1:7"]);
        let elsewhere = reach("10.0.0.3", "10.0.0.1", &["127.0.0.1:7"]);
        assert_eq!((elsewhere.own(), elsewhere.is_reachable()), (None, Some(false)));
        assert!(told(&elsewhere, "10.0.0.2", "10.0.0.1").is_empty());
    }

    #[test]
    fn a_peer_that_listens_on_one_family_is_not_named_at_the_other() {
        let v4 = reach("::1", "::1", &["127.0.0.1:7", "10.0.0.1:7"]);
        assert_eq!(told(&v4, "::1", "::1"), ["127.0.0.1:7"]);
        assert_eq!(v4.own().map(|own| own.to_string()).as_deref(), Some("127.0.0.1:7"));
    }

    #[test]
    fn only_the_peers_own_host_is_tried_without_a_proof() {
        let stated = [
            "10.0.0.3:7",
            "10.0.0.99:7",
            "[2001:db8::3]:7",
            "[fe80::1]:7",
            "[::1]:7",
            "[2001:db8::4]:7",
            "[2001:db8::5]:7",
        ];
        let peer = reach("10.0.0.3", "10.0.0.1", &stated);
        assert_eq!(peer.own().map(|own| own.to_string()).as_deref(), Some("10.0.0.3:7"));
        let proof: Vec<String> = peer.stated().iter().map(ToString::to_string).collect();
        assert_eq!(proof, ["[2001:db8::3]:7", "[2001:db8::4]:7"]);
    }

    #[test]
    fn an_asker_is_named_the_address_of_its_own_family_first() {
        let mut peer = reach("10.0.0.3", "10.0.0.1", &["10.0.0.3:7", "[2001:db8::3]:7"]);
        peer.set_found("10.0.0.3:7".parse().unwrap(), true);
        peer.set_found("[2001:db8::3]:7".parse().unwrap(), true);
        assert_eq!(told(&peer, "2001:db8::9", "2001:db8::1"), ["[2001:db8::3]:7", "10.0.0.3:7"]);
        assert_eq!(told(&peer, "10.0.0.2", "10.0.0.1"), ["10.0.0.3:7", "[2001:db8::3]:7"]);
    }

    #[test]
    fn two_behind_one_address_are_told_of_each_other_as_they_know_themselves() {
        let peer = reach("203.0.113.5", "198.51.100.1", &["192.168.1.7:7"]);
        assert_eq!(told(&peer, "203.0.113.5", "198.51.100.1"), ["192.168.1.7:7", "203.0.113.5:7"]);
        assert_eq!(told(&peer, "203.0.113.6", "198.51.100.1"), ["203.0.113.5:7"]);
    }
}
