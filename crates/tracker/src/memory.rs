//! Memory for what has come in part and for answers that wait to be sent: each host has a share.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use peerpool_catalogue::{Budget, Host};

/// Bytes of messages on their way, in and out, of all connections.
const WHOLE: usize = 192 << 20;
/// Bytes that a host may hold even when others hold most of the memory.
const LEAST: usize = 256 << 10;

/// The memory of all connections. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct MessageMemory {
    budget: Arc<Mutex<Budget>>,
}

impl Default for MessageMemory {
    fn default() -> Self {
        Self { budget: Arc::new(Mutex::new(Budget::new(WHOLE, LEAST))) }
    }
}

impl MessageMemory {
    /// Nothing yet, for a connection of this host.
    pub(crate) fn of(&self, ip: IpAddr) -> Held {
        Held { memory: self.clone(), host: Host::of(ip), bytes: 0 }
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        // Whoever panicked with it left whole numbers behind.
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory that one connection holds; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    memory: MessageMemory,
    host: Host,
    bytes: usize,
}

/// The connections of a host hold as much memory as they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("messages of this address that are not whole, or not read, take as much memory as they may")]
pub(crate) struct NoMemory;

impl Held {
    /// Holds so much from now on, more or less than before.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<(), NoMemory> {
        if bytes == self.bytes {
            return Ok(());
        }
        let mut budget = self.memory.budget();
        if bytes > self.bytes {
            if !budget.take(self.host, bytes - self.bytes) {
                return Err(NoMemory);
            }
        } else {
            budget.give_back(self.host, self.bytes - bytes);
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Another piece of memory for the same host.
    pub(crate) fn another(&self, bytes: usize) -> Result<Self, NoMemory> {
        let mut other = Self { memory: self.memory.clone(), host: self.host, bytes: 0 };
        other.set(bytes)?;
        Ok(other)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.budget().give_back(self.host, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_there_for_others() {
        let memory = MessageMemory::default();
        let mut own = memory.of([10, 0, 0, 1].into());
        own.set(WHOLE / 2).unwrap();
        assert_eq!(own.set(WHOLE / 2 + 1), Err(NoMemory));
        assert!(own.another(1).is_err());
        assert!(memory.of([10, 0, 0, 2].into()).set(1000).is_ok());
        drop(own);
        assert!(memory.of([10, 0, 0, 1].into()).set(WHOLE / 2).is_ok());
    }
}
