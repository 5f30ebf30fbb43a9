//! The catalogue's time.

use std::time::Instant;

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
