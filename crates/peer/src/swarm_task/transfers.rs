//! What passes between this peer and other members in one swarm.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use peerpool_access::key::PublicKey;

/// How often it is told.
const EVERY: Duration = Duration::from_secs(60);
/// Members that are counted in that time.
const MAX_MEMBERS: usize = 10_000;

/// Payload bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) fetched: u64,
    pub(crate) given: u64,
}

impl Passed {
    pub(crate) fn add(&mut self, more: Self) {
        self.fetched = self.fetched.saturating_add(more.fetched);
        self.given = self.given.saturating_add(more.given);
    }
}

/// Sums since they were told last.
#[derive(Debug)]
pub(super) struct Transfers {
    of: BTreeMap<PublicKey, Passed>,
    told: Instant,
}

impl Transfers {
    pub(super) fn new(now: Instant) -> Self {
        Self { of: BTreeMap::new(), told: now }
    }

    pub(super) fn count(&mut self, key: PublicKey, passed: Passed) {
        if self.of.len() < MAX_MEMBERS || self.of.contains_key(&key) {
            self.of.entry(key).or_default().add(passed);
        }
    }

    /// What is to be told by now; nothing when it was not long ago.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(PublicKey, Passed)> {
        if now.saturating_duration_since(self.told) < EVERY {
            return Vec::new();
        }
        self.told = now;
        self.take()
    }

    /// All that was not told yet.
    pub(super) fn take(&mut self) -> Vec<(PublicKey, Passed)> {
        std::mem::take(&mut self.of).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passed_is_told_each_minute_as_a_sum() {
        let begun = Instant::now();
        let (mut transfers, key) = (Transfers::new(begun), PublicKey([1; 32]));
        transfers.count(key, Passed { fetched: 1, given: 0 });
        transfers.count(key, Passed { fetched: 2, given: 3 });
        assert_eq!(transfers.due(begun + EVERY / 2), []);
        assert_eq!(transfers.due(begun + EVERY), [(key, Passed { fetched: 3, given: 3 })]);
        assert_eq!(transfers.due(begun + 2 * EVERY), []);
    }
}
