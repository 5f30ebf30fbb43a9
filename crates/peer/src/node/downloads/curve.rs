//! How fast a download came and went lately.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use peerpool_api as api;

/// Between two values.
const STEP: Duration = Duration::from_secs(1);
/// Values that are kept: five minutes.
const MAX_VALUES: usize = 300;

/// Bytes a second, one value for each second in which the download ran.
#[derive(Debug, Default)]
pub(crate) struct Curve {
    down: VecDeque<u64>,
    up: VecDeque<u64>,
    last: Option<Counted>,
}

/// What was counted at one moment of this run.
#[derive(Debug, Clone, Copy)]
struct Counted {
    at: Instant,
    received: u64,
    given: u64,
}

impl Curve {
    /// So many bytes were received and given in this run until now.
    pub(super) fn note(&mut self, now: Instant, received: u64, given: u64) {
        let counted = Counted { at: now, received, given };
        let Some(last) = self.last else {
            self.last = Some(counted);
            return;
        };
        let passed = now.duration_since(last.at);
        if passed < STEP {
            return;
        }
        let rate = |now: u64, before: u64| (now.saturating_sub(before) as f64 / passed.as_secs_f64()) as u64;
        push(&mut self.down, rate(received, last.received));
        push(&mut self.up, rate(given, last.given));
        self.last = Some(counted);
    }

    /// Another run begins, which counts from nothing.
    pub(super) fn restart(&mut self) {
        self.last = None;
    }

    pub(crate) fn view(&self) -> api::Curve {
        api::Curve { down: self.down.iter().copied().collect(), up: self.up.iter().copied().collect() }
    }
}

fn push(values: &mut VecDeque<u64>, value: u64) {
    if values.len() == MAX_VALUES {
        values.pop_front();
    }
    values.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_for_each_second_and_for_five_minutes() {
        let begun = Instant::now();
        let mut curve = Curve::default();
        for tick in 0..=1300_u64 {
            curve.note(begun + Duration::from_millis(250 * tick), tick * 1000, tick * 10);
        }
        let view = curve.view();
        assert_eq!((view.down.len(), view.up.len()), (MAX_VALUES, MAX_VALUES));
        assert!(view.down.iter().all(|&rate| rate == 4000) && view.up.iter().all(|&rate| rate == 40));
    }

    #[test]
    fn a_run_that_counts_from_nothing_leaves_no_gap_and_no_peak() {
        let begun = Instant::now();
        let mut curve = Curve::default();
        curve.note(begun, 0, 0);
        curve.note(begun + STEP, 500, 0);
        curve.restart();
        curve.note(begun + STEP * 60, 0, 0);
        curve.note(begun + STEP * 62, 100, 0);
        assert_eq!(curve.view().down, [500, 50]);
    }
}
