//! Progress of hashing.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts bytes for a progress display, and says when it is time to show it.
#[derive(Debug)]
pub(crate) struct Meter {
    total: u64,
    done: AtomicU64,
    shown: AtomicU64,
}

impl Meter {
    pub(crate) fn new(total: u64) -> Self {
        Self { total, done: AtomicU64::new(0), shown: AtomicU64::new(0) }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Adds bytes. Returns the sum about every half per cent, at most once for each MiB, and at the end.
    pub(crate) fn add(&self, bytes: u64) -> Option<u64> {
        let step = (self.total / 200).max(1024 * 1024);
        let done = self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let shown = self.shown.load(Ordering::Relaxed);
        let due = done >= shown.saturating_add(step) || done >= self.total;
        let mine =
            due && self.shown.compare_exchange(shown, done, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        mine.then_some(done)
    }
}
