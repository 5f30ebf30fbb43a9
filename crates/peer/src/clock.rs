//! The one clock, from which pure crates get their time.

use std::time::{Duration, SystemTime};

use peerpool_wire::time::Time;
use tokio::time::Instant;

/// Counts from the moment the peer started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.0.elapsed()
    }

    /// The moment of the real world that `time` stands for.
    pub(crate) fn instant(&self, time: Time) -> Instant {
        self.0 + Duration::from_micros(time.as_micros())
    }
}

/// Whole seconds since 1970; 0 before.
pub(crate) fn since_1970(moment: SystemTime) -> u64 {
    moment.duration_since(SystemTime::UNIX_EPOCH).as_ref().map_or(0, Duration::as_secs)
}

/// Sleeps until then; for ever without a moment.
pub(crate) async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
