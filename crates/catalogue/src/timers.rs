//! The catalogue's timers.

use std::collections::BTreeSet;

use peerpool_wire::time::Time;

use crate::input::SessionId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Check whether the session has given a sign of life.
    Lease(SessionId),
    /// Check whether the session has sent the metainfo that it was asked for.
    Metainfo(SessionId),
    /// The session whose peer id another one claims has not shown that it is alive.
    Contest(SessionId),
    /// Ask again for items that the store lacks.
    Restore,
    /// The update's deadline, or the time of the next.
    Update,
    /// The deadline of another node's question.
    Gather,
    /// Homes whose grace may be over.
    Homes,
    /// Bring the index up to date with a few items.
    Index,
    /// Remove expired stock clients from some swarms.
    Sweep,
}

/// The table of timers. A timer that fires too early checks again and rearms itself.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Time, Timer)>,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Time, timer: Timer) {
        self.due.insert((at, timer));
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.due.first().map(|&(at, _)| at)
    }

    pub(crate) fn pop(&mut self, now: Time) -> Option<Timer> {
        let &(at, timer) = self.due.first()?;
        if at > now {
            return None;
        }
        self.due.remove(&(at, timer));
        Some(timer)
    }
}
