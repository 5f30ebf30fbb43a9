//! When more peers are looked for.

use std::time::Duration;

use peerpool_wire::time::Time;

/// First pause between two searches; doubled each time …
const FIRST: Duration = Duration::from_millis(300);
/// … up to this one.
const LONGEST: Duration = Duration::from_secs(60);
/// After a connection is lost, the pause is at most that after so many searches.
const AFTER_LOSS: u32 = 4;

/// Searches for peers, more rarely each time.
#[derive(Debug)]
pub(crate) struct Search {
    /// Searches in a row.
    count: u32,
    last: Time,
}

impl Search {
    /// Whoever begins at `now` is looking already.
    pub(crate) fn new(now: Time) -> Self {
        Self { count: 0, last: now }
    }

    /// When it is time for the next one.
    pub(crate) fn due(&self) -> Time {
        self.last + FIRST.saturating_mul(2u32.saturating_pow(self.count)).min(LONGEST)
    }

    /// One begins.
    pub(crate) fn begin(&mut self, now: Time) {
        self.count = self.count.saturating_add(1);
        self.last = now;
    }

    /// A connection is gone: there is more reason to look than before.
    pub(crate) fn lost_one(&mut self) {
        self.count = self.count.min(AFTER_LOSS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_become_rare_until_a_connection_is_lost() {
        let mut search = Search::new(Time::ZERO);
        let mut pauses = Vec::new();
        for _ in 0..10 {
            let due = search.due();
            pauses.push(due.since(search.last).as_millis());
            search.begin(due);
        }
        assert_eq!(pauses, [300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 60_000, 60_000]);
        search.lost_one();
        assert_eq!(search.due().since(search.last).as_millis(), 4800);
    }
}
