//! Slots for connections. Each host has a share of them, and who is idle gives way to who comes.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use peerpool_catalogue::Budget;
use peerpool_wire::host::Host;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

use crate::{memory::Held, metrics::Level};

/// Most connections at once.
const MAX_CONNECTIONS: usize = 50_000;
/// Connections that a host may have even when others have most of the slots.
const MIN_SLOTS: usize = 16;
/// Open files that are kept for other things: the database, discovery, probes.
const OTHER_FILES: usize = 160;

/// The slots of a tracker. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    budget: Budget,
    /// Connections that wait for their client, those that have waited longest first.
    idle: BTreeMap<u64, Idle>,
    by_host: BTreeMap<Host, BTreeSet<u64>>,
    numbered: u64,
}

#[derive(Debug)]
struct Idle {
    host: Host,
    revoked: CancellationToken,
}

/// A slot that a connection has until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    host: Host,
    idle: Mutex<Option<u64>>,
    revoked: CancellationToken,
    /// Memory of the answer that it was given last.
    answer: Mutex<Option<Held>>,
}

impl Slots {
    /// As many as this process may have open files for, whose limit is raised as far as it may be.
    pub(crate) fn as_many_as_files() -> Self {
        let files = open_files().saturating_sub(OTHER_FILES).max(MIN_SLOTS);
        Self::new(files.min(MAX_CONNECTIONS))
    }

    /// So many slots.
    pub(crate) fn new(most: usize) -> Self {
        let state = State {
            budget: Budget::new(most, MIN_SLOTS),
            idle: BTreeMap::new(),
            by_host: BTreeMap::new(),
            numbered: 0,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A slot for a connection from there. When there is none, an idle connection gives way: one of the same host when that
    /// has its share, else one of the host that has most. `None` when nobody does.
    pub(crate) fn take(&self, ip: IpAddr) -> Option<Slot> {
        let host = Host::of(ip);
        let mut state = self.state();
        if !state.budget.take(host, 1) {
            let greediest = state.budget.greediest();
            let gives_way = [Some(host), greediest].into_iter().flatten().any(|of| {
                state.give_way(of) && {
                    // Its slot is free before it has noticed.
                    state.budget.take(host, 1)
                }
            });
            if !gives_way {
                return None;
            }
        }
        drop(state);
        Some(Slot {
            slots: self.clone(),
            host,
            idle: Mutex::new(None),
            revoked: CancellationToken::new(),
            answer: Mutex::new(None),
        })
    }

    /// How many slots are taken, and how many of them by idle connections.
    pub(crate) fn levels(&self) -> (Level, usize) {
        let state = self.state();
        (Level { used: state.budget.taken(), bound: state.budget.whole() }, state.idle.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked with it left a whole state behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn give_way(&mut self, host: Host) -> bool {
        let first = self.by_host.get(&host).and_then(|numbers| numbers.first().copied());
        let Some(idle) = first.and_then(|number| self.forget(number)) else {
            return false;
        };
        self.budget.give_back(host, 1);
        idle.revoked.cancel();
        true
    }

    fn forget(&mut self, number: u64) -> Option<Idle> {
        let idle = self.idle.remove(&number)?;
        if let Some(numbers) = self.by_host.get_mut(&idle.host) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_host.remove(&idle.host);
            }
        }
        Some(idle)
    }
}

impl Slot {
    /// Cancelled when somebody else needs the slot.
    pub(crate) fn revoked(&self) -> &CancellationToken {
        &self.revoked
    }

    /// The connection did something, and waits for its client from now on.
    pub(crate) fn note_idle(&self) {
        let mut own = own(&self.idle);
        let mut state = self.slots.state();
        if self.revoked.is_cancelled() {
            return;
        }
        if let Some(before) = *own {
            state.forget(before);
        }
        state.numbered += 1;
        let number = state.numbered;
        state.idle.insert(number, Idle { host: self.host, revoked: self.revoked.clone() });
        state.by_host.entry(self.host).or_default().insert(number);
        *own = Some(number);
    }

    /// The connection is a peer's session from now on, which has a lease of its own.
    pub(crate) fn note_session(&self) {
        if let Some(number) = own(&self.idle).take() {
            self.slots.state().forget(number);
        }
    }

    /// Holds the memory of an answer until the next one, or the end.
    pub(crate) fn hold(&self, answer: Held) {
        *own(&self.answer) = Some(answer);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.state();
        let number = own(&self.idle).take();
        let was_idle = number.and_then(|number| state.forget(number)).is_some();
        // A slot that was taken for somebody else is given back already.
        if was_idle || !self.revoked.is_cancelled() {
            state.budget.give_back(self.host, 1);
        }
    }
}

fn own<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many files this process may have open.
fn open_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // A limit that stays as it is leaves fewer places.
    let _ = setrlimit(Resource::Nofile, raised);
    let current = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(current).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn idle_connections_of_a_host_give_way_to_its_own_newcomers_and_then_to_others() {
        let slots = Slots::new(100);
        let held: Vec<Slot> = (0..50).map(|_| slots.take(ip(1)).unwrap()).collect();
        assert!(slots.take(ip(1)).is_none(), "half is for others, and nobody is idle");
        held[3].note_idle();
        held[4].note_idle();
        held[3].note_idle();
        let newcomer = slots.take(ip(1)).unwrap();
        assert!(held[4].revoked().is_cancelled() && !held[3].revoked().is_cancelled());
        let others: Vec<Slot> = (0..49).map(|nth| slots.take(ip(2 + nth)).unwrap()).collect();
        drop(held);
        drop(newcomer);
        assert_eq!(slots.state().budget.held(Host::of(ip(1))), 0);
        drop(others);
        assert!(slots.state().idle.is_empty() && slots.state().by_host.is_empty());
    }

    #[test]
    fn a_session_does_not_give_way() {
        let slots = Slots::new(100);
        let held: Vec<Slot> = (0..50).map(|_| slots.take(ip(1)).unwrap()).collect();
        for slot in &held {
            slot.note_idle();
            slot.note_session();
        }
        assert!(slots.take(ip(1)).is_none());
        assert!(slots.take(ip(2)).is_some());
    }
}
