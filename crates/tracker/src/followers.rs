//! What those who follow share: places. And what each of them takes of what all clients share: a place, a
//! connection, memory.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use peerpool_catalogue::Budget;
use peerpool_web::live::Seat;
use peerpool_wire::host::Host;
use tokio_util::sync::CancellationToken;

use crate::{
    connection::Connection,
    memory::{Held, MessageMemory},
    metrics::Level,
    slots::Slot,
};

/// Connections that follow.
const MAX_FOLLOWERS: usize = 5000;
/// As many a host may have even when others have most of them.
const MIN_FOLLOWERS: usize = 16;

/// What those who follow share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Followers {
    pub(crate) seats: Seats,
    /// Cancelled when the tracker ends.
    pub(crate) shutdown: CancellationToken,
}

impl Followers {
    pub(crate) fn new(shutdown: CancellationToken) -> Self {
        Self { seats: Seats::default(), shutdown }
    }
}

/// The places of those who follow. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Seats(Arc<Mutex<Budget>>);

impl Default for Seats {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Budget::new(MAX_FOLLOWERS, MIN_FOLLOWERS))))
    }
}

impl Seats {
    /// A place for whoever is at the other end; none when its host has as many as it may.
    pub(crate) fn take(&self, connection: &Connection, memory: &MessageMemory) -> Option<Taken> {
        let remote = connection.endpoints.remote;
        let place = self.place(remote)?;
        let held = memory.of(remote).gives_way(connection.slot.revoked().clone());
        Some(Taken { _place: place, held, slot: connection.slot.clone() })
    }

    /// How many places are taken.
    pub(crate) fn level(&self) -> Level {
        let budget = self.budget();
        Level { used: budget.taken(), bound: budget.whole() }
    }

    fn place(&self, ip: IpAddr) -> Option<Place> {
        let host = Host::of(ip);
        let taken = self.budget().take(host, 1);
        taken.then(|| Place { seats: self.clone(), host })
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        // Whoever panicked with it left whole numbers behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who follow, until it is dropped.
#[derive(Debug)]
struct Place {
    seats: Seats,
    host: Host,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seats.budget().give_back(self.host, 1);
    }
}

/// What one connection takes, until it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    _place: Place,
    held: Held,
    slot: Arc<Slot>,
}

impl Seat for Taken {
    fn hold(&mut self, bytes: usize) -> bool {
        self.held.set(bytes).is_ok()
    }

    fn note_sign(&self) {
        self.slot.note_idle();
        self.held.moved();
    }

    fn revoked(&self) -> CancellationToken {
        self.slot.revoked().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_follows_much_leaves_places_for_others() {
        let seats = Seats::default();
        let ip = |last| IpAddr::from([10, 0, 0, last]);
        let taken: Vec<Place> = std::iter::from_fn(|| seats.place(ip(1))).collect();
        assert_eq!(taken.len(), MAX_FOLLOWERS / 2);
        assert!(seats.place(ip(2)).is_some());
        drop(taken);
        assert_eq!(seats.level().used, 0);
    }
}
