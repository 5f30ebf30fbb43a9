//! When more peers are looked for.

use std::time::Duration;

use peerpool_wire::time::Time;

/// First pause between two searches; doubled each time …
const FIRST: Duration = Duration::from_millis(300);
/// … up to this one.
const LONGEST: Duration = Duration::from_secs(60);
/// After a connection is lost, the pause is at most that after this many searches.
const AFTER_LOSS: u32 = 4;
/// Where most neighbours are of no use, and the last search brought somebody new.
const HURRY: Duration = Duration::from_secs(1);
/// The same, where it brought nobody.
const AGAIN: Duration = Duration::from_secs(10);

/// Where somebody reads what no neighbour has, and the last search brought somebody new: whoever has it is among those
/// that we do not know yet.
const READING: Duration = Duration::from_millis(200);
/// The first so many searches need not have brought anybody for that.
const READING_COUNT: u32 = 8;

/// Searches for peers, more rarely each time.
#[derive(Debug)]
pub(crate) struct Search {
    /// Searches in a row.
    count: u32,
    last: Time,
    /// Whether the last one brought somebody new.
    fruitful: bool,
    /// Whether most neighbours are of no use.
    pub(crate) urgent: bool,
    /// Whether somebody reads what no neighbour has.
    pub(crate) held_up: bool,
}

impl Search {
    /// Whoever begins at `now` is looking already.
    pub(crate) fn new(now: Time) -> Self {
        Self { count: 0, last: now, fruitful: false, urgent: false, held_up: false }
    }

    /// When it is time for the next one.
    pub(crate) fn due(&self) -> Time {
        let pause = FIRST.saturating_mul(2u32.saturating_pow(self.count)).min(LONGEST);
        let most = match (self.urgent, self.fruitful) {
            (true, true) => HURRY,
            (true, false) => AGAIN,
            (false, _) => LONGEST,
        };
        let most = match (self.held_up, self.fruitful) {
            (true, fruitful) if fruitful || self.count < READING_COUNT => READING,
            (true, _) => most.min(HURRY),
            (false, _) => most,
        };
        self.last + pause.min(most)
    }

    /// One begins.
    pub(crate) fn begin(&mut self, now: Time) {
        self.count = self.count.saturating_add(1);
        self.last = now;
        self.fruitful = false;
    }

    /// Somebody new was found.
    pub(crate) fn found(&mut self) {
        self.fruitful = true;
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

    #[test]
    fn a_reader_who_is_held_up_has_somebody_looked_for_at_once() {
        let mut search = Search::new(Time::ZERO);
        for _ in 0..10 {
            search.begin(search.due());
        }
        search.held_up = true;
        assert_eq!(search.due().since(search.last), HURRY);
        search.found();
        assert_eq!(search.due().since(search.last), READING);
    }

    #[test]
    fn searches_go_on_while_they_bring_somebody_and_nobody_is_of_use() {
        let mut search = Search::new(Time::ZERO);
        for _ in 0..10 {
            search.begin(search.due());
        }
        search.urgent = true;
        assert_eq!(search.due().since(search.last), AGAIN);
        search.found();
        assert_eq!(search.due().since(search.last), HURRY);
        search.begin(search.due());
        assert_eq!(search.due().since(search.last), AGAIN);
    }
}
