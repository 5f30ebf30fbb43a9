//! Who may move payload next, and when: the limits of one direction. It reads no clock and moves nothing.
//!
//! An ask is granted when the limit of all, that of its item and that of its peer owe nothing. Among those that
//! have, it is the turn of the item that was served least (start-time fair queueing: an item's virtual time moves on by
//! the bytes that it is granted, the slower the higher its priority, and one that was idle takes the place of those that
//! are served now), and within the item that of the peer served least. So items share a limit evenly, however many
//! connections each of them has. A peer whose own limit several items want serves each of them now and then, also one that
//! other peers serve well: for an ask that was passed over too often, it waits until that one's item may, too.

use std::collections::{BTreeMap, VecDeque};

use peerpool_api::Priority;
use peerpool_wire::{
    id::{InfoHash, PeerId},
    time::Time,
};

use super::bucket::Bucket;

/// Bytes a second; none where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Of everything together.
    pub(crate) all: Option<u64>,
    /// Of each item.
    pub(crate) item: Option<u64>,
    /// Of each peer.
    pub(crate) peer: Option<u64>,
}

impl Rates {
    /// Whether anything is limited.
    pub(crate) fn limit_something(&self) -> bool {
        *self != Self::default()
    }
}

/// Whose payload it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) item: InfoHash,
    pub(crate) peer: PeerId,
    /// How the item counts beside others.
    pub(crate) priority: Priority,
}

/// How many times its bytes a peer with a limit of its own moves for other items, until it is the turn of an ask that waits
/// for that peer.
const MAX_PASSED: u64 = 8;

/// How fast an item's virtual time passes while it is served: the faster, the less it gets.
fn pace(priority: Priority) -> u64 {
    match priority {
        Priority::First => 1,
        Priority::High => 16,
        Priority::Normal => 64,
        Priority::Low => 256,
    }
}

/// What happens next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn<G> {
    /// So many bytes may be moved now.
    Now { who: Who, bytes: u32, grant: G },
    /// Not before then, unless somebody asks.
    At(Time),
    /// Nobody waits.
    Idle,
}

/// Those that wait, and what they may have. `G` is what the driver grants by.
#[derive(Debug)]
pub(crate) struct Pacer<G> {
    rates: Rates,
    all: Option<Bucket>,
    items: BTreeMap<InfoHash, Item<G>>,
    /// Limits of peers, over all items.
    peers: BTreeMap<PeerId, Bucket>,
    /// The virtual time of what was granted last.
    served: u64,
    /// How many asks there have been.
    asked: u64,
}

/// An item that has turns among items, and gives them to its peers.
#[derive(Debug)]
struct Item<G> {
    bucket: Option<Bucket>,
    priority: Priority,
    /// The virtual time at which what it was granted ends.
    end: u64,
    peers: BTreeMap<PeerId, Queue<G>>,
    /// The virtual time, among its peers, of what was granted last.
    served: u64,
}

/// What a peer asks for of one item.
#[derive(Debug)]
struct Queue<G> {
    end: u64,
    asks: VecDeque<Ask<G>>,
    /// Bytes of the peer's limit that went to other items while this one waited.
    passed: u64,
}

#[derive(Debug)]
struct Ask<G> {
    bytes: u32,
    /// Counts up.
    number: u64,
    grant: G,
}

/// Whose turn it may be: first those that were passed over too often, then by the virtual time at which the turn begins, then
/// by the number of the ask. Those that a limit of their own holds up begin at the time of the others, all alike; then whoever
/// waits longest goes first.
type Rank = (bool, u64, u64);

/// Whose turn has come, and the virtual times at which it begins: among items, and among the item's peers.
#[derive(Clone, Copy, Debug)]
struct Turned {
    who: Who,
    starts: (u64, u64),
}

impl<G> Queue<G> {
    /// Whether other items had enough of this peer.
    fn was_passed(&self) -> bool {
        let first = self.asks.front().map_or(0, |ask| u64::from(ask.bytes));
        self.passed >= MAX_PASSED * first.max(1)
    }
}

impl<G> Pacer<G> {
    pub(crate) fn new(rates: Rates, now: Time) -> Self {
        let mut pacer = Self {
            rates: Rates::default(),
            all: None,
            items: BTreeMap::new(),
            peers: BTreeMap::new(),
            served: 0,
            asked: 0,
        };
        pacer.set_rates(rates, now);
        pacer
    }

    /// Limits change; those that wait go on waiting under the new ones.
    pub(crate) fn set_rates(&mut self, rates: Rates, now: Time) {
        self.rates = rates;
        set(&mut self.all, rates.all, now);
        self.items.values_mut().for_each(|item| set(&mut item.bucket, rates.item, now));
        match rates.peer {
            None => self.peers.clear(),
            Some(rate) => self.peers.values_mut().for_each(|bucket| bucket.set_rate(rate, now)),
        }
    }

    /// Somebody wants to move so many bytes.
    pub(crate) fn ask(&mut self, who: Who, bytes: u32, grant: G, now: Time) {
        let (rates, served) = (self.rates, self.served);
        let item = self.items.entry(who.item).or_insert_with(|| Item {
            bucket: rates.item.map(|rate| Bucket::new(rate, now)),
            priority: who.priority,
            end: served,
            peers: BTreeMap::new(),
            served: 0,
        });
        item.priority = who.priority;
        let new = || Queue { end: item.served, asks: VecDeque::new(), passed: 0 };
        item.peers.entry(who.peer).or_insert_with(new).asks.push_back(Ask {
            bytes,
            number: self.asked,
            grant,
        });
        self.asked += 1;
        if let Some(rate) = rates.peer {
            self.peers.entry(who.peer).or_insert_with(|| Bucket::new(rate, now));
        }
    }

