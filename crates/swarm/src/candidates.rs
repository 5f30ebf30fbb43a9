//! Peers that we know of and are not connected to.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use peerpool_wire::time::Time;

/// Most addresses remembered.
const MOST: usize = 2000;
/// First pause after a failed attempt; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Attempts in vain until an address is forgotten.
const ATTEMPTS: u32 = 6;

#[derive(Debug, Clone, Copy)]
struct Candidate {
    order: u64,
    not_before: Time,
    failures: u32,
    busy: bool,
}

/// Addresses to connect to, oldest first, with a pause after each failure.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    known: BTreeMap<SocketAddr, Candidate>,
    told: u64,
}

impl Candidates {
    /// Somebody told of an address.
    pub(crate) fn add(&mut self, addr: SocketAddr) {
        if addr.port() == 0
            || addr.ip().is_unspecified()
            || addr.ip().is_multicast()
            || self.known.len() >= MOST
        {
            return;
        }
        self.told += 1;
        let fresh = Candidate { order: self.told, not_before: Time::ZERO, failures: 0, busy: false };
        self.known.entry(addr).or_insert(fresh);
    }

    /// The address to try now, marked as busy.
    pub(crate) fn take(&mut self, now: Time) -> Option<SocketAddr> {
        let (addr, candidate) = self
            .known
            .iter_mut()
            .filter(|(_, candidate)| !candidate.busy && candidate.not_before <= now)
            .min_by_key(|(_, candidate)| (candidate.failures, candidate.order))?;
        candidate.busy = true;
        Some(*addr)
    }

    /// When the next address may be tried.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.known.values().filter(|candidate| !candidate.busy).map(|candidate| candidate.not_before).min()
    }

    /// The attempt failed.
    pub(crate) fn failed(&mut self, now: Time, addr: SocketAddr) {
        let Some(candidate) = self.known.get_mut(&addr) else {
            return;
        };
        candidate.failures += 1;
        candidate.busy = false;
        candidate.not_before = now + FIRST_PAUSE * 2u32.saturating_pow(candidate.failures - 1).min(64);
        if candidate.failures >= ATTEMPTS {
            self.known.remove(&addr);
        }
    }

    /// The connection stands, so that the address is as good as new.
    pub(crate) fn connected(&mut self, addr: SocketAddr) {
        if let Some(candidate) = self.known.get_mut(&addr) {
            candidate.failures = 0;
            candidate.busy = true;
        }
    }

    /// The connection is gone; it may be tried again after `pause`.
    pub(crate) fn disconnected(&mut self, now: Time, addr: SocketAddr, pause: Duration) {
        if let Some(candidate) = self.known.get_mut(&addr) {
            candidate.busy = false;
            candidate.not_before = now + pause;
        }
    }

    /// The address is of no use.
    pub(crate) fn forget(&mut self, addr: SocketAddr) {
        self.known.remove(&addr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn a_failed_address_waits_longer_each_time_and_is_then_forgotten() {
        let mut candidates = Candidates::default();
        candidates.add(addr(1));
        let mut now = Time::ZERO;
        let mut pauses = Vec::new();
        while let Some(taken) = candidates.take(now) {
            candidates.failed(now, taken);
            let Some(due) = candidates.next_due() else { break };
            pauses.push(due.since(now).as_secs());
            now = due;
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32]);
    }

    #[test]
    fn nonsense_is_not_remembered() {
        let mut candidates = Candidates::default();
        candidates.add(addr(0));
        candidates.add("0.0.0.0:5".parse().unwrap());
        candidates.add("[::]:5".parse().unwrap());
        candidates.add("224.0.0.1:5".parse().unwrap());
        assert_eq!(candidates.take(Time::ZERO), None);
    }

    #[test]
    fn the_oldest_address_comes_first_and_none_twice() {
        let mut candidates = Candidates::default();
        candidates.add(addr(9));
        candidates.add(addr(3));
        candidates.add(addr(9));
        assert_eq!(candidates.take(Time::ZERO), Some(addr(9)));
        assert_eq!(candidates.take(Time::ZERO), Some(addr(3)));
        assert_eq!(candidates.take(Time::ZERO), None);
    }
}
