//! What one peer makes of its upload slot.

use std::time::Duration;

use peerpool_wire::time::Time;

/// The slot that a peer has, or waits for.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Since when it has been unchoked, or has waited to be.
    pub(crate) since: Time,
    /// When it last asked for something, or got it.
    moved: Time,
    /// Bytes it took since it has the slot.
    taken: u64,
    /// Whether it ever had one.
    pub(crate) had: bool,
    /// How many slots in a row it made nothing of.
    pub(crate) wasted: u32,
}

impl Slot {
    pub(crate) fn new(now: Time) -> Self {
        Self { since: now, moved: now, taken: 0, had: false, wasted: 0 }
    }

    /// It has the slot from now on.
    pub(crate) fn begin(&mut self, now: Time) {
        (self.since, self.moved, self.taken, self.had) = (now, now, 0, true);
    }

    /// It has to give it up; `wasted` tells whether it could have made something of it and did not.
    pub(crate) fn end(&mut self, now: Time, wasted: bool) {
        self.since = now;
        if self.taken > 0 {
            self.wasted = 0;
        } else if wasted {
            self.wasted = self.wasted.saturating_add(1);
        }
    }

    /// It asked for something.
    pub(crate) fn asked(&mut self, now: Time) {
        self.moved = now;
    }

    /// It took this many bytes.
    pub(crate) fn took(&mut self, now: Time, bytes: u32) {
        self.moved = now;
        self.taken += u64::from(bytes);
    }

    /// For how long it has asked for nothing and got nothing.
    pub(crate) fn still(&self, now: Time) -> Duration {
        now.since(self.since.max(self.moved))
    }

    /// How fast it took what it got, in steps: each is twice as fast as the one before.
    pub(crate) fn pace(&self, now: Time) -> u32 {
        let seconds = now.since(self.since).as_secs().max(1);
        (self.taken / seconds).checked_ilog2().unwrap_or_default()
    }
}
