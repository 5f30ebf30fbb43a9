//! What is due when.

use peerpool_wire::time::Time;

/// Something that happens because time passes. What is due at the same time happens in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// Connections are looked after: silence, keep-alives, and who is of use.
    Care,
    /// A part of the upload slots changes hands.
    Rotation,
    /// Those that wait for an allowance are answered.
    Answers,
    /// What a seed has shown is forgotten, or more is shown.
    SuperSeed,
    /// A candidate is tried, or more are looked for.
    Candidates,
    /// It is looked whether what somebody reads soon comes.
    Readers,
}

const ALL: [Timer; 6] =
    [Timer::Care, Timer::Rotation, Timer::Answers, Timer::SuperSeed, Timer::Candidates, Timer::Readers];

/// One table of timers. A timer that comes too early looks again and sets itself anew.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: [Option<Time>; ALL.len()],
}

impl Timers {
    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.due[timer as usize].is_some()
    }

    /// Sets a timer, whatever it was set to before; `None` stops it.
    pub(crate) fn set(&mut self, timer: Timer, at: Option<Time>) {
        self.due[timer as usize] = at;
    }

    /// Has a timer that is set come by then.
    pub(crate) fn hasten(&mut self, timer: Timer, by: Time) {
        if let Some(due) = &mut self.due[timer as usize] {
            *due = by.min(*due);
        }
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.due.iter().flatten().min().copied()
    }

    /// Takes a timer that is due.
    pub(crate) fn pop(&mut self, now: Time) -> Option<Timer> {
        let due = |timer: &Timer| self.due[*timer as usize].is_some_and(|at| at <= now);
        let timer = ALL.into_iter().find(due)?;
        self.due[timer as usize] = None;
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_due_once() {
        let mut timers = Timers::default();
        timers.set(Timer::Candidates, Some(Time::from_secs(2)));
        timers.set(Timer::Care, Some(Time::from_secs(3)));
        timers.set(Timer::Answers, Some(Time::from_secs(1)));
        timers.set(Timer::Answers, None);
        assert_eq!(timers.next(), Some(Time::from_secs(2)));
        assert_eq!(timers.pop(Time::from_secs(1)), None);
        let due: Vec<Timer> = std::iter::from_fn(|| timers.pop(Time::from_secs(3))).collect();
        assert_eq!(due, [Timer::Care, Timer::Candidates]);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn every_timer_has_a_place_of_its_own() {
        assert!(ALL.iter().enumerate().all(|(nth, timer)| *timer as usize == nth));
    }
}
