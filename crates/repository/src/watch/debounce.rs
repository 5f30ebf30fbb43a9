//! Debouncing: how long a changed name must be quiet before it is reported.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::item_of;
use crate::refresh::Scope;

/// How long a name must be quiet at first, and at most when it changes again and again.
const QUIET: Duration = Duration::from_millis(500);
const MAX_QUIET: Duration = Duration::from_secs(120);

/// How many times its required quiet time a name must stay quiet to start over with the shortest.
const CALM: u32 = 20;

/// How long a file that was written to holds its name back without a close. Not every write ends with one.
const OPEN: Duration = Duration::from_secs(60);

/// How long a name is held back in all.
const MAX_WAIT: Duration = Duration::from_secs(300);

/// Maximum number of names, and of open files, that are remembered; beyond it, everything is scanned.
const MAX_NAMES: usize = 1 << 14;

/// Holds names back until they have been quiet for a while.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    names: BTreeMap<String, Activity>,
    everything: Option<Instant>,
    /// Files that were written to and not closed since, with the time of the last write.
    open: BTreeMap<PathBuf, Instant>,
    /// Names reported lately: how long they had to be quiet, and when they were reported.
    given: BTreeMap<String, (Duration, Instant)>,
}

#[derive(Debug)]
struct Activity {
    first: Instant,
    last: Instant,
}

impl Debounce {
    /// Records a change in the item of this name. Returns whether it is the first since the name was last reported.
    pub(super) fn add(&mut self, name: &str, now: Instant) -> bool {
        if let Some(stir) = self.names.get_mut(name) {
            stir.last = now;
            return false;
        }
        self.names.insert(name.to_owned(), Activity { first: now, last: now });
        if self.names.len() >= MAX_NAMES {
            self.add_everything(now);
        }
        true
    }

    /// Something changed, and nobody knows what.
    pub(super) fn add_everything(&mut self, now: Instant) {
        self.everything.get_or_insert(now);
    }

    /// The file was written to at that time, or closed.
    pub(super) fn set_open(&mut self, path: &Path, since: Option<Instant>) {
        match since {
            Some(now) => {
                if self.open.len() >= MAX_NAMES {
                    self.open.clear();
                }
                self.open.insert(path.to_owned(), now);
            }
            None => drop(self.open.remove(path)),
        }
    }

    /// Takes the names that are quiet now; `None` when there are none.
    pub(super) fn rested(&mut self, now: Instant) -> Option<Scope> {
        self.open.retain(|_, written| now.duration_since(*written) < OPEN);
        if self.everything.is_some_and(|since| now.duration_since(since) >= QUIET) {
            self.everything = None;
            self.names.clear();
            return Some(Scope::Everything);
        }
        let held: BTreeSet<&str> = self.open.keys().filter_map(|path| item_of(path)).collect();
        let is_recent = |rest: Duration, at: Instant| now.duration_since(at) < rest * CALM;
        let recent = |name: &str| self.given.get(name).filter(|(rest, at)| is_recent(*rest, *at));
        let rest_of = |name: &str| recent(name).map_or(QUIET, |(rest, _)| *rest);
        let is_due = |name: &str, stir: &Activity| {
            let rested = now.duration_since(stir.last) >= rest_of(name) && !held.contains(name);
            rested || now.duration_since(stir.first) >= MAX_WAIT
        };
        let due = self.names.iter().filter(|(name, stir)| is_due(name, stir));
        let due: BTreeSet<String> = due.map(|(name, _)| name.clone()).collect();
        if due.is_empty() {
            return None;
        }
        for name in &due {
            self.names.remove(name);
            self.give(name, now);
        }
        Some(Scope::Names(due))
    }

    /// Records that a name was reported. If it was reported a short while ago, it must be quiet for longer the next
    /// time.
    fn give(&mut self, name: &str, now: Instant) {
        self.given.retain(|_, (rest, at)| now.duration_since(*at) < *rest * CALM);
        let rest = match self.given.get(name) {
            Some((rest, _)) => (*rest * 2).min(MAX_QUIET),
            None => QUIET,
        };
        if self.given.len() < MAX_NAMES {
            self.given.insert(name.to_owned(), (rest, now));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.everything.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(debounce: &mut Debounce, now: Instant) -> bool {
        debounce.rested(now).is_some()
    }

    #[test]
    fn a_busy_name_must_stay_quiet_for_longer_each_time() {
        let mut debounce = Debounce::default();
        let mut now = Instant::now();
        let mut rests = Vec::new();
        for _ in 0..10 {
            debounce.add("log", now);
            let begun = now;
            while !given(&mut debounce, now) {
                now += Duration::from_millis(250);
            }
            rests.push((now - begun).as_millis());
        }
        assert_eq!(rests[..5], [500, 500, 1000, 2000, 4000]);
        assert_eq!(rests[9], 120_000);
        now += MAX_QUIET * (CALM + 1);
        debounce.add("log", now);
        assert!(given(&mut debounce, now + QUIET), "it was quiet for long");
    }

    #[test]
    fn an_open_file_is_waited_for_until_it_is_closed() {
        let mut debounce = Debounce::default();
        let now = Instant::now();
        let path = Path::new("film");
        debounce.add("film", now);
        debounce.set_open(path, Some(now));
        assert!(!given(&mut debounce, now + Duration::from_secs(30)));
        debounce.set_open(path, None);
        assert!(given(&mut debounce, now + Duration::from_secs(30)));
    }

    #[test]
    fn a_name_that_is_never_quiet_is_released_in_the_end() {
        let mut debounce = Debounce::default();
        let begun = Instant::now();
        let mut now = begun;
        while {
            debounce.add("log", now);
            debounce.set_open(Path::new("log"), Some(now));
            !given(&mut debounce, now)
        } {
            now += Duration::from_millis(250);
        }
        assert_eq!(now - begun, MAX_WAIT);
    }
}
