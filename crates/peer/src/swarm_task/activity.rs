//! Whether anything happens in a swarm, by which it looks at the time often or seldom.

use std::time::Duration;

use tokio::time::Instant;

use crate::pulse::AT_REST;

/// How often the figures are shown, and time-driven work is looked at.
pub(super) const TICK: Duration = Duration::from_millis(250);
/// After so many ticks in which nothing came or went a swarm looks at the time seldom.
const STILL: u32 = 40;

/// Whether anything happens.
pub(super) struct Activity {
    /// Something did since the figures were shown.
    pub(super) recent: bool,
    /// Ticks since it was told something.
    still: u32,
    /// Since when there is no connection and no download.
    pub(super) idle_since: Instant,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self { recent: true, still: 0, idle_since: Instant::now() }
    }

    /// Something happens.
    pub(super) fn note(&mut self) {
        (self.recent, self.still) = (true, 0);
    }

    /// A tick has passed.
    pub(super) fn tick(&mut self) {
        self.still = self.still.saturating_add(1);
    }

    /// How long to wait for the next tick. Rates that are shown have come to nothing by the time that it is longer.
    pub(super) fn period(&self) -> Duration {
        if self.still < STILL { TICK } else { AT_REST }
    }
}