    /// Whose turn it is, or when it is somebody's. To be asked until nobody's turn has come.
    pub(crate) fn next(&mut self, now: Time) -> Turn<G> {
        let mut soonest: Option<Time> = None;
        let mut first: Option<(Rank, Turned)> = None;
        let reserved = self.reserved();
        for (hash, item) in &self.items {
            let of_item = [self.all.as_ref(), item.bucket.as_ref()];
            let mut first_peer: Option<(Rank, u64, PeerId)> = None;
            for (peer, queue) in &item.peers {
                let Some(ask) = queue.asks.front() else { continue };
                if reserved.get(peer).is_some_and(|number| *number != ask.number) {
                    continue;
                }
                let limits = of_item.into_iter().chain([self.peers.get(peer)]).flatten();
                let ready = limits.map(|bucket| bucket.ready_at(now)).fold(now, Time::max);
                let start = queue.end.max(item.served);
                let rank = (!queue.was_passed(), start, ask.number);
                if ready > now {
                    soonest = Some(soonest.map_or(ready, |soonest| soonest.min(ready)));
                } else if first_peer.is_none_or(|(best, ..)| rank < best) {
                    first_peer = Some((rank, start, *peer));
                }
            }
            let Some(((in_order, _, number), start, peer)) = first_peer else { continue };
            let starts = (item.end.max(self.served), start);
            let rank = (in_order, starts.0, number);
            if first.as_ref().is_none_or(|(best, _)| rank < *best) {
                let who = Who { item: *hash, peer, priority: item.priority };
                first = Some((rank, Turned { who, starts }));
            }
        }
        let granted = first.and_then(|(_, turned)| self.grant(&turned, now));
        match (granted, soonest) {
            (Some(granted), _) => granted,
            (None, Some(at)) => Turn::At(at),
            (None, None) => Turn::Idle,
        }
    }

    /// Peers whose limit is kept for an ask that was passed over too often, by the number of that ask. Else the limit of its
    /// item might be used up whenever that of its peer is not, and the other way round.
    fn reserved(&self) -> BTreeMap<PeerId, u64> {
        let mut reserved = BTreeMap::new();
        if !self.peers.is_empty() {
            for (peer, queue) in
                self.items.values().flat_map(|item| &item.peers).filter(|(_, queue)| queue.was_passed())
            {
                if let Some(ask) = queue.asks.front() {
                    let number = reserved.entry(*peer).or_insert(ask.number);
                    *number = ask.number.min(*number);
                }
            }
        }
        reserved
    }

    fn grant(&mut self, turned: &Turned, now: Time) -> Option<Turn<G>> {
        let Turned { who, starts } = *turned;
        let item = self.items.get_mut(&who.item)?;
        let queue = item.peers.get_mut(&who.peer)?;
        let in_order = !queue.was_passed();
        let Ask { bytes, grant, .. } = queue.asks.pop_front()?;
        let of_peer = self.peers.get_mut(&who.peer);
        for bucket in [self.all.as_mut(), item.bucket.as_mut(), of_peer].into_iter().flatten() {
            bucket.spend(bytes, now);
        }
        item.served = starts.1;
        // A turn out of order is not the item's: its other peers lose nothing by it.
        if in_order {
            self.served = starts.0;
            item.end = starts.0 + u64::from(bytes) * pace(item.priority);
        }
        queue.end = starts.1 + u64::from(bytes);
        queue.passed = 0;
        if self.peers.contains_key(&who.peer) {
            let others = self.items.iter_mut().filter(|(hash, _)| **hash != who.item);
            let waiting = others.filter_map(|(_, item)| item.peers.get_mut(&who.peer));
            waiting.filter(|queue| !queue.asks.is_empty()).for_each(|queue| queue.passed += u64::from(bytes));
        }
        Some(Turn::Now { who, bytes, grant })
    }

    /// What was granted is not moved: whoever asked has gone.
    pub(crate) fn give_back(&mut self, who: &Who, bytes: u32) {
        let of_item = self.items.get_mut(&who.item).and_then(|item| item.bucket.as_mut());
        for bucket in [self.all.as_mut(), of_item, self.peers.get_mut(&who.peer)].into_iter().flatten() {
            bucket.give_back(bytes);
        }
    }

    /// Forgets those of whom nothing need be known: to be called now and then.
    pub(crate) fn forget_idle(&mut self, now: Time) {
        let served = self.served;
        self.items.retain(|_, item| {
            let of_peers = item.served;
            item.peers.retain(|_, queue| !queue.asks.is_empty() || queue.end > of_peers);
            let full = item.bucket.as_ref().is_none_or(|bucket| bucket.is_full(now));
            let waits = item.peers.values().any(|queue| !queue.asks.is_empty());
            waits || item.end > served || !full
        });
        let items = &self.items;
        self.peers.retain(|peer, bucket| {
            !bucket.is_full(now) || items.values().any(|item| item.peers.contains_key(peer))
        });
    }
}

fn set(bucket: &mut Option<Bucket>, rate: Option<u64>, now: Time) {
    match (&mut *bucket, rate) {
        (Some(bucket), Some(rate)) => bucket.set_rate(rate, now),
        (None, Some(rate)) => *bucket = Some(Bucket::new(rate, now)),
        (_, None) => *bucket = None,
    }
}

#[cfg(test)]
mod tests;
