//! One direction of a link: a rate, and a queue in front of it.

use std::time::Duration;

use peerpool_wire::time::Time;

/// A pipe of constant rate that serves first come, first served.
///
/// It keeps no bytes: it only says when they are through. Times are kept in nanoseconds inside, so that
/// many short messages do not add up to rounding errors.
#[derive(Clone, Debug)]
pub struct Pipe {
    bytes_per_sec: u64,
    /// Longest wait in the queue before senders are told to slow down.
    patience: Duration,
    free: u64,
    busy: u64,
}

/// When bytes are through a [`Pipe`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passage {
    /// When the last of them is through.
    pub done: Time,
    /// Whether the queue was so long that a real one would have dropped packets.
    pub congested: bool,
}

impl Pipe {
    /// A pipe of that rate (at least 1 byte a second), idle so far.
    pub fn new(bytes_per_sec: u64, patience: Duration) -> Self {
        Self { bytes_per_sec: bytes_per_sec.max(1), patience, free: 0, busy: 0 }
    }

    /// Serves `bytes` that stand complete at its far end at `at` if nothing is before them: what comes over a
    /// slower link is passed on while it arrives. For use at the receiver's end.
    pub fn pass_while_arriving(&mut self, at: Time, bytes: u32) -> Passage {
        let cost = self.cost(bytes);
        let at = at.as_micros() * 1000;
        self.take(at.saturating_sub(cost), at, cost)
    }

    /// Serves `bytes` that wait complete in front of it at `at`.
    pub fn pass(&mut self, at: Time, bytes: u32) -> Passage {
        let at = at.as_micros() * 1000;
        self.take(at, at, self.cost(bytes))
    }

    fn take(&mut self, begin: u64, at: u64, cost: u64) -> Passage {
        let wait = self.free.saturating_sub(at);
        self.free = self.free.max(begin) + cost;
        self.busy += cost;
        Passage {
            done: Time::from_micros(self.free.div_ceil(1000)),
            congested: u128::from(wait) > self.patience.as_nanos(),
        }
    }

    /// When it has served everything that it was given.
    pub fn free_at(&self) -> Time {
        Time::from_micros(self.free.div_ceil(1000))
    }

    /// How long it was busy so far.
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy)
    }

    /// Nanoseconds that so many bytes take.
    fn cost(&self, bytes: u32) -> u64 {
        u64::from(bytes) * 1_000_000_000 / self.bytes_per_sec
    }
}
