//! The catalogue's time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use peerpool_wire::time::Time;

/// Counts from the moment the tracker started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now(self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// The instant that `time` stands for.
    pub(crate) fn instant(self, time: Time) -> tokio::time::Instant {
        (self.start + time.since(Time::ZERO)).into()
    }
}

/// Seconds since 1970; 0 for a machine whose clock is set before that.
pub(crate) fn date() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
