//! Stock clients: which announced under a key that holds, from where, and what peers are told of them.
//!
//! Nothing of this outlives the tracker: after a restart a stock client is let in again when it announces.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use peerpool_access::{MemberId, Moment, Right, SecretHash};
use peerpool_catalogue::Takers;
use peerpool_wire::{
    announce::{Announce, Event},
    channel::{MAX_STOCK_HOSTS, StockHost, StockItem},
    id::{InfoHash, PeerId, WireHash},
};
use tokio::time::Instant;

use super::{desk::Desk, nodes::AtNodes};

/// How long a stock client is let in after it has announced: it may miss one of its announces.
const LEASE: Duration = Duration::from_secs(660);
/// Stock clients of one key; who announced longest ago gives way.
const MAX_CLIENTS: usize = 16;
/// How long it is known afterwards whose a client was: peers tell what they gave it within a minute, unless they have lost
/// the tracker.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// A stock client that announced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    pub(super) item: InfoHash,
    /// Whose key it has.
    pub(super) member: MemberId,
    pub(super) ip: IpAddr,
    /// How long it is let in; past when it may not any more.
    pub(super) until: Instant,
}

/// All of them, by key and by what they call themselves.
#[derive(Debug, Default)]
pub(super) struct Clients(pub(super) BTreeMap<(SecretHash, PeerId), Client>);

impl Clients {
    pub(super) fn admit(&mut self, key: SecretHash, peer_id: PeerId, client: Client) {
        let range = (key, PeerId([0; 20]))..=(key, PeerId([255; 20]));
        let others = self.0.range(range).filter(|((_, other), _)| *other != peer_id);
        let oldest = others.clone().min_by_key(|(_, client)| client.until).map(|(&of, _)| of);
        if others.count() >= MAX_CLIENTS
            && let Some(oldest) = oldest
        {
            self.0.remove(&oldest);
        }
        self.0.insert((key, peer_id), client);
    }

    /// Whose client it is that calls itself so towards a peer, or comes from there where that is one key's alone: some
    /// call themselves otherwise towards trackers.
    fn whose(&self, item: &InfoHash, peer_id: PeerId, ip: IpAddr) -> Option<(SecretHash, MemberId)> {
        let there = self.0.iter().filter(|(_, client)| client.item == *item && client.ip == ip);
        let named = there.clone().filter(|((_, known), _)| *known == peer_id);
        let of = |(&(key, _), client): (&(SecretHash, PeerId), &Client)| (key, client.member);
        if let Some(freshest) = named.max_by_key(|(_, client)| client.until) {
            return Some(of(freshest));
        }
        let keys: BTreeSet<(SecretHash, MemberId)> = there.map(of).collect();
        if keys.len() == 1 { keys.into_iter().next() } else { None }
    }

    /// Where the clients of an item are, the freshest first.
    fn hosts(&self, item: &InfoHash, now: Instant) -> Vec<StockHost> {
        let mut of: BTreeMap<IpAddr, Duration> = BTreeMap::new();
        for client in self.0.values().filter(|client| client.item == *item && now < client.until) {
            let left = of.entry(client.ip).or_default();
            *left = (*left).max(client.until - now);
        }
        let mut hosts: Vec<StockHost> =
            of.into_iter().map(|(ip, left)| StockHost { ip, seconds: left.as_secs() as u32 + 1 }).collect();
        hosts.sort_by_key(|host| std::cmp::Reverse(host.seconds));
        hosts.truncate(MAX_STOCK_HOSTS);
        hosts
    }
}

/// What stands of the items that stock clients may fetch.
#[derive(Debug, Default)]
pub(super) struct StockItems {
    /// Each with its private form.
    pub(super) allowed: BTreeMap<InfoHash, WireHash>,
    pub(super) clients: Clients,
    /// When a client last announced by each key, of those that hold.
    used: BTreeMap<SecretHash, Moment>,
    pub(super) at_nodes: AtNodes,
}

impl StockItems {
    /// The key by which a client was let in that a peer tells of, and whose it is; `None` when it cannot be told.
    pub(super) fn whose(
        &self,
        item: &InfoHash,
        peer_id: PeerId,
        ip: IpAddr,
    ) -> Option<(SecretHash, MemberId)> {
        self.clients.whose(item, peer_id, ip.to_canonical())
    }

