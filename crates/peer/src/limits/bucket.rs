//! Bytes that may be moved at a rate.

use std::time::Duration;

use peerpool_wire::time::Time;

/// What is saved up while nobody moves anything: as much as the rate gives in this time. It makes up for whoever is woken
/// late, on a busy machine too, and is what any span may have beyond its rate.
const SAVED: f64 = 0.02;

/// A token bucket. It begins empty, and may come to owe what one ask takes beyond what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// Bytes a second.
    rate: f64,
    /// Bytes there; below zero while it owes some.
    left: f64,
    at: Time,
}

impl Bucket {
    pub(super) fn new(rate: u64, now: Time) -> Self {
        Self { rate: rate.max(1) as f64, left: 0.0, at: now }
    }

    fn most(&self) -> f64 {
        self.rate * SAVED
    }

    fn settle(&mut self, now: Time) {
        let earned = now.since(self.at).as_secs_f64() * self.rate;
        self.left = (self.left + earned).min(self.most());
        self.at = self.at.max(now);
    }

    /// The rate changes. What is owed stays owed.
    pub(super) fn set_rate(&mut self, rate: u64, now: Time) {
        self.settle(now);
        self.rate = rate.max(1) as f64;
        self.left = self.left.min(self.most());
    }

    /// When something may be moved, however much: once it owes nothing. So nobody waits longer for wanting more at once,
    /// and whoever does is followed by a longer pause.
    pub(super) fn ready_at(&self, now: Time) -> Time {
        let mut then = *self;
        then.settle(now);
        match then.left > 0.0 {
            true => now,
            // Rounded up, so that it is ready at that time.
            false => now + Duration::from_micros((-then.left / self.rate * 1e6).ceil() as u64 + 1),
        }
    }

    pub(super) fn spend(&mut self, bytes: u32, now: Time) {
        self.settle(now);
        self.left -= f64::from(bytes);
    }

    /// Bytes that were spent are not moved after all.
    pub(super) fn give_back(&mut self, bytes: u32) {
        self.left = (self.left + f64::from(bytes)).min(self.most());
    }

    /// Whether it holds no more and no less than it ever will: a new one is as good soon.
    pub(super) fn is_full(&self, now: Time) -> bool {
        let mut then = *self;
        then.settle(now);
        then.left >= then.most()
    }
}
