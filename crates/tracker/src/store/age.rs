//! How long a tracker has run in all its life.

use std::time::{Duration, Instant};

/// An item that nobody had for so long, while the tracker ran, is forgotten at the next start.
const FORGET_AFTER: Duration = Duration::from_secs(90 * 24 * 3600);

/// How long the tracker has run in all its life. Whether anybody has an item can be seen while it runs alone, and no wrong
/// clock makes it older.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    before: i64,
    since: Instant,
}

impl Age {
    /// From now on, after it has run for so many seconds.
    pub(super) fn after(seconds: i64) -> Self {
        Self { before: seconds, since: Instant::now() }
    }

    pub(super) fn seconds(self) -> i64 {
        self.before.saturating_add_unsigned(self.since.elapsed().as_secs())
    }

    /// When an item must have been seen to be known still.
    pub(super) fn oldest(self) -> i64 {
        self.seconds() - FORGET_AFTER.as_secs() as i64
    }
}
