//! Stock clients in a pool for members: they speak no TLS and have no pass. The tracker tells for which items they are let
//! in, under which hash, and from which addresses; to everybody else a plain connection is closed without an answer.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use peerpool_access::{Guard, guard::ConnectionId};
use peerpool_swarm::Rights;
use peerpool_wire::{
    channel::{StockItem, ToTracker},
    id::{InfoHash, WireHash},
};
use tokio::sync::watch;

use super::Node;
use crate::{
    connection::handshake::Ours,
    credentials::{Leash, Verdict},
    listener::{Admission, Arrival},
};

/// How long who comes from an address that the tracker has not told yet is kept waiting: it may do so any moment.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most who wait.
const MAX_WAITING: usize = 64;
/// How long what an earlier session was told stays good in a new one, which tells all of it again.
const AFTER_RECONNECT: Duration = Duration::from_secs(10);
/// Stock clients fetch, and give nothing.
const RIGHTS: Rights = Rights { give: true, take: false };

/// What the tracker told of stock clients, and those that were let in.
pub(super) struct Stock {
    /// By the hash that they name.
    items: BTreeMap<WireHash, Allowed>,
    clients: BTreeMap<ConnectionId, Client>,
    waiting: Vec<(Instant, Arrival)>,
    /// Whether plain connections are looked at at all.
    open: watch::Sender<bool>,
}

impl Default for Stock {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            clients: BTreeMap::new(),
            waiting: Vec::new(),
            open: watch::Sender::new(false),
        }
    }
}

/// An item that stock clients may fetch.
struct Allowed {
    item: InfoHash,
    /// From where, and until when.
    hosts: BTreeMap<IpAddr, Instant>,
}

/// A stock client that was let in.
struct Client {
    private: WireHash,
    ip: IpAddr,
    verdict: watch::Sender<Verdict>,
}

/// What becomes of somebody who comes.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    Admitted(InfoHash),
    /// The tracker may tell of its address yet.
    Unknown,
    Refused,
}

impl Stock {
    /// Whether plain connections are looked at, from now on.
    pub(super) fn takes_plain(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Whether nobody is connected, or waits to be.
    pub(super) fn is_at_rest(&self) -> bool {
        self.clients.is_empty() && self.waiting.is_empty()
    }

    /// The tracker told what stands of an item.
    fn apply(&mut self, now: Instant, StockItem { info_hash, private, hosts }: StockItem, item: InfoHash) {
        self.items.retain(|hash, known| known.item != item && Some(*hash) != private);
        if let Some(private) = private {
            let until = |seconds: u32| now + Duration::from_secs(seconds.into());
            let hosts = hosts.into_iter().map(|host| (host.ip.to_canonical(), until(host.seconds))).collect();
            self.items.insert(private, Allowed { item, hosts });
        }
        tracing::debug!(item = %info_hash, allowed = private.is_some(), "told of stock clients");
        let is_open = !self.items.is_empty();
        self.open.send_if_modified(|open| std::mem::replace(open, is_open) != is_open);
    }

    fn judge(&self, now: Instant, private: &WireHash, ip: IpAddr, guard: &Guard) -> Judged {
        let Some(allowed) = self.items.get(private) else { return Judged::Refused };
        match allowed.hosts.get(&ip) {
            _ if !guard.gives(allowed.item) => Judged::Refused,
            Some(until) if now < *until => Judged::Admitted(allowed.item),
            _ => Judged::Unknown,
        }
    }

    /// Ends those that may go on no more; what they are told by.
    pub(super) fn end(&mut self, now: Instant, guard: &Guard) -> Vec<watch::Sender<Verdict>> {
        let Self { items, clients, .. } = self;
        clients.retain(|_, client| !client.verdict.is_closed());
        let goes_on = |client: &Client| {
            let allowed = items.get(&client.private);
            allowed.is_some_and(|allowed| {
                guard.gives(allowed.item) && allowed.hosts.get(&client.ip).is_some_and(|until| now < *until)
            })
        };
        let ended = clients.extract_if(.., |_, client| !goes_on(client));
        ended
            .map(|(_, client)| {
                client.verdict.send_replace(Verdict::Ended);
                client.verdict
            })
            .collect()
    }

    /// A new session of the tracker tells everything anew: what it does not tell ends soon.
    pub(super) fn doubt(&mut self, now: Instant) {
        for until in self.items.values_mut().flat_map(|allowed| allowed.hosts.values_mut()) {
            *until = (*until).min(now + AFTER_RECONNECT);
        }
    }
}

impl Node {
    /// The tracker told which stock clients may fetch what.
    pub(super) fn take_stock(&mut self, told: Vec<StockItem>) {
        let now = Instant::now();
        let mut taken = Vec::new();
        for told in told {
            let (info_hash, is_allowed) = (told.info_hash, told.private.is_some());
            let item = self.identify(&info_hash);
            let Some(guarding) = &mut self.guarding else { return };
            guarding.stock.apply(now, told, item);
            if is_allowed && (self.shares.has(&item) || self.downloads.has(&item)) {
                taken.push(info_hash);
            }
        }
        if !taken.is_empty() {
            self.pool.channel.tell_first(ToTracker::TakesStock { info_hashes: taken });
        }
    }

    /// Somebody came over plain TCP and names an item.
    pub(super) fn handle_plain(&mut self, arrival: Arrival) {
        let now = Instant::now();
        let Some(guarding) = &mut self.guarding else { return };
        let (private, ip) = (arrival.handshake.swarm, arrival.from);
        match guarding.stock.judge(now, &private, ip, &guarding.guard) {
            Judged::Admitted(item) => self.admit_stock(arrival, item),
            Judged::Unknown if guarding.stock.waiting.len() < MAX_WAITING => {
                guarding.stock.waiting.push((now + PATIENCE, arrival));
            }
            Judged::Unknown | Judged::Refused => drop(arrival.answer.send(None)),
        }
    }

    /// Judges again who waits for the tracker, and turns away who has waited long enough.
    pub(super) fn judge_waiting(&mut self) {
        let now = Instant::now();
        let Some(guarding) = &mut self.guarding else { return };
        for (until, arrival) in std::mem::take(&mut guarding.stock.waiting) {
            let Some(guarding) = &mut self.guarding else { return };
            match guarding.stock.judge(now, &arrival.handshake.swarm, arrival.from, &guarding.guard) {
                Judged::Admitted(item) => self.admit_stock(arrival, item),
                Judged::Unknown if now < until && !arrival.answer.is_closed() => {
                    guarding.stock.waiting.push((until, arrival));
                }
                Judged::Unknown | Judged::Refused => drop(arrival.answer.send(None)),
            }
        }
    }

    fn admit_stock(&mut self, Arrival { handshake, from, answer, .. }: Arrival, item: InfoHash) {
        let Some(guarding) = &mut self.guarding else { return };
        let connection = guarding.next_connection();
        let (verdict, leash) = Leash::of_stock(connection, (handshake.peer_id, from), RIGHTS);
        let private = handshake.swarm;
        guarding.stock.clients.insert(connection, Client { private, ip: from, verdict });
        let admission = self.admission(item, Some(leash));
        // It knows the item by its private form alone.
        let admission = admission.map(|admission| Admission {
            ours: Ours { v1_form: Some(private), ..admission.ours },
            ..admission
        });
        drop(answer.send(admission));
    }
}
