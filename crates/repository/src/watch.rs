//! Watches the repository for changes.
//!
//! Events of the system are reduced to top-level names. A name is reported once it has been quiet for a moment, so that
//! a file being copied is not hashed again and again. Before that it is reported as stirred, so that an item that is no
//! longer what was shared is withdrawn. When the system dropped events, everything is scanned. The state folder is not
//! watched, because downloads write there all the time.
//!
//! For folders that cannot be watched ([`Watcher::unwatched`]) the caller scans everything now and then. The watcher
//! tries them again when their attributes change, and from time to time.

mod debounce;
mod watches;

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread,
    time::{Duration, Instant},
};

use self::{
    debounce::Debounce,
    watches::{Report, Waker, Watches},
};
use crate::{
    index::HashIndex,
    problem::{Cause, Problem},
    refresh::Scope,
    repository::RepositoryError,
    scan,
};

/// How often the thread checks whether a name is quiet, while one is not.
const TICK: Duration = Duration::from_millis(100);

/// How often folders that could not be watched are tried again.
const RETRY: Duration = Duration::from_secs(30);

/// Unwatched folders that are reported one by one; the others are counted.
const MAX_REPORTED: usize = 20;

/// Watches the repository's folder until it is dropped.
///
/// Changes are collected by top-level name and reported once a name has been quiet, for longer each time where a name
/// changes again and again. Each message is a [`Scope`] to refresh; [`Scope::Everything`] when the system could not say
/// what changed. At most one message waits; later changes are merged into the next.
#[derive(Debug)]
pub struct Watcher {
    changes: Receiver<Scope>,
    unwatched: Arc<Mutex<Vec<Problem>>>,
    waker: Arc<Waker>,
}

impl Watcher {
    /// Starts watching the folder `root`. Reports files that somebody wrote to to the index.
    pub(crate) fn start(root: &Path, index: Arc<Mutex<HashIndex>>) -> Result<Self, RepositoryError> {
        let failed = |error: std::io::Error| RepositoryError::Watch {
            root: root.to_owned(),
            reason: error.to_string(),
        };
        let (changes_in, changes) = mpsc::sync_channel(1);
        let waker = Arc::new(Waker::new().map_err(failed)?);
        let mut watches = Watches::new(root);
        watches.open();
        let unwatched = Arc::new(Mutex::new(problems(&watches)));
        let mut collector = Collector {
            watches,
            index,
            changes: changes_in,
            unwatched: unwatched.clone(),
            debounce: Debounce::default(),
            stirred: BTreeSet::new(),
            ready: None,
            retried: Instant::now(),
        };
        let woken = waker.clone();
        thread::Builder::new()
            .name("notice".to_owned())
            .spawn(move || collector.run(&woken))
            .map_err(failed)?;
        Ok(Self { changes, unwatched, waker })
    }

    /// Waits for the next change; `None` when the watcher has ended.
    pub fn next(&self) -> Option<Scope> {
        self.changes.recv().ok()
    }

    /// Waits for the next change no longer than this; `None` when there was none, or the watcher has ended.
    pub fn next_within(&self, patience: Duration) -> Option<Scope> {
        self.changes.recv_timeout(patience).ok()
    }

    /// The folders in which changes are not noticed, and why.
    pub fn unwatched(&self) -> Vec<Problem> {
        self.unwatched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.waker.wake();
    }
}

/// The item that a path beneath the root belongs to.
fn item_of(path: &Path) -> Option<&str> {
    let Some(Component::Normal(name)) = path.components().next() else { return None };
    name.to_str().filter(|name| !scan::is_hidden(name))
}

fn problems(watches: &Watches) -> Vec<Problem> {
    let problem = |(path, reason): (&PathBuf, &String)| {
        let shown = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Problem::new(item_of(path).unwrap_or("."), shown, Cause::Unwatched(reason.clone()))
    };
    let mut told: Vec<Problem> = watches.unwatched().iter().take(MAX_REPORTED).map(problem).collect();
    let more = watches.unwatched().len().saturating_sub(MAX_REPORTED);
    if more > 0 {
        let what = Cause::Unwatched(format!("{more} more folders are not watched"));
        told.push(Problem::new(".", Path::new("."), what));
    }
    told
}

/// The thread that holds changes back until they are quiet.
struct Collector {
    watches: Watches,
    index: Arc<Mutex<HashIndex>>,
    changes: SyncSender<Scope>,
    unwatched: Arc<Mutex<Vec<Problem>>>,
    debounce: Debounce,
    /// Names in which something began to change, not reported yet.
    stirred: BTreeSet<String>,
    /// What is quiet, and waits to be taken.
    ready: Option<Scope>,
    retried: Instant,
}

impl Collector {
    fn run(&mut self, waker: &Waker) {
        loop {
            let quiet = self.debounce.is_empty() && self.ready.is_none() && self.stirred.is_empty();
            let patience = if quiet { RETRY } else { TICK };
            let mut reports = Vec::new();
            if !self.watches.wait(waker, patience, &mut reports) {
                return;
            }
            let now = Instant::now();
            reports.into_iter().for_each(|report| self.take(report, now));
            if now.duration_since(self.retried) >= RETRY {
                self.retried = now;
                self.watches.retry();
            }
            *self.unwatched.lock().unwrap_or_else(PoisonError::into_inner) = problems(&self.watches);
            self.ready = merge(self.ready.take(), self.debounce.rested(now));
            if !self.give() {
                return;
            }
        }
    }

    fn take(&mut self, report: Report, now: Instant) {
        match report {
            Report::Changed { path, open } => {
                let Some(name) = item_of(&path) else { return };
                if self.debounce.add(name, now) {
                    self.stirred.insert(name.to_owned());
                }
                if let Some(open) = open {
                    self.debounce.set_open(&path, open.then_some(now));
                    if !open {
                        self.index.lock().unwrap_or_else(PoisonError::into_inner).suspect(&path);
                    }
                }
            }
            Report::Anything => self.debounce.add_everything(now),
        }
    }

    /// Reports what can be reported without waiting. Returns false when the receiver is gone.
    fn give(&mut self) -> bool {
        if !self.stirred.is_empty() {
            let stirred = Scope::Stirred(std::mem::take(&mut self.stirred));
            match self.changes.try_send(stirred) {
                Err(TrySendError::Full(Scope::Stirred(names))) => self.stirred = names,
                Err(TrySendError::Disconnected(_)) => return false,
                _ => {}
            }
        }
        match self.ready.take().map(|scope| self.changes.try_send(scope)) {
            Some(Err(TrySendError::Full(scope))) => self.ready = Some(scope),
            Some(Err(TrySendError::Disconnected(_))) => return false,
            Some(Ok(())) | None => {}
        }
        true
    }
}

fn merge(one: Option<Scope>, other: Option<Scope>) -> Option<Scope> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.with(other)),
        (one, other) => one.or(other),
    }
}
