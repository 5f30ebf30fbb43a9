//! The seats of a peer, shared by all that take and leave them.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use peerpool_wire::host::Host;
use tokio::sync::oneshot;

use super::{
    HANDSHAKE,
    seats::{SeatId, Seats},
};

/// Comes when a slot is needed for somebody else.
pub(crate) type Notice = oneshot::Receiver<()>;

/// A number of slots. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    seats: Arc<Mutex<Seats<oneshot::Sender<()>>>>,
}

/// A slot among them; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    seat: SeatId,
    slots: Slots,
    /// Bytes moved by whoever has it, when that was told last.
    moved: AtomicU64,
}

impl Slots {
    /// So many slots. Whoever moved nothing gives way at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { seats: Arc::new(Mutex::new(Seats::new(most, Duration::ZERO))) }
    }

    /// So many slots for those who are not known yet: everybody has a little time.
    pub(crate) fn for_handshakes(most: usize) -> Self {
        Self { seats: Arc::new(Mutex::new(Seats::new(most, HANDSHAKE))) }
    }

    /// Takes a slot for somebody at this address; another one may be told to give way. `None` when nobody has to.
    pub(crate) fn take(&self, ip: IpAddr) -> Option<(Slot, Notice)> {
        let (tell, notice) = oneshot::channel();
        let (seat, gives_way) = self.with(|seats| seats.take(Host::of(ip), Instant::now(), tell))?;
        if let Some(told) = gives_way {
            let _ = told.send(());
        }
        Some((Slot { seat, slots: self.clone(), moved: AtomicU64::new(0) }, notice))
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.with(|seats| seats.taken())
    }

    /// Has whoever is idle for longest give way, though nobody takes the slot.
    pub(crate) fn give_up_one(&self) {
        if let Some(told) = self.with(|seats| seats.give_up_one(Instant::now())) {
            let _ = told.send(());
        }
    }

    /// A panic while the lock is held leaves nothing half done.
    fn with<T>(&self, call: impl FnOnce(&mut Seats<oneshot::Sender<()>>) -> T) -> T {
        call(&mut self.seats.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Slot {
    /// What was told last.
    pub(crate) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Whoever has it moved so many bytes of payload in all. For every now and then.
    pub(crate) fn note_moved(&self, bytes: u64) {
        if self.moved.swap(bytes, Ordering::Relaxed) != bytes {
            self.slots.with(|seats| seats.moved(self.seat, Instant::now()));
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.with(|seats| seats.leave(self.seat));
    }
}
