//! Memory for what has come in part and for answers that wait to be sent: each host has a share. Who does not get on gives
//! way to others of its host.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use peerpool_catalogue::Budget;
use peerpool_wire::host::Host;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::metrics::Level;

/// Bytes of messages on their way, in and out, of all connections.
const WHOLE: usize = 192 << 20;
/// Bytes that a host may hold even when others hold most of the memory.
const MIN_BYTES: usize = 256 << 10;
/// Who holds so little need not give way, and who wants so little need not wait for those who get on slowly.
const SMALL: usize = 64 << 10;
/// Who has not got on for so long gives way.
const PATIENCE: Duration = Duration::from_secs(3);

/// The memory of all connections. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct MessageMemory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    budget: Budget,
    /// Those who give way, by host, the first who came first.
    holders: BTreeMap<(Host, u64), Holder>,
    numbered: u64,
}

#[derive(Debug)]
struct Holder {
    bytes: usize,
    since: Instant,
    moved: Instant,
    notice: CancellationToken,
}

impl Default for MessageMemory {
    fn default() -> Self {
        let state = State { budget: Budget::new(WHOLE, MIN_BYTES), holders: BTreeMap::new(), numbered: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

impl MessageMemory {
    /// Nothing yet, for a connection of this host.
    pub(crate) fn of(&self, ip: IpAddr) -> Held {
        Held { memory: self.clone(), host: Host::of(ip), bytes: 0, number: None }
    }

    /// How much of it is held.
    pub(crate) fn level(&self) -> Level {
        let state = self.state();
        Level { used: state.budget.taken(), bound: state.budget.whole() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked with it left whole numbers behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes so much more for a host; others of it give way as far as they have to.
    fn take(&mut self, host: Host, more: usize, own: Option<u64>) -> bool {
        while !self.budget.take(host, more) {
            let now = Instant::now();
            let gives_way = |entry: &(&(Host, u64), &Holder)| {
                let (&(_, number), holder) = *entry;
                let stuck = if more <= SMALL { holder.since } else { holder.moved };
                Some(number) != own && holder.bytes > SMALL && now - stuck >= PATIENCE
            };
            let first = self.holders.range((host, 0)..=(host, u64::MAX)).find(gives_way).map(|(&key, _)| key);
            let Some(holder) = first.and_then(|key| self.holders.remove(&key)) else {
                return false;
            };
            self.budget.give_back(host, holder.bytes);
            holder.notice.cancel();
        }
        true
    }
}

/// Memory that one connection holds; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    memory: MessageMemory,
    host: Host,
    bytes: usize,
    /// Its number among those who give way.
    number: Option<u64>,
}

/// The connections of a host hold as much memory as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("messages of this address that are not whole, or not read, take as much memory as they may")]
pub(crate) struct NoMemory;

impl Held {
    /// Gives way to others of its host when it does not get on; `notice` is cancelled then, and the memory must be given up.
    pub(crate) fn gives_way(mut self, notice: CancellationToken) -> Self {
        let mut state = self.memory.state();
        state.numbered += 1;
        let (number, now) = (state.numbered, Instant::now());
        state
            .holders
            .insert((self.host, number), Holder { bytes: self.bytes, since: now, moved: now, notice });
        drop(state);
        self.number = Some(number);
        self
    }

    /// Holds so much from now on, more or less than before.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<(), NoMemory> {
        if bytes == self.bytes {
            return Ok(());
        }
        let mut state = self.memory.state();
        let key = self.number.map(|number| (self.host, number));
        if key.is_some_and(|key| !state.holders.contains_key(&key)) {
            // It gave way, and what it held is others' already.
            self.bytes = 0;
            return Err(NoMemory);
        }
        if bytes > self.bytes {
            if !state.take(self.host, bytes - self.bytes, self.number) {
                return Err(NoMemory);
            }
        } else {
            state.budget.give_back(self.host, self.bytes - bytes);
        }
        if let Some(holder) = key.and_then(|key| state.holders.get_mut(&key)) {
            let now = Instant::now();
            if holder.bytes <= SMALL {
                holder.since = now;
            }
            (holder.bytes, holder.moved) = (bytes, now);
        }
        self.bytes = bytes;
        Ok(())
    }

    /// It got on.
    pub(crate) fn moved(&self) {
        let key = self.number.map(|number| (self.host, number));
        let mut state = self.memory.state();
        if let Some(holder) = key.and_then(|key| state.holders.get_mut(&key)) {
            holder.moved = Instant::now();
        }
    }

    /// Another piece of memory for the same host.
    pub(crate) fn another(&self, bytes: usize) -> Result<Self, NoMemory> {
        let mut other = Self { memory: self.memory.clone(), host: self.host, bytes: 0, number: None };
        other.set(bytes)?;
        Ok(other)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.memory.state();
        let gave_way = self.number.is_some_and(|number| state.holders.remove(&(self.host, number)).is_none());
        if !gave_way {
            state.budget.give_back(self.host, self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_memory_is_free_for_others() {
        let memory = MessageMemory::default();
        let mut own = memory.of([10, 0, 0, 1].into());
        own.set(WHOLE / 2).unwrap();
        assert_eq!(own.set(WHOLE / 2 + 1), Err(NoMemory));
        assert!(own.another(1).is_err());
        assert!(memory.of([10, 0, 0, 2].into()).set(1000).is_ok());
        drop(own);
        assert!(memory.of([10, 0, 0, 1].into()).set(WHOLE / 2).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stuck_connection_gives_way_to_others_of_its_host() {
        let memory = MessageMemory::default();
        let ip = IpAddr::from([10, 0, 0, 1]);
        let (slow, stuck) = (CancellationToken::new(), CancellationToken::new());
        let mut first = memory.of(ip).gives_way(slow.clone());
        let mut second = memory.of(ip).gives_way(stuck.clone());
        first.set(WHOLE / 4).unwrap();
        second.set(WHOLE / 4).unwrap();
        assert!(memory.of(ip).set(1000).is_err(), "they have just come");
        tokio::time::sleep(PATIENCE).await;
        first.moved();
        memory.of(ip).set(1 << 20).unwrap();
        assert!(stuck.is_cancelled() && !slow.is_cancelled());
        assert_eq!(second.set(1), Err(NoMemory));
        drop(second);
        let mut other = memory.of(ip);
        other.set(WHOLE / 4).unwrap();
        // For a short answer also who gets on slowly gives way.
        memory.of(ip).set(1000).unwrap();
        assert!(slow.is_cancelled());
        drop((first, other));
        assert!(memory.state().holders.is_empty());
        assert_eq!(memory.state().budget.held(Host::of(ip)), 0);
    }
}
