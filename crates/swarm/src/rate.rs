//! How fast bytes flow, and how long an answer takes.

use std::time::Duration;

use peerpool_wire::time::Time;

/// Bytes are counted this long before they enter the average.
const WINDOW: Duration = Duration::from_millis(20);
/// The average follows a rising rate this fast, so that a fast link is filled at once …
const RISE: f64 = 0.05;
/// … and a falling one this slowly, so that a short silence does not starve it. Both in seconds.
const FALL: f64 = 0.5;

/// After this long without a byte nothing is said to flow.
const STILL: Duration = Duration::from_secs(5);

/// A moving average of bytes a second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    average: f64,
    counted: u64,
    since: Time,
    /// When bytes were counted last.
    heard: Time,
}

impl Rate {
    /// `bytes` more at `now`.
    pub(crate) fn add(&mut self, now: Time, bytes: u64) {
        self.settle(now);
        self.counted += bytes;
        self.heard = now;
    }

    /// Bytes a second at `now`.
    pub(crate) fn get(&mut self, now: Time) -> f64 {
        self.settle(now);
        self.average
    }

    /// Bytes a second at `now`, without keeping the result.
    pub(crate) fn peek(&self, now: Time) -> f64 {
        self.clone().get(now)
    }

    /// Bytes a second at `now` as people are to see them: 0 when none came for a while.
    pub(crate) fn shown(&self, now: Time) -> u64 {
        if now.since(self.heard) >= STILL { 0 } else { self.peek(now) as u64 }
    }

    fn settle(&mut self, now: Time) {
        let passed = now.since(self.since);
        if passed < WINDOW {
            return;
        }
        let seconds = passed.as_secs_f64();
        let latest = self.counted as f64 / seconds;
        let constant = if latest > self.average { RISE } else { FALL };
        self.average += (latest - self.average) * (seconds / (seconds + constant));
        self.counted = 0;
        self.since = now;
    }
}

/// The shortest round trip of the last while: queues make answers late, never early.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoundTrip {
    shortest: Option<(Duration, Time)>,
}

impl RoundTrip {
    /// How long a measurement is believed, in case the path has changed.
    const MEMORY: Duration = Duration::from_secs(10);

    /// An answer took `elapsed`.
    pub(crate) fn measure(&mut self, now: Time, elapsed: Duration) {
        match self.shortest {
            Some((best, at)) if best <= elapsed && now.since(at) < Self::MEMORY => {}
            _ => self.shortest = Some((elapsed, now)),
        }
    }

    /// The shortest one.
    pub(crate) fn get(&self) -> Option<Duration> {
        self.shortest.map(|(best, _)| best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_is_measured_as_it_is() {
        let mut rate = Rate::default();
        for millis in 0..2000 {
            rate.add(Time::from_millis(millis), 1000);
        }
        let measured = rate.get(Time::from_millis(2000));
        assert!((measured - 1e6).abs() < 5e4, "{measured}");
    }

    #[test]
    fn the_rate_rises_fast_and_falls_slowly() {
        let mut rate = Rate::default();
        for millis in 0..100 {
            rate.add(Time::from_millis(millis), 1000);
        }
        assert!(rate.peek(Time::from_millis(100)) > 6e5);
        assert!(rate.peek(Time::from_millis(300)) > 4e5);
        assert!(rate.peek(Time::from_millis(9000)) < 1e5);
    }

    #[test]
    fn a_still_connection_is_not_shown_as_moving() {
        let mut rate = Rate::default();
        for millis in 0..100 {
            rate.add(Time::from_millis(millis), 1000);
        }
        assert!(rate.shown(Time::from_millis(4000)) > 0);
        assert_eq!(rate.shown(Time::from_millis(5200)), 0);
        rate.add(Time::from_millis(9000), 1000);
        assert!(rate.shown(Time::from_millis(9100)) > 0);
    }

    #[test]
    fn the_shortest_round_trip_is_kept_until_it_is_old() {
        let mut trip = RoundTrip::default();
        trip.measure(Time::from_secs(0), Duration::from_millis(10));
        trip.measure(Time::from_secs(1), Duration::from_millis(50));
        assert_eq!(trip.get(), Some(Duration::from_millis(10)));
        trip.measure(Time::from_secs(11), Duration::from_millis(50));
        assert_eq!(trip.get(), Some(Duration::from_millis(50)));
    }
}
