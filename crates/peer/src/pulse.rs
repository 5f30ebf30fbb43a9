//! Ticks. Those of one peer fall on the same moments, so that a processor wakes up once for all of them.

use std::time::Duration;

use peerpool_wire::time::Time;

use crate::clock::Clock;

/// How often somebody looks at the time who has nothing to do.
pub(crate) const AT_REST: Duration = Duration::from_secs(4);

/// Ticks at multiples of a period, counted from the start of the peer.
#[derive(Debug)]
pub(crate) struct Pulse {
    clock: Clock,
    last: Time,
}

impl Pulse {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, last: clock.now() }
    }

    /// Waits for the first multiple of `period` after the last tick, or not at all if that is past. The period may be
    /// another each time; to wait again for one that was given up loses nothing.
    pub(crate) async fn tick(&mut self, period: Duration) {
        tokio::time::sleep_until(self.clock.instant(self.last.next_multiple(period))).await;
        self.last = self.clock.now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pulses_of_one_peer_beat_together_whenever_they_began() {
        let clock = Clock::start();
        let mut first = Pulse::new(clock);
        tokio::time::advance(Duration::from_millis(130)).await;
        let mut second = Pulse::new(clock);
        first.tick(Duration::from_millis(250)).await;
        let at = clock.now();
        second.tick(Duration::from_millis(250)).await;
        assert_eq!((at, clock.now()), (Time::from_millis(250), Time::from_millis(250)));
        second.tick(AT_REST).await;
        assert_eq!(clock.now(), Time::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_held_up_skips_what_was_missed() {
        let clock = Clock::start();
        let mut pulse = Pulse::new(clock);
        tokio::time::advance(Duration::from_millis(1_100)).await;
        pulse.tick(Duration::from_millis(250)).await;
        assert_eq!(clock.now(), Time::from_millis(1_100));
        pulse.tick(Duration::from_millis(250)).await;
        assert_eq!(clock.now(), Time::from_millis(1_250));
    }
}
