//! What the nodes of a pool for members tell each other of them, beside what is in the database: that it has changed, and
//! whose peers go by that; and of stock clients, which are in no database. One that announces itself at a node is let in by the
//! holders at all of them, and is named those of them that take it.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_access::{SecretHash, key::PublicKey};
use peerpool_api::Changed;
use peerpool_catalogue::Takers;
use peerpool_wire::{
    channel::Key,
    id::{InfoHash, PeerId, Sha256Hash},
    link::{MAX_DEVICE, MAX_DEVICES, MAX_TAKERS, Message, NodeId, StockClient},
};
use tokio::time::{Duration, Instant};

use super::{Desk, stock::Client};
use crate::links::OpenLink;

/// Longest time for which another node says that a client is let in.
const LONGEST: u32 = 3600;

/// The devices that take stock clients, by item.
type ByItem = BTreeMap<InfoHash, BTreeSet<PublicKey>>;

/// What nodes have told each other of stock clients.
#[derive(Debug, Default)]
pub(super) struct AtNodes {
    /// What others were told of devices here.
    told: ByItem,
    heard: BTreeMap<OpenLink, ByItem>,
}

impl Desk {
    /// A node has told something over a link.
    pub(super) fn hear(&mut self, node: NodeId, on: OpenLink, message: Message) {
        match message {
            Message::MembersChanged => {
                let now = self.clock.now();
                if let Some(lookout) = &mut self.lookout {
                    lookout.hear(now);
                }
            }
            Message::MembersDone { epoch, confirmed, silent } => {
                self.waiting.node_done(node, epoch, &confirmed, &silent);
            }
            Message::StockClient(client) => self.hear_client(client),
            Message::StockTakers { item, keys } => {
                let keys = keys.into_iter().map(|key| PublicKey(key.0)).collect();
                self.stock.at_nodes.heard.entry(on).or_default().insert(item, keys);
            }
            // It is not about members.
            _ => {}
        }
    }

    /// A link is lost, and with it what was told over it of who takes stock clients.
    pub(super) fn link_lost(&mut self, on: OpenLink) {
        self.stock.at_nodes.heard.remove(&on);
    }

    /// Who takes stock clients for an item, here and elsewhere.
    pub(super) fn takers(&self, item: &InfoHash) -> Takers {
        let heard = self.stock.at_nodes.heard.values().filter_map(|of_link| of_link.get(item));
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
            let now = self.takers_here(&item);
            let told = &mut self.stock.at_nodes.told;
            if told.get(&item).is_none_or(BTreeSet::is_empty) && now.is_empty() {
                told.remove(&item);
                continue;
            }
            if told.get(&item) == Some(&now) {
                continue;
            }
            // Nobody hears it when no link is up; so with what follows.
            let _ = self.told.send(told_takers(item, &now));
            told.insert(item, now);
        }
    }

    /// Tells other nodes of a client that has announced itself here.
    pub(super) fn tell_client(&self, key: SecretHash, peer_id: PeerId, client: Client) {
        if self.lookout.is_some() {
            let _ = self.told.send(told_client(key, peer_id, client));
        }
    }

    /// All of it, for a node that is linked, or has missed something.
    pub(super) fn as_it_stands(&self) -> Vec<Message> {
        let takers = self.stock.allowed.keys().map(|&item| told_takers(item, &self.takers_here(&item)));
        let now = Instant::now();
        let clients = self.stock.clients.0.iter().filter(|(_, client)| now < client.until);
        let clients = clients.map(|(&(key, peer_id), &client)| told_client(key, peer_id, client));
        // Of what is in the database, the other node sees itself what it is.
        takers.chain(clients).chain([Message::MembersChanged]).collect()
    }

    fn takers_here(&self, item: &InfoHash) -> BTreeSet<PublicKey> {
        self.sessions.takers(item).into_iter().filter_map(|id| self.sessions.key(id)).collect()
    }

    /// A client has announced itself at another node. What its key is good for, this node knows itself.
    fn hear_client(&mut self, client: StockClient) {
        let key = SecretHash(client.key.0);
        let Some(item) = self.stock_item(&key).filter(|item| *item == client.item) else { return };
        let Some(member) = self.members.announce_key(&key).map(|key| key.member) else { return };
        let time = Duration::from_secs(client.seconds.min(LONGEST).into());
        let heard = Client { item, member, ip: client.ip.to_canonical(), until: Instant::now() + time };
        self.stock.clients.admit(key, client.peer_id, heard);
        self.sessions.mark_stock([item]);
    }
}

fn told_takers(item: InfoHash, takers: &BTreeSet<PublicKey>) -> Message {
    let keys = takers.iter().take(MAX_TAKERS).map(|key| Key(key.0)).collect();
    Message::StockTakers { item, keys }
}

fn told_client(key: SecretHash, peer_id: PeerId, client: Client) -> Message {
    let left = client.until.saturating_duration_since(Instant::now());
    let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
    let (key, item, ip) = (Sha256Hash(key.0), client.item, client.ip);
    Message::StockClient(StockClient { key, item, peer_id, ip, seconds })
}

/// What other nodes are told when the peers here go by a change.
pub(super) fn done_message(changed: Changed) -> Message {
    let named = |names: Vec<String>| {
        let short = |mut name: String| {
            name.truncate(name.floor_char_boundary(MAX_DEVICE));
            name
        };
        names.into_iter().take(MAX_DEVICES).map(short).collect()
    };
    Message::MembersDone {
        epoch: changed.epoch,
        confirmed: named(changed.confirmed),
        silent: named(changed.silent),
    }
}
