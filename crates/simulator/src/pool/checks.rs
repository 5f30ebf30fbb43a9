//! What must hold: while everything goes wrong, and once nothing does any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use peerpool_catalogue::{Asking, Endpoints, Eyes, Query, Viewer};
use peerpool_wire::{
    channel::{ItemSort, Target},
    id::PeerId,
    time::Time,
};

use super::{
    node::{ITEMS, facts},
    world::{Event, World},
};

/// After this long a node names whoever has an item and is connected to a node that it hears.
const SERVED: Duration = Duration::from_secs(5);
/// What a slow link and wrong clocks add to everything else.
const SLACK: Duration = Duration::from_secs(5);
/// Nobody names a peer that has been gone for longer than this and the time that nodes hung meanwhile: its lease, its grace,
/// and the silence of a link.
const GHOST: Duration = Duration::from_secs(9 + 12 + 3).saturating_add(SLACK);
/// The same for stock clients, which a swarm looks for every ten seconds.
const CLIENT_GHOST: Duration = Duration::from_secs(66 + 40 + 3 + 10).saturating_add(SLACK);

/// When a peer has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    at: Time,
    /// For how long nodes had hung until then.
    hung: Duration,
}

/// Whom a node names for an item, and whether each has all of it.
type Named = Vec<(PeerId, bool)>;

impl World {
    /// A peer has ended that had this item.
    pub(super) fn end_holder(&mut self, peer: PeerId, item: u8) {
        self.ended.insert((peer, item), Ended { at: self.now, hung: self.hung });
    }

    /// Looks at every node now and then.
    pub(super) fn look(&mut self) {
        self.plan(Duration::from_secs(1), Event::Look);
        self.check_members();
        for node in 0..self.nodes.len() {
            for item in 0..ITEMS {
                if let Some(named) = self.named(node, item) {
                    self.outcome.checked += 1;
                    self.check_once(node, item, &named);
                    self.check_ghosts(node, item, &named);
                    self.check_served(node, item, &named);
                } else {
                    self.check_served(node, item, &[]);
                }
            }
        }
    }

    /// `None` where the node does not know the item.
    fn named(&self, node: usize, item: u8) -> Option<Named> {
        let catalogue = self.nodes[node].catalogue.as_ref().filter(|_| self.nodes[node].hung.is_none())?;
        let asking = Asking {
            session: None,
            viewer: Viewer::All,
            endpoints: Endpoints { remote: [10, 9, 9, 9].into(), local: [10, 200, 0, node as u8].into() },
            wanted: 200,
        };
        let found = catalogue.holders(facts(item).info_hash, &asking, 0).ok()?;
        let holders = found.holders.into_iter();
        Some(holders.filter_map(|holder| Some((holder.peer_id?, holder.have.is_all()))).collect())
    }

    fn check_once(&mut self, node: usize, item: u8, named: &[(PeerId, bool)]) {
        let different: BTreeSet<PeerId> = named.iter().map(|&(peer, _)| peer).collect();
        if different.len() < named.len() {
            self.broken("once", format!("at {:?} node {node} names {named:?} for item {item}", self.now));
        }
    }

    fn check_ghosts(&mut self, node: usize, item: u8, named: &[(PeerId, bool)]) {
        for &(peer, _) in named {
            let bound = if peer.0[0] == b'c' { CLIENT_GHOST } else { GHOST };
            let Some(&ended) = self.ended.get(&(peer, item)) else { continue };
            if self.now.since(ended.at) > bound + (self.hung - ended.hung) {
                let (now, at) = (self.now, ended.at);
                self.broken(
                    "no ghost",
                    format!("at {now:?} node {node} names {peer} for item {item}, gone since {at:?}"),
                );
            }
        }
    }

    fn check_served(&mut self, node: usize, item: u8, named: &[(PeerId, bool)]) {
        let long = |since: Time| self.now.since(since) >= SERVED;
        if !self.nodes[node].well_since().is_some_and(long) {
            return;
        }
        let mut missing = Vec::new();
        for peer in self.peers.iter().filter(|peer| peer.is_running && peer.session.is_some()) {
            let told = peer.has.get(&item).and_then(|part| part.told);
            let home_is_well = self.nodes[peer.node].well_since().is_some_and(long);
            let is_heard = peer.node == node || self.hears(node, peer.node).is_some_and(long);
            if told.is_some_and(long)
                && home_is_well
                && is_heard
                && named.iter().all(|&(named, _)| named != peer.id())
            {
                missing.push((peer.id(), peer.node));
            }
        }
        if !missing.is_empty() {
            self.broken(
                "served",
                format!("at {:?} node {node} does not name {missing:?} for item {item}", self.now),
            );
        }
    }

