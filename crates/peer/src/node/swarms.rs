//! The running swarms, and what those that ended came to.

use std::{collections::BTreeMap, sync::Arc};

use peerpool_swarm::Command;
use peerpool_wire::{bitfield::Bitfield, id::InfoHash};
use tokio::sync::{mpsc, oneshot, watch};

use super::downloads::Moved;
use crate::swarm_task::{Order, Progress, SourceProgress, SwarmHandle};

/// The swarms of a peer. One that has ended may stand here until the node hears of it.
#[derive(Debug, Default)]
pub(super) struct Swarms {
    running: BTreeMap<InfoHash, SwarmHandle>,
    /// Payload given by swarms that ended, by item.
    given: BTreeMap<InfoHash, u64>,
    /// Payload fetched by swarms that ended.
    fetched: u64,
    /// How many clients watch single pieces.
    tracers: usize,
}

/// What all swarms come to.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) connections: u32,
    pub(super) rate_down: u64,
    pub(super) rate_up: u64,
    pub(super) downloaded: u64,
    pub(super) uploaded: u64,
}

/// Who takes an item.
#[derive(Debug, Default)]
pub(super) struct Taking {
    pub(super) takers: u32,
    pub(super) rate_up: u64,
}

impl Swarms {
    pub(super) fn insert(&mut self, item: InfoHash, swarm: SwarmHandle) {
        self.running.insert(item, swarm);
    }

    /// Forgets a swarm. Returns what it came to.
    pub(super) fn remove(&mut self, item: &InfoHash) -> Option<Progress> {
        self.running.remove(item).map(|swarm| swarm.progress.borrow().clone())
    }

    /// The same, unless another swarm has taken its place.
    pub(super) fn remove_ended(&mut self, item: &InfoHash) -> Option<Progress> {
        match self.has(item) && !self.runs(item) {
            true => self.remove(item),
            false => None,
        }
    }

    pub(super) fn has(&self, item: &InfoHash) -> bool {
        self.running.contains_key(item)
    }

    /// Whether it takes orders.
    pub(super) fn runs(&self, item: &InfoHash) -> bool {
        self.running.get(item).is_some_and(|swarm| !swarm.orders.is_closed())
    }

    /// Where a swarm takes orders.
    pub(super) fn orders_of(&self, item: &InfoHash) -> Option<mpsc::Sender<Order>> {
        self.running.get(item).map(|swarm| swarm.orders.clone())
    }

    /// Gives an order to a swarm, if it runs.
    pub(super) fn order(&self, item: &InfoHash, order: Order) {
        if let Some(swarm) = self.running.get(item) {
            swarm.order(order);
        }
    }

    /// Has a swarm end.
    pub(super) fn stop(&self, item: &InfoHash) {
        let (stopped, _) = oneshot::channel();
        self.order(item, Order::Stop(stopped));
    }

    /// Has all of them end. The receivers hear when nothing more is written.
    pub(super) fn stop_all(&self) -> Vec<oneshot::Receiver<()>> {
        let stop = |swarm: &SwarmHandle| {
            let (stopped, hears) = oneshot::channel();
            swarm.order(Order::Stop(stopped));
            hears
        };
        self.running.values().map(stop).collect()
    }

    /// One more client that watches single pieces, or one less.
    pub(super) fn trace(&mut self, more: bool) {
        let before = self.is_traced();
        self.tracers = match more {
            true => self.tracers + 1,
            false => self.tracers.saturating_sub(1),
        };
        let now = self.is_traced();
        if before != now {
            for swarm in self.running.values() {
                swarm.order(Order::Command(Command::Trace(now)));
            }
        }
    }

    /// Whether somebody watches single pieces.
    pub(super) fn is_traced(&self) -> bool {
        self.tracers > 0
    }

    pub(super) fn progress(&self, item: &InfoHash) -> Progress {
        match self.running.get(item) {
            Some(swarm) => swarm.progress.borrow().clone(),
            None => Progress::default(),
        }
    }

    /// How a running swarm gets on.
    pub(super) fn watch(&self, item: &InfoHash) -> Option<watch::Receiver<Progress>> {
        self.running.get(item).map(|swarm| swarm.progress.clone())
    }

