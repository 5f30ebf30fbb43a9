//! What a connection has been worth so far.

use std::time::Duration;

use peerpool_wire::{geometry::BLOCK, time::Time};

/// What it gave and took. A claim counts for nothing here.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Since when it stands.
    pub(crate) since: Time,
    gave: Option<Time>,
    took: Option<Time>,
    /// Bytes taken that do not make up a block yet.
    taking: u64,
    /// Pieces with bytes of it that turned out right.
    pub(crate) good: u32,
    /// Nothing comes of it for now: it does not count as a neighbour.
    pub(crate) useless: bool,
}

impl Standing {
    pub(crate) fn new(now: Time) -> Self {
        Self { since: now, gave: None, took: None, taking: 0, good: 0, useless: false }
    }

    /// It gave bytes that were missing.
    pub(crate) fn gave(&mut self, now: Time) {
        self.gave = Some(now);
    }

    /// It took this many bytes. A drip does not count before a block is full, or `all` of what it asked for is there.
    pub(crate) fn took(&mut self, now: Time, bytes: u32, all: bool) {
        self.taking += u64::from(bytes);
        if self.taking >= u64::from(BLOCK) || all {
            self.taking = 0;
            self.took = Some(now);
        }
    }

    /// For how long it has stood.
    pub(crate) fn age(&self, now: Time) -> Duration {
        now.since(self.since)
    }

    /// For how long it has neither given nor taken.
    pub(crate) fn idle(&self, now: Time) -> Duration {
        now.since(self.since.max(self.gave.unwrap_or_default()).max(self.took.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_is_idleness() {
        let mut standing = Standing::new(Time::ZERO);
        for second in 1..16 {
            standing.took(Time::from_secs(second), 1024, false);
        }
        assert_eq!(standing.idle(Time::from_secs(15)), Duration::from_secs(15));
        standing.took(Time::from_secs(16), 1024, false);
        assert_eq!(standing.idle(Time::from_secs(16)), Duration::ZERO);
        standing.took(Time::from_secs(17), 5, true);
        assert_eq!(standing.idle(Time::from_secs(18)), Duration::from_secs(1));
    }
}