    /// What a plain table says of an item.
    fn table(&self, item: u8) -> BTreeMap<PeerId, bool> {
        let peers = self.peers.iter().filter(|peer| peer.session.is_some());
        let sessions = peers.filter_map(|peer| Some((peer.id(), peer.has.get(&item)?.is_all)));
        let clients = self.clients.iter().filter(|client| client.is_running && client.item == item);
        sessions.chain(clients.map(|client| (client.id(), client.is_done))).collect()
    }

    /// All is calm: every node says what the table says.
    pub(super) fn check_end(&mut self) {
        let connected = self.peers.iter().filter(|peer| peer.session.is_some()).count();
        let clock: Vec<Time> = self.nodes.iter().map(|node| node.clock(self.now)).collect();
        for item in 0..ITEMS {
            let table = self.table(item);
            let has_peers =
                self.peers.iter().any(|peer| peer.session.is_some() && peer.has.contains_key(&item));
            let all: Vec<Option<Named>> = (0..self.nodes.len()).map(|node| self.named(node, item)).collect();
            let is_known = all.iter().any(Option::is_some);
            for (node, named) in all.into_iter().enumerate() {
                self.outcome.checked += 1;
                let hashes: Vec<_> = facts(item).info_hash.wire_hashes().collect();
                let (Some(named), Some(catalogue)) = (&named, &mut self.nodes[node].catalogue) else {
                    if is_known || has_peers {
                        self.broken("union", format!("node {node} does not know item {item}"));
                    }
                    continue;
                };
                let scraped = catalogue.scrape(clock[node], &hashes, &Viewer::All, &mut Vec::new());
                let found = named.iter().copied().collect::<BTreeMap<PeerId, bool>>();
                if found != table {
                    self.broken(
                        "union",
                        format!("node {node} names {found:?} for item {item}, not {table:?}"),
                    );
                }
                let seeds = table.values().filter(|&&is_all| is_all).count() as u32;
                for (_, counts) in scraped {
                    let counted = (counts.complete, counts.incomplete);
                    let wanted = (seeds, table.len() as u32 - seeds);
                    if counted != wanted {
                        self.broken(
                            "once",
                            format!("node {node} counts {counted:?} of item {item}, not {wanted:?}"),
                        );
                    }
                }
            }
        }
        let mut listed: Vec<(Vec<String>, usize)> = Vec::new();
        for (node, &clock) in clock.iter().enumerate() {
            let Some(catalogue) = &mut self.nodes[node].catalogue else { continue };
            let peers = catalogue.counts(&Viewer::All).peers;
            let (index, vouched) = (catalogue.take_changes(clock).index, catalogue.vouched());
            let Ok(query) = Query::parse("") else { continue };
            let order = index.find(&query, None, Eyes::ALL, ItemSort::Name.into(), None, || true);
            let rows = order.map(|order| index.rows(&order, 0, order.len(), Eyes::ALL)).unwrap_or_default();
            let names = rows.into_iter().map(|row| row.facts.info_hash.to_string()).collect();
            listed.push((names, vouched));
            if peers != connected {
                self.broken("union", format!("node {node} counts {peers} connected peers, not {connected}"));
            }
        }
        if listed.windows(2).any(|pair| pair[0].0 != pair[1].0) {
            self.broken("union", format!("nodes list different items: {listed:?}"));
        }
        // Each node keeps what all nodes vouch for, and nothing else.
        if listed.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            let kept: Vec<usize> = listed.iter().map(|&(_, vouched)| vouched).collect();
            self.broken("bounded", format!("nodes keep {kept:?} claims"));
        }
        let target = |item| Target::InfoHash(facts(item).info_hash);
        let described: Vec<Vec<_>> = self
            .nodes
            .iter()
            .filter_map(|node| node.catalogue.as_ref())
            .map(|all| {
                (0..ITEMS)
                    .map(|item| {
                        all.find(&target(item), &Viewer::All).ok().map(|mut found| {
                            // Progress crosses no link.
                            found.completeness = None;
                            found
                        })
                    })
                    .collect()
            })
            .collect();
        for item in 0..usize::from(ITEMS) {
            let of_item: Vec<_> = described.iter().map(|all| &all[item]).collect();
            if of_item.windows(2).any(|pair| pair[0] != pair[1]) {
                self.broken("union", format!("nodes describe item {item} differently: {of_item:?}"));
            }
        }
    }
}
