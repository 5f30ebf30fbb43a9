//! What the service manager is told (sd_notify(3)). Without one, all of it goes nowhere.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often the status is looked at when no watchdog asks for more.
const PERIOD: Duration = Duration::from_secs(10);

/// The service manager that started this process.
#[derive(Debug)]
pub(super) struct Manager {
    /// Whether it starts a daemon anew that says nothing for a while.
    watches: bool,
    tick: Interval,
    /// The status that it knows.
    told: String,
}

impl Manager {
    pub(super) fn new() -> Self {
        let watchdog = sd_notify::watchdog_enabled();
        // sd_watchdog_enabled(3) recommends half of the time.
        let period = watchdog.map_or(PERIOD, |watchdog| (watchdog / 2).max(Duration::from_millis(1)));
        let mut tick = interval(period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { watches: watchdog.is_some(), tick, told: String::new() }
    }

    /// The daemon serves, or does again after a reload.
    pub(super) fn ready(&mut self, status: &str) {
        status.clone_into(&mut self.told);
        notify(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// The daemon reads its configuration again. `Type=notify-reload` wants to know when that began.
    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => notify(&[NotifyState::Reloading, now]),
            Err(_) => notify(&[NotifyState::Reloading]),
        }
    }

    /// The daemon ends.
    pub(super) fn stopping(&self) {
        notify(&[NotifyState::Stopping, NotifyState::Status("ending")]);
    }

    /// Waits until it is time to say [`Manager::alive`].
    pub(super) async fn due(&mut self) {
        self.tick.tick().await;
    }

    /// From one such time to the next.
    pub(super) fn period(&self) -> Duration {
        self.tick.period()
    }

    /// The daemon does its work.
    pub(super) fn alive(&mut self, status: &str) {
        if self.watches {
            notify(&[NotifyState::Watchdog]);
        }
        if self.told != status {
            status.clone_into(&mut self.told);
            notify(&[NotifyState::Status(status)]);
        }
    }
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
