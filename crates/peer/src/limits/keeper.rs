//! Keeps the limits over restarts, and puts those in force that apply now.

use std::{
    io,
    sync::{Arc, Weak},
    time::Duration,
};

use jiff::Zoned;
use peerpool_api::{self as api, Day, LimitsNow};
use peerpool_repository::{DiskError, Repository, StateFile};
use tokio::sync::watch;

use super::{Ways, rates_down, rates_up, way::Way};
use crate::clock::Clock;

const NAME: &str = "limits";
/// Schedules begin and end with a minute.
const MINUTE: u64 = 60;

/// What an earlier run left.
pub(crate) type Kept = api::Limits;

/// Reads what was set before. What cannot be read limits nothing, which is logged.
pub(crate) fn read(repository: &Repository) -> Kept {
    let read = repository.read_state(NAME, StateFile::Limits).and_then(|body| match body {
        Some(body) => serde_json::from_slice(&body).map_err(|error| failed("understand", repository, error)),
        None => Ok(Kept::default()),
    });
    read.unwrap_or_else(|error| {
        tracing::warn!(%error, "the limits of rates are lost: nothing is limited");
        Kept::default()
    })
}

fn failed(doing: &'static str, repository: &Repository, error: serde_json::Error) -> DiskError {
    DiskError::new(doing, repository.state_folder().join(NAME), io::Error::from(error))
}

/// Where limits are looked at and set. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct LimitsHandle {
    settings: watch::Sender<api::Limits>,
    now: watch::Receiver<LimitsNow>,
    repository: Arc<Repository>,
}

impl LimitsHandle {
    /// All that is set.
    pub(crate) fn settings(&self) -> api::Limits {
        self.settings.borrow().clone()
    }

    /// What is in force; `None` when nothing is limited.
    pub(crate) fn now(&self) -> Option<LimitsNow> {
        Some(self.now.borrow().clone()).filter(|now| !now.rates.are_none())
    }

    /// Sets limits for this run and later ones. They have been checked. Blocks.
    ///
    /// # Errors
    ///
    /// They cannot be written; then nothing changes.
    pub(crate) fn set(&self, limits: api::Limits) -> Result<(), DiskError> {
        let body = serde_json::to_vec(&limits).map_err(|error| failed("write", &self.repository, error))?;
        self.repository.write_state(NAME, StateFile::Limits, &body)?;
        self.settings.send_replace(limits);
        Ok(())
    }

    /// A handle that leaves the repository to others once the peer has ended.
    pub(crate) fn downgrade(&self) -> WeakLimitsHandle {
        WeakLimitsHandle { settings: self.settings.clone(), repository: Arc::downgrade(&self.repository) }
    }
}

/// Where limits are put in force from outside the peer, as long as it runs.
#[derive(Clone, Debug)]
pub(crate) struct WeakLimitsHandle {
    settings: watch::Sender<api::Limits>,
    repository: Weak<Repository>,
}

impl WeakLimitsHandle {
    /// Puts limits in force for this run, or those that were set last when there are none. They have been checked. Blocks.
    pub(crate) fn put_in_force(&self, limits: Option<api::Limits>) {
        if let Some(repository) = self.repository.upgrade() {
            self.settings.send_replace(limits.unwrap_or_else(|| read(&repository)));
        }
    }
}

/// Puts limits in force, until it is dropped.
pub(crate) struct Keeper {
    settings: watch::Receiver<api::Limits>,
    now: watch::Sender<LimitsNow>,
}

impl Keeper {
    /// The ways under what was kept, where it is set, who puts it in force, and the futures that give leave.
    pub(crate) fn new(
        clock: Clock,
        repository: Arc<Repository>,
        kept: Kept,
    ) -> (Ways, LimitsHandle, Self, impl Future<Output = ()> + Send + use<>) {
        let (settings, watched) = watch::channel(kept);
        let (now, shown) = watch::channel(in_force(&settings.borrow(), moment()));
        let (up, sending) = Way::new(clock, &shown, rates_up);
        let (down, fetching) = Way::new(clock, &shown, rates_down);
        let handle = LimitsHandle { settings, now: shown, repository };
        let giving = async {
            tokio::join!(sending, fetching);
        };
        (Ways { up, down }, handle, Self { settings: watched, now }, giving)
    }

    /// Looks when settings change, and each minute.
    pub(crate) async fn run(mut self) {
        loop {
            let now = in_force(&self.settings.borrow_and_update(), moment());
            self.now.send_if_modified(|before| {
                let differs = *before != now;
                *before = now;
                differs
            });
            tokio::select! {
                changed = self.settings.changed() => match changed {
                    Ok(()) => {}
                    Err(_) => return,
                },
                () = tokio::time::sleep(until_next_minute()) => {}
            }
        }
    }
}

/// What applies at a moment of the week.
fn in_force(limits: &api::Limits, (day, minute): (Day, u16)) -> LimitsNow {
    match limits.schedule_at(day, minute) {
        Some(schedule) => LimitsNow { rates: schedule.rates, between: Some(schedule.between) },
        None => LimitsNow { rates: limits.rates, between: None },
    }
}

/// The local day and the minutes since midnight.
fn moment() -> (Day, u16) {
    let now = Zoned::now();
    let day = Day::after_monday(now.weekday().to_monday_zero_offset().unsigned_abs());
    let minute = i16::from(now.hour()) * 60 + i16::from(now.minute());
    (day, minute.unsigned_abs())
}

fn until_next_minute() -> Duration {
    let second = u64::from(Zoned::now().second().unsigned_abs());
    Duration::from_secs(MINUTE.saturating_sub(second).max(1))
}

#[cfg(test)]
mod tests {
    use api::{LimitRates, Schedule};

    use super::*;

    fn limits() -> api::Limits {
        let rates = |down| LimitRates { down: Some(down), ..LimitRates::default() };
        let work = Schedule { between: "08:00-18:00".parse().unwrap(), days: Vec::new(), rates: rates(2000) };
        api::Limits { rates: rates(1000), schedules: vec![work] }
    }

    #[test]
    fn a_schedule_takes_the_place_of_the_other_limits_while_it_applies() {
        let at = |hour: u16| in_force(&limits(), (Day::Mon, hour * 60));
        assert_eq!((at(9).rates.down, at(9).between), (Some(2000), "08:00-18:00".parse().ok()));
        assert_eq!((at(20).rates.down, at(20).between), (Some(1000), None));
    }

    #[tokio::test]
    async fn limits_outlive_the_peer() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Arc::new(Repository::open(folder.path()).unwrap());
        assert_eq!(read(&repository), api::Limits::default());
        let kept = read(&repository);
        let (ways, handle, keeper, giving) = Keeper::new(Clock::start(), repository.clone(), kept);
        tokio::spawn(giving);
        tokio::spawn(keeper.run());
        assert!(!ways.up.is_limited() && handle.now().is_none());
        let down = LimitRates { down: Some(5000), ..LimitRates::default() };
        let limits = api::Limits { rates: down, schedules: Vec::new() };
        handle.set(limits.clone()).unwrap();
        assert_eq!(read(&repository), limits);
        let mut now = handle.now.clone();
        let limited = now.wait_for(|now| now.rates.down == Some(5000)).await;
        assert!(limited.is_ok());
    }
}
