//! Peers that we know of and are not connected to.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use peerpool_wire::time::Time;

use crate::HeardFrom;

/// Most addresses remembered.
const MAX_CANDIDATES: usize = 2000;
/// First pause after a failed attempt; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Attempts in vain until an address is forgotten.
const ATTEMPTS: u32 = 6;
/// First pause of a peer that was of no use; doubled each further time …
const FIRST_COOLDOWN: Duration = Duration::from_secs(60);
/// … up to this one.
const LONGEST_COOLDOWN: Duration = Duration::from_secs(16 * 60);

#[derive(Debug, Clone, Copy)]
struct Candidate {
    order: u64,
    not_before: Time,
    failures: u32,
    /// How often in a row it was of no use.
    useless: u32,
    heard_from: HeardFrom,
    busy: bool,
}

impl Candidate {
    /// The less, the sooner it is tried: what was in vain comes last, then counts what stands behind it.
    fn rank(&self) -> (u32, u32, HeardFrom, u64) {
        (self.failures, self.useless, self.heard_from, self.order)
    }
}

/// Addresses to connect to, those of connected peers and the oldest first, with a pause after each failure.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    known: BTreeMap<SocketAddr, Candidate>,
    told: u64,
}

impl Candidates {
    /// Somebody told of an address; true when it was not known. Where there is no room, the last in line gives way.
    pub(crate) fn add(&mut self, addr: SocketAddr, heard_from: HeardFrom) -> bool {
        if addr.port() == 0 || addr.ip().is_unspecified() || addr.ip().is_multicast() {
            return false;
        }
        if let Some(candidate) = self.known.get_mut(&addr) {
            candidate.heard_from = candidate.heard_from.min(heard_from);
            return false;
        }
        self.told += 1;
        let fresh = Candidate {
            order: self.told,
            not_before: Time::ZERO,
            failures: 0,
            useless: 0,
            heard_from,
            busy: false,
        };
        self.known.len() < MAX_CANDIDATES && self.known.insert(addr, fresh).is_none()
            || self.replace(addr, fresh)
    }

    fn replace(&mut self, addr: SocketAddr, fresh: Candidate) -> bool {
        let idle = self.known.iter().filter(|(_, candidate)| !candidate.busy);
        let last =
            idle.max_by_key(|(_, candidate)| candidate.rank()).map(|(addr, last)| (*addr, last.rank()));
        let Some((last, _)) = last.filter(|(_, rank)| *rank > fresh.rank()) else {
            return false;
        };
        self.known.remove(&last);
        self.known.insert(addr, fresh);
        true
    }

    /// Whether there is an address to try now.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        self.known.values().any(|candidate| !candidate.busy && candidate.not_before <= now)
    }

    /// The address to try now, marked as busy.
    pub(crate) fn take(&mut self, now: Time) -> Option<SocketAddr> {
        let (addr, candidate) = self
            .known
            .iter_mut()
            .filter(|(_, candidate)| !candidate.busy && candidate.not_before <= now)
            .min_by_key(|(_, candidate)| candidate.rank())?;
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

    /// Whatever was in vain may not be any more: everybody is tried at once.
    pub(crate) fn retry(&mut self) {
        for candidate in self.known.values_mut() {
            (candidate.failures, candidate.useless, candidate.not_before) = (0, 0, Time::ZERO);
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

    /// The peer there was of no use: others come before it, and it waits longer each time.
    pub(crate) fn was_useless(&mut self, now: Time, addr: SocketAddr) {
        if let Some(candidate) = self.known.get_mut(&addr) {
            let cooldown =
                FIRST_COOLDOWN.saturating_mul(2u32.saturating_pow(candidate.useless)).min(LONGEST_COOLDOWN);
            candidate.useless += 1;
            candidate.busy = false;
            candidate.not_before = now + cooldown;
        }
    }

    /// The peer there was of use.
    pub(crate) fn was_useful(&mut self, addr: SocketAddr) {
        if let Some(candidate) = self.known.get_mut(&addr) {
            candidate.useless = 0;
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
        candidates.add(addr(1), HeardFrom::Session);
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
        candidates.add(addr(0), HeardFrom::Session);
        candidates.add("0.0.0.0:5".parse().unwrap(), HeardFrom::Session);
        candidates.add("[::]:5".parse().unwrap(), HeardFrom::Session);
        candidates.add("224.0.0.1:5".parse().unwrap(), HeardFrom::Session);
        assert_eq!(candidates.take(Time::ZERO), None);
    }

    #[test]
    fn the_oldest_address_comes_first_and_none_twice() {
        let mut candidates = Candidates::default();
        candidates.add(addr(9), HeardFrom::Session);
        candidates.add(addr(3), HeardFrom::Session);
        candidates.add(addr(9), HeardFrom::Session);
        assert_eq!(candidates.take(Time::ZERO), Some(addr(9)));
        assert_eq!(candidates.take(Time::ZERO), Some(addr(3)));
        assert_eq!(candidates.take(Time::ZERO), None);
    }

    #[test]
    fn connected_peers_are_tried_before_what_was_only_announced() {
        let mut candidates = Candidates::default();
        for port in 1..=3000 {
            candidates.add(addr(port), HeardFrom::Announce);
        }
        candidates.add(addr(4000), HeardFrom::Link);
        assert!(candidates.add(addr(5000), HeardFrom::Session), "there is room for who is connected");
        candidates.add(addr(7), HeardFrom::Session);
        let order: Vec<u16> = (0..4).map(|_| candidates.take(Time::ZERO).unwrap().port()).collect();
        assert_eq!(order, [7, 5000, 4000, 1]);
        assert_eq!(candidates.known.len(), MAX_CANDIDATES);
    }

    #[test]
    fn a_useless_address_comes_last_and_waits_longer_each_time() {
        let mut candidates = Candidates::default();
        candidates.add(addr(1), HeardFrom::Session);
        let (mut now, mut rests) = (Time::ZERO, Vec::new());
        for _ in 0..6 {
            let taken = candidates.take(now).unwrap();
            candidates.was_useless(now, taken);
            let due = candidates.next_due().unwrap();
            rests.push(due.since(now).as_secs());
            now = due;
        }
        assert_eq!(rests, [60, 120, 240, 480, 960, 960]);
        candidates.add(addr(2), HeardFrom::Announce);
        assert_eq!(candidates.take(now), Some(addr(2)));
    }
}