    /// The verified pieces, as the swarm counts them.
    pub(super) fn have(&self, item: &InfoHash) -> Option<Arc<Bitfield>> {
        self.running.get(item)?.progress.borrow().have.clone()
    }

    /// How many they are.
    pub(super) fn pieces(&self, item: &InfoHash) -> Option<u32> {
        self.running.get(item)?.progress.borrow().have.as_ref().map(|have| have.count())
    }

    /// What moved in the run of a swarm.
    pub(super) fn moved(&self, item: &InfoHash) -> Moved {
        self.running.get(item).map_or_else(Moved::default, |swarm| {
            let progress = swarm.progress.borrow();
            Moved {
                received: progress.stats.received,
                given: progress.given,
                connected: progress.sources.iter().any(|source| source.connected),
            }
        })
    }

    /// Whether a source of a swarm is such a one.
    pub(super) fn any_source(&self, item: &InfoHash, is: impl Fn(&SourceProgress) -> bool) -> bool {
        self.running.get(item).is_some_and(|swarm| swarm.progress.borrow().sources.iter().any(is))
    }

    /// How many connected peers took some of an item, and what goes to them.
    pub(super) fn taking(&self, item: &InfoHash) -> Taking {
        let Some(swarm) = self.running.get(item) else { return Taking::default() };
        let progress = swarm.progress.borrow();
        let takers = progress.sources.iter().filter(|source| source.connected && source.sent > 0).count();
        Taking { takers: takers as u32, rate_up: progress.rate_up }
    }

    /// Counts what a swarm that ended received and gave.
    pub(super) fn count(&mut self, item: InfoHash, received: u64, given: u64) {
        *self.given.entry(item).or_default() += given;
        self.fetched += received;
    }

    /// Payload bytes of an item given so far.
    pub(super) fn uploaded(&self, item: &InfoHash) -> u64 {
        let running = self.running.get(item).map_or(0, |swarm| swarm.progress.borrow().given);
        self.given.get(item).copied().unwrap_or(0) + running
    }

    pub(super) fn totals(&self) -> Totals {
        let ended =
            Totals { downloaded: self.fetched, uploaded: self.given.values().sum(), ..Totals::default() };
        self.running.values().fold(ended, |totals, swarm| {
            let progress = swarm.progress.borrow();
            Totals {
                connections: totals.connections + progress.stats.connections as u32,
                rate_down: totals.rate_down + progress.rate_down,
                rate_up: totals.rate_up + progress.rate_up,
                downloaded: totals.downloaded + progress.stats.received,
                uploaded: totals.uploaded + progress.given,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerpool_wire::id::Sha256Hash;

    const ITEM: InfoHash = InfoHash::v2_only(Sha256Hash([1; 32]));

    /// A swarm that has given so much, and what its task holds.
    fn swarm(given: u64) -> (SwarmHandle, mpsc::Receiver<Order>) {
        let (orders, inbox) = mpsc::channel(8);
        let (_, progress) = watch::channel(Progress { given, ..Progress::default() });
        (SwarmHandle { orders, progress }, inbox)
    }

    #[test]
    fn a_swarm_that_took_the_place_of_one_that_ended_is_kept() {
        let mut swarms = Swarms::default();
        let (first, inbox) = swarm(5);
        swarms.insert(ITEM, first);
        drop(inbox);
        assert!(swarms.has(&ITEM) && !swarms.runs(&ITEM));
        let (second, _inbox) = swarm(7);
        swarms.insert(ITEM, second);

        assert!(swarms.remove_ended(&ITEM).is_none());
        swarms.count(ITEM, 0, 5);

        assert!(swarms.runs(&ITEM));
        assert_eq!((swarms.uploaded(&ITEM), swarms.totals().uploaded), (12, 12));
    }

    #[test]
    fn pieces_are_traced_while_anybody_watches() {
        let mut swarms = Swarms::default();
        let (handle, mut inbox) = swarm(0);
        swarms.insert(ITEM, handle);
        for more in [true, true, false, false] {
            swarms.trace(more);
        }
        let mut orders = std::iter::from_fn(|| inbox.try_recv().ok());
        assert!(matches!(orders.next(), Some(Order::Command(Command::Trace(true)))));
        assert!(matches!(orders.next(), Some(Order::Command(Command::Trace(false)))));
        assert!(orders.next().is_none());
    }
}
