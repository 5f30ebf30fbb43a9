//! Who is served next: the hosts take turns, however much one of them asks.

use std::collections::{BTreeMap, VecDeque};

use peerpool_catalogue::Budget;
use peerpool_wire::host::Host;

/// Questions that wait, of all hosts.
const MAX_WAITING: usize = 4096;
/// Questions of one host for which there is room even when others have most of it.
const MIN_WAITING: usize = 64;

/// What waits, by host.
#[derive(Debug)]
pub(super) struct Turns<T> {
    waiting: BTreeMap<Host, VecDeque<T>>,
    /// The hosts of which something waits, in the order of their turns.
    order: VecDeque<Host>,
    room: Budget,
}

impl<T> Turns<T> {
    pub(super) fn new() -> Self {
        Self { waiting: BTreeMap::new(), order: VecDeque::new(), room: Budget::new(MAX_WAITING, MIN_WAITING) }
    }

    /// Adds something behind what waits of its host; gives it back when the host has no room left.
    pub(super) fn push(&mut self, host: Host, job: T) -> Result<(), T> {
        if !self.room.take(host, 1) {
            return Err(job);
        }
        let own = self.waiting.entry(host).or_default();
        if own.is_empty() {
            self.order.push_back(host);
        }
        own.push_back(job);
        Ok(())
    }

    /// What comes next.
    pub(super) fn pop(&mut self) -> Option<T> {
        let host = self.order.pop_front()?;
        let own = self.waiting.get_mut(&host)?;
        let job = own.pop_front();
        match own.is_empty() {
            true => drop(self.waiting.remove(&host)),
            false => self.order.push_back(host),
        }
        self.room.give_back(host, 1);
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: u8) -> Host {
        Host::of([10, 0, 0, number].into())
    }

    #[test]
    fn a_host_that_asks_much_waits_for_its_turn() {
        let mut turns = Turns::new();
        for job in 0..4 {
            turns.push(host(1), job).unwrap();
        }
        turns.push(host(2), 10).unwrap();
        turns.push(host(2), 11).unwrap();
        let served: Vec<i32> = std::iter::from_fn(|| turns.pop()).collect();
        assert_eq!(served, [0, 10, 1, 11, 2, 3]);
        turns.push(host(2), 12).unwrap();
        assert_eq!((turns.pop(), turns.pop()), (Some(12), None));
    }

    #[test]
    fn a_host_leaves_room_for_others() {
        let mut turns = Turns::new();
        let taken = (0..2 * MAX_WAITING).take_while(|&job| turns.push(host(1), job).is_ok()).count();
        assert_eq!(taken, MAX_WAITING / 2);
        assert!(turns.push(host(2), 0).is_ok());
    }
}
