//! Notices changes in the repository.
//!
//! What the system reports is reduced to top-level names. A name is given out once it has rested for a moment, so that
//! a file being copied is not hashed again and again. When the system lost reports, everything is looked at.

use std::{
    collections::BTreeMap,
    path::{Component, Path},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    thread,
    time::{Duration, Instant},
};

use notify::{RecursiveMode, Watcher as _};

use crate::{refresh::Scope, repository::RepositoryError, scan};

/// How long a name must rest.
const REST: Duration = Duration::from_millis(500);

/// Reports that wait to be sorted; more are replaced by a look at everything.
const QUEUE: usize = 4096;

/// Watches the repository's folder until it is dropped.
///
/// Changes are collected by top-level name and given out on a channel once a name has rested for half a second. Each
/// message is a [`Scope`] to refresh; [`Scope::Everything`] when the system could not say what changed. The channel
/// holds one message; what comes meanwhile is merged into the next.
#[derive(Debug)]
pub struct Watcher {
    changes: Receiver<Scope>,
    _system: notify::RecommendedWatcher,
}

/// One report of the system.
enum Report {
    Changed(String),
    /// Something was lost.
    Anything,
}

impl Watcher {
    /// Starts watching the folder `root`.
    pub(crate) fn start(root: &Path) -> Result<Self, RepositoryError> {
        let failed = |error: notify::Error| RepositoryError::Watch {
            root: root.to_owned(),
            reason: error.to_string(),
        };
        // The system reports paths under the folder's real name.
        let root = root.canonicalize().map_err(|error| failed(notify::Error::io(error)))?;
        let (reports, incoming) = mpsc::sync_channel(QUEUE);
        let (changes_in, changes) = mpsc::sync_channel(1);
        let watched = root.clone();
        let handler = move |event| forward(&watched, event, &reports);
        let config = notify::Config::default().with_follow_symlinks(false);
        let mut system = notify::RecommendedWatcher::new(handler, config).map_err(failed)?;
        system.watch(&root, RecursiveMode::Recursive).map_err(failed)?;
        thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || collect(&incoming, &changes_in))
            .map_err(|error| failed(notify::Error::io(error)))?;
        Ok(Self { changes, _system: system })
    }

    /// Waits for the next change; `None` when the watcher has ended.
    pub fn next(&self) -> Option<Scope> {
        self.changes.recv().ok()
    }

    /// Waits for the next change no longer than this; `None` when there was none, or the watcher has ended.
    pub fn next_within(&self, patience: Duration) -> Option<Scope> {
        self.changes.recv_timeout(patience).ok()
    }
}

/// Sorts one event of the system; never waits.
fn forward(root: &Path, event: notify::Result<notify::Event>, reports: &SyncSender<Report>) {
    let Ok(event) = event else {
        let _ = reports.try_send(Report::Anything);
        return;
    };
    if event.need_rescan() {
        let _ = reports.try_send(Report::Anything);
    } else if !event.kind.is_access() {
        for name in event.paths.iter().filter_map(|path| item_of(root, path)) {
            // When the queue is full, what is in it makes the collector look soon, and then at everything.
            if let Err(TrySendError::Full(_)) = reports.try_send(Report::Changed(name)) {
                return;
            }
        }
    }
}

/// The item that a path belongs to.
fn item_of(root: &Path, path: &Path) -> Option<String> {
    let Some(Component::Normal(name)) = path.strip_prefix(root).ok()?.components().next() else {
        return None;
    };
    let name = name.to_str()?;
    (!scan::is_hidden(name)).then(|| name.to_owned())
}

/// Holds names back until they rest.
#[derive(Default)]
struct Restless {
    names: BTreeMap<String, Instant>,
    everything: Option<Instant>,
}

impl Restless {
    fn add(&mut self, report: Report, now: Instant) {
        match report {
            Report::Changed(name) => {
                self.names.insert(name, now);
            }
            Report::Anything => self.everything = Some(now),
        }
        if self.names.len() >= QUEUE {
            self.everything = Some(now);
        }
    }

    /// Takes out what has rested; `None` when nothing has.
    fn rested(&mut self, now: Instant) -> Option<Scope> {
        let rested = |since: &Instant| now.duration_since(*since) >= REST;
        if self.everything.as_ref().is_some_and(rested) {
            self.everything = None;
            self.names.clear();
            return Some(Scope::Everything);
        }
        let (out, stay) = std::mem::take(&mut self.names).into_iter().partition(|(_, since)| rested(since));
        self.names = stay;
        let out: BTreeMap<String, Instant> = out;
        (!out.is_empty()).then(|| Scope::Names(out.into_keys().collect()))
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.everything.is_none()
    }
}

fn collect(incoming: &Receiver<Report>, changes: &SyncSender<Scope>) {
    let mut restless = Restless::default();
    let mut ready: Option<Scope> = None;
    loop {
        let received = if restless.is_empty() && ready.is_none() {
            incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            incoming.recv_timeout(REST / 5)
        };
        let now = Instant::now();
        match received {
            Ok(report) => restless.add(report, now),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let mut waiting = 1;
        while let Ok(report) = incoming.try_recv() {
            restless.add(report, now);
            waiting += 1;
        }
        if waiting >= QUEUE {
            // The queue was full: reports may be lost.
            restless.add(Report::Anything, now);
        }
        ready = merge(ready, restless.rested(now));
        if let Some(scope) = ready.take() {
            match changes.try_send(scope) {
                Ok(()) => {}
                Err(TrySendError::Full(scope)) => ready = Some(scope),
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }
}

fn merge(one: Option<Scope>, other: Option<Scope>) -> Option<Scope> {
    match (one, other) {
        (Some(Scope::Names(mut names)), Some(Scope::Names(more))) => {
            names.extend(more);
            Some(Scope::Names(names))
        }
        (Some(Scope::Everything), _) | (_, Some(Scope::Everything)) => Some(Scope::Everything),
        (one, None) => one,
        (None, other) => other,
    }
}
