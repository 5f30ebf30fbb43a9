//! Stock clients in a pool for members that has several nodes: one that announces itself at a node is let in by the holders
//! at all of them, and is named those of them that take it.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_access::{SecretHash, key::PublicKey};
use peerpool_catalogue::Takers;
use peerpool_wire::{
    channel::Key,
    id::{InfoHash, PeerId, Sha256Hash},
    link::{MAX_TAKERS, Message, NodeId, StockClient},
};
use tokio::time::{Duration, Instant};

use super::{Desk, stock::Client};

/// Longest time for which another node says that a client is let in.
const LONGEST: u32 = 3600;

/// The devices that take stock clients, by item.
type ByItem = BTreeMap<InfoHash, BTreeSet<PublicKey>>;

/// What nodes have told each other.
#[derive(Debug, Default)]
pub(super) struct AtNodes {
    /// What others were told of devices here.
    told: ByItem,
    heard: BTreeMap<NodeId, ByItem>,
}

impl Desk {
    /// Who takes stock clients for an item, here and elsewhere.
    pub(super) fn takers(&self, item: &InfoHash) -> Takers {
        let heard = self.stock.at_nodes.heard.values().filter_map(|of_node| of_node.get(item));
        Takers {
            here: self.sessions.takers(item),
            elsewhere: heard.flatten().map(|key| Key(key.0)).collect(),
        }
    }

    /// Tells other nodes which devices here take stock clients, as far as that is new.
    pub(super) fn tell_takers(&mut self) {
        if self.lookout.is_none() {
            return;
        }
        let items: BTreeSet<InfoHash> =
            self.stock.allowed.keys().chain(self.stock.at_nodes.told.keys()).copied().collect();
        for item in items {
            let here = self.sessions.takers(&item);
            let now: BTreeSet<PublicKey> = here.into_iter().filter_map(|id| self.sessions.key(id)).collect();
            let told = &mut self.stock.at_nodes.told;
            if told.get(&item).is_none_or(BTreeSet::is_empty) && now.is_empty() {
                told.remove(&item);
                continue;
            }
            if told.get(&item) == Some(&now) {
                continue;
            }
            let keys = now.iter().take(MAX_TAKERS).map(|key| Key(key.0)).collect();
            told.insert(item, now);
            // Nobody hears it when no link is up; so with what follows.
            let _ = self.told.send(Message::StockTakers { item, keys });
        }
    }

    /// Tells other nodes of a client that has announced itself here.
    pub(super) fn tell_client(&self, key: SecretHash, peer_id: PeerId, client: Client) {
        if self.lookout.is_some() {
            let _ = self.told.send(told(key, peer_id, client));
        }
    }

    /// All of it, for a node that is linked, or has missed something.
    pub(crate) fn stock_as_it_stands(&self) -> Vec<Message> {
        let takers = self.stock.allowed.keys().map(|&item| {
            let keys = self.sessions.takers(&item).into_iter().filter_map(|id| self.sessions.key(id));
            Message::StockTakers { item, keys: keys.take(MAX_TAKERS).map(|key| Key(key.0)).collect() }
        });
        let now = Instant::now();
        let clients = self.stock.clients.0.iter().filter(|(_, client)| now < client.until);
        takers.chain(clients.map(|(&(key, peer_id), &client)| told(key, peer_id, client))).collect()
    }

    /// What another node has told of its devices.
    pub(super) fn hear_takers(&mut self, node: NodeId, item: InfoHash, keys: Vec<Key>) {
        let of_node = self.stock.at_nodes.heard.entry(node).or_default();
        match keys.is_empty() {
            true => drop(of_node.remove(&item)),
            false => drop(of_node.insert(item, keys.into_iter().map(|key| PublicKey(key.0)).collect())),
        }
    }

    /// Another node is out of reach.
    pub(super) fn lose_takers(&mut self, node: NodeId) {
        self.stock.at_nodes.heard.remove(&node);
    }

    /// A client has announced itself at another node. What its key is good for, this node knows itself.
    pub(super) fn hear_client(&mut self, client: StockClient) {
        let key = SecretHash(client.key.0);
        let Some(item) = self.stock_item(&key).filter(|item| *item == client.item) else { return };
        let Some(member) = self.members.announce_key(&key).map(|key| key.member) else { return };
        let time = Duration::from_secs(client.seconds.min(LONGEST).into());
        let heard = Client { item, member, ip: client.ip.to_canonical(), until: Instant::now() + time };
        self.stock.clients.admit(key, client.peer_id, heard);
        self.sessions.mark_stock([item]);
    }
}

fn told(key: SecretHash, peer_id: PeerId, client: Client) -> Message {
    let left = client.until.saturating_duration_since(Instant::now());
    let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
    let (key, item, ip) = (Sha256Hash(key.0), client.item, client.ip);
    Message::StockClient(StockClient { key, item, peer_id, ip, seconds })
}
