//! Whether something comes, and for how long it has.

use std::time::{Duration, Instant};

/// Without a byte for so long, a download stands still, and its rate is 0.
const STILL: Duration = Duration::from_secs(5);

/// Ticks between looking for further holders of a download.
const LOOK_AGAIN: u32 = 120;

/// What a download did, tick by tick.
#[derive(Debug)]
pub(super) struct Activity {
    /// Time spent fetching.
    spent: Duration,
    /// Ticks spent fetching.
    ticks: u32,
    /// Bytes received in this run, and since when no more of them.
    received: u64,
    last_received: Instant,
}

impl Activity {
    pub(super) fn new(now: Instant) -> Self {
        Self { spent: Duration::ZERO, ticks: 0, received: 0, last_received: now }
    }

    /// A run begins: nothing has come yet.
    pub(super) fn restart(&mut self, now: Instant) {
        self.received = 0;
        self.last_received = now;
    }

    /// A tick has passed, and so much was received in this run. True when it is time to look for further holders.
    pub(super) fn tick(&mut self, now: Instant, passed: Duration, received: u64) -> bool {
        self.spent += passed;
        self.ticks = self.ticks.wrapping_add(1);
        if self.received != received {
            self.received = received;
            self.last_received = now;
        }
        self.ticks.is_multiple_of(LOOK_AGAIN)
    }

    /// Nothing has come for a while.
    pub(super) fn is_still(&self, now: Instant) -> bool {
        now.duration_since(self.last_received) >= STILL
    }

    pub(super) fn seconds(&self) -> f64 {
        self.spent.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(250);

    #[test]
    fn a_download_stands_still_once_nothing_came_for_a_while() {
        let begun = Instant::now();
        let mut activity = Activity::new(begun);
        activity.tick(begun + TICK, TICK, 1);
        assert!(!activity.is_still(begun + STILL));
        activity.tick(begun + STILL, TICK, 1);
        assert!(activity.is_still(begun + TICK + STILL));
        activity.restart(begun + TICK + STILL);
        assert!(!activity.is_still(begun + TICK + STILL));
        assert_eq!(activity.seconds(), 0.5);
    }

    #[test]
    fn holders_are_looked_for_now_and_then() {
        let now = Instant::now();
        let mut activity = Activity::new(now);
        let looks = (0..LOOK_AGAIN * 3).filter(|_| activity.tick(now, TICK, 0)).count();
        assert_eq!(looks, 3);
    }
}
