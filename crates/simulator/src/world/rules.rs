//! What checkers have seen.

use std::{collections::BTreeMap, time::Duration};

use peerpool_wire::time::Time;

use crate::checkers::{self, Checker, View};

/// How often the checkers look.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// No more broken rules than this are kept.
const BROKEN: usize = 20;

/// The checkers, and the rules that they saw broken.
pub(super) struct Rules {
    checkers: Vec<Box<dyn Checker>>,
    look_at: Time,
    pub(super) broken: BTreeMap<&'static str, Vec<String>>,
}

impl Rules {
    pub(super) fn new() -> Self {
        Self { checkers: checkers::all(), look_at: Time::ZERO, broken: BTreeMap::new() }
    }

    /// Whether it is time to look.
    pub(super) fn are_due(&mut self, now: Time) -> bool {
        let due = self.look_at <= now;
        if due {
            self.look_at = now + LOOK_EVERY;
        }
        due
    }

    /// Lets the checkers look.
    pub(super) fn check(&mut self, view: &View<'_>) {
        for nth in 0..self.checkers.len() {
            let name = self.checkers[nth].name();
            for line in self.checkers[nth].check(view) {
                self.note_broken(name, line);
            }
        }
    }

    pub(super) fn note_broken(&mut self, rule: &'static str, line: String) {
        let lines = self.broken.entry(rule).or_default();
        if lines.len() < BROKEN && !lines.contains(&line) {
            lines.push(line);
        }
    }
}
