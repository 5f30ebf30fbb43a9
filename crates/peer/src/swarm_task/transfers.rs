//! What passes between this peer and others in one swarm of a pool for members.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::credentials::OtherEnd;

/// How often it is told.
const EVERY: Duration = Duration::from_secs(60);

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

/// Sums, bounded.
#[derive(Debug)]
pub(crate) struct Sums<K>(BTreeMap<K, Passed>);

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Sums<K> {
    const MOST: usize = 10_000;
    /// Stock clients call themselves what they like: they are to leave members their room.
    const MOST_WITH_STOCK: usize = 1000;

    pub(crate) fn add(&mut self, key: K, other: &OtherEnd, passed: Passed) {
        let most = match other {
            OtherEnd::Member(_) => Self::MOST,
            OtherEnd::Stock { .. } => Self::MOST_WITH_STOCK,
        };
        if self.0.len() < most || self.0.contains_key(&key) {
            self.0.entry(key).or_default().add(passed);
        }
    }

    /// So many of them at most.
    pub(crate) fn take(&mut self, most: usize) -> Vec<(K, Passed)> {
        std::iter::from_fn(|| self.0.pop_first()).take(most).collect()
    }
}

/// Sums since they were told last.
#[derive(Debug)]
pub(super) struct Transfers {
    of: Sums<OtherEnd>,
    told: Instant,
}

impl Transfers {
    pub(super) fn new(now: Instant) -> Self {
        Self { of: Sums::default(), told: now }
    }

    pub(super) fn count(&mut self, other: OtherEnd, passed: Passed) {
        self.of.add(other, &other, passed);
    }

    /// What is to be told by now; nothing when it was not long ago.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(OtherEnd, Passed)> {
        if now.saturating_duration_since(self.told) < EVERY {
            return Vec::new();
        }
        self.told = now;
        self.take()
    }

    /// All that was not told yet.
    pub(super) fn take(&mut self) -> Vec<(OtherEnd, Passed)> {
        self.of.take(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use peerpool_access::key::PublicKey;
    use peerpool_wire::id::PeerId;

    use super::*;

    #[test]
    fn what_passed_is_told_each_minute_as_a_sum() {
        let begun = Instant::now();
        let (mut transfers, key) = (Transfers::new(begun), OtherEnd::Member(PublicKey([1; 32])));
        transfers.count(key, Passed { fetched: 1, given: 0 });
        transfers.count(key, Passed { fetched: 2, given: 3 });
        assert_eq!(transfers.due(begun + EVERY / 2), []);
        assert_eq!(transfers.due(begun + EVERY), [(key, Passed { fetched: 3, given: 3 })]);
        assert_eq!(transfers.due(begun + 2 * EVERY), []);
    }

    #[test]
    fn stock_clients_of_many_names_leave_members_their_room() {
        let mut sums = Sums::default();
        for name in 0..20_000u32 {
            let mut peer_id = [0; 20];
            peer_id[..4].copy_from_slice(&name.to_be_bytes());
            let stock = OtherEnd::Stock { peer_id: PeerId(peer_id), ip: [127, 0, 0, 1].into() };
            sums.add(stock, &stock, Passed { fetched: 0, given: 1 });
        }
        let member = OtherEnd::Member(PublicKey([1; 32]));
        sums.add(member, &member, Passed { fetched: 0, given: 1 });
        let told = sums.take(usize::MAX);
        assert_eq!(told.len(), Sums::<OtherEnd>::MOST_WITH_STOCK + 1);
        assert_eq!(told[0].0, member);
    }
}