    /// What a peer is told that has this item and may give it; `None` when there is nothing to tell.
    pub(super) fn told(&self, item: &InfoHash) -> Option<StockItem> {
        let private = self.allowed.get(item)?;
        let hosts = self.clients.hosts(item, Instant::now());
        Some(StockItem { info_hash: *item, private: Some(*private), hosts })
    }
}

/// Where a stock client was let in.
pub(crate) struct LetIn {
    pub(crate) item: InfoHash,
    /// Who takes it.
    pub(crate) takers: Takers,
}

impl Desk {
    /// The item to which this key leads now: its member takes part and may get the item, and stock clients may, too.
    pub(super) fn stock_item(&mut self, key: &SecretHash) -> Option<InfoHash> {
        self.check_sight().ok()?;
        let now = self.now();
        let key = self.members.announce_key(key)?;
        let (_, audience) = self.items.audience_of(key.item)?;
        let may_get = audience.allows(Right::Get, &self.members.subjects(key.member, now));
        may_get.then_some(key.item)
    }

    /// The item that this key leads to, if this is the hash of its private form.
    fn stock_swarm(&mut self, key: &SecretHash, info_hash: WireHash) -> Option<InfoHash> {
        let item = self.stock_item(key)?;
        (self.stock.allowed.get(&item) == Some(&info_hash)).then_some(item)
    }

    /// A stock client announces itself; `None` when its key does not hold, or not for what it asks. One that leaves, or has
    /// everything, is let in no more.
    pub(crate) fn stock_announced(
        &mut self,
        key: SecretHash,
        announce: &Announce,
        ip: IpAddr,
    ) -> Option<LetIn> {
        let item = self.stock_swarm(&key, announce.info_hash)?;
        let member = self.members.announce_key(&key)?.member;
        let (now, at) = (self.now(), Instant::now());
        self.stock.used.insert(key, now);
        let leaves = announce.event == Event::Stopped || announce.left == Some(0);
        let until = if leaves { at } else { at + LEASE };
        let client = Client { item, member, ip: ip.to_canonical(), until };
        self.stock.clients.admit(key, announce.peer_id, client);
        self.sessions.mark_stock([item]);
        self.tell_client(key, announce.peer_id, client);
        Some(LetIn { item, takers: self.takers(&item) })
    }

    /// When a client last announced by this key, since the tracker began.
    pub(crate) fn stock_used(&self, key: &SecretHash) -> Option<Moment> {
        self.stock.used.get(key).copied()
    }

    /// A stock client asks how many peers it would be named of each of these, in the order asked for.
    pub(crate) fn stock_scraped(&mut self, key: SecretHash, hashes: &[WireHash]) -> Option<LetIn> {
        let items: Option<Vec<InfoHash>> = hashes.iter().map(|&hash| self.stock_swarm(&key, hash)).collect();
        let item = items?.first().copied()?;
        Some(LetIn { item, takers: self.takers(&item) })
    }

    /// Goes by what members and rules say now: the items of which something is to be told, and whether something was taken
    /// away that peers have to confirm.
    pub(super) fn follow_stock(&mut self) -> (BTreeSet<InfoHash>, bool) {
        let allowed: BTreeMap<InfoHash, WireHash> =
            self.members.stock_items().map(|(item, private)| (item, WireHash(private.0))).collect();
        let before = std::mem::replace(&mut self.stock.allowed, allowed);
        self.stock.used.retain(|key, _| self.members.announce_key(key).is_some());
        let now = Instant::now();
        let mut clients = std::mem::take(&mut self.stock.clients);
        clients.0.retain(|_, client| now < client.until + REMEMBERED);
        let mut is_less = before.keys().any(|item| !self.stock.allowed.contains_key(item));
        for ((key, _), client) in &mut clients.0 {
            if now < client.until && self.stock_item(key) != Some(client.item) {
                client.until = now;
                is_less = true;
            }
        }
        self.stock.clients = clients;
        (before.into_keys().chain(self.stock.allowed.keys().copied()).collect(), is_less)
    }
}
