//! Notices changes in the repository.
//!
//! What the system reports is reduced to top-level names. A name is given out once it has rested for a moment, so that
//! a file being copied is not hashed again and again. When the system lost reports, everything is looked at. The
//! state folder is not watched: a download writes there all the time.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    thread,
    time::{Duration, Instant},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, event::ModifyKind};

use crate::{refresh::Scope, repository::RepositoryError, scan};

/// How long a name must rest.
const REST: Duration = Duration::from_millis(500);

/// Reports that wait to be sorted; more are replaced by a look at everything.
const QUEUE: usize = 4096;

/// Watches the repository's folder until it is dropped.
///
/// Changes are collected by top-level name and given out once a name has rested for half a second. Each message is a
/// [`Scope`] to refresh; [`Scope::Everything`] when the system could not say what changed. One message waits at most;
/// what comes meanwhile is merged into the next.
#[derive(Debug)]
pub struct Watcher {
    changes: Receiver<Scope>,
    reports: SyncSender<Report>,
}

/// What the collector is told.
#[derive(Debug)]
enum Report {
    /// Something in the item of this name changed.
    Changed(String),
    /// An entry of this name came into being: if it is a folder, it is to be watched.
    Appeared(String),
    /// Something was lost.
    Anything,
    /// The watcher is dropped.
    Stop,
}

impl Watcher {
    /// Starts watching the folder `root`.
    pub(crate) fn start(root: &Path) -> Result<Self, RepositoryError> {
        let failed = |reason: String| RepositoryError::Watch { root: root.to_owned(), reason };
        // The system reports paths under the folder's real name.
        let root = root.canonicalize().map_err(|error| failed(error.to_string()))?;
        let (reports, incoming) = mpsc::sync_channel(QUEUE);
        let (changes_in, changes) = mpsc::sync_channel(1);
        let system = watch_all(&root, reports.clone()).map_err(|error| failed(error.to_string()))?;
        let collector =
            Collector { root, system, changes: changes_in, restless: Restless::default(), ready: None };
        thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || collector.run(&incoming))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { changes, reports })
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

impl Drop for Watcher {
    fn drop(&mut self) {
        // The collector always takes what is in its queue, so there will be room; it may have ended by itself.
        let _ = self.reports.send(Report::Stop);
    }
}

/// Watches the folder itself, and every item that is a folder with all that is in it.
fn watch_all(root: &Path, reports: SyncSender<Report>) -> notify::Result<RecommendedWatcher> {
    let watched = root.to_owned();
    let handler = move |event| forward(&watched, event, &reports);
    let config = notify::Config::default().with_follow_symlinks(false);
    let mut system = RecommendedWatcher::new(handler, config)?;
    system.watch(root, RecursiveMode::NonRecursive)?;
    for entry in fs::read_dir(root).map_err(notify::Error::io)? {
        let path = entry.map_err(notify::Error::io)?.path();
        if item_of(root, &path).is_some() {
            watch_folder(&mut system, &path)?;
        }
    }
    Ok(system)
}

/// Watches an item, if it is a folder; one that is gone is no error.
fn watch_folder(system: &mut RecommendedWatcher, path: &Path) -> notify::Result<()> {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(());
    }
    match system.watch(path, RecursiveMode::Recursive) {
        Err(error) if matches!(error.kind, notify::ErrorKind::PathNotFound) => Ok(()),
        watched => watched,
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
    }
    if event.kind.is_access() {
        return;
    }
    let appeared = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)));
    for path in &event.paths {
        let Some(name) = item_of(root, path) else { continue };
        let is_item = path.parent() == Some(root);
        let report = if appeared && is_item { Report::Appeared(name) } else { Report::Changed(name) };
        // A full queue makes the collector look at everything.
        if let Err(TrySendError::Full(_)) = reports.try_send(report) {
            return;
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

/// The thread that holds changes back until they rest.
struct Collector {
    root: PathBuf,
    system: RecommendedWatcher,
    changes: SyncSender<Scope>,
    restless: Restless,
    /// What has rested, and waits to be taken.
    ready: Option<Scope>,
}

impl Collector {
    fn run(mut self, incoming: &Receiver<Report>) {
        loop {
            let first = if self.restless.is_empty() && self.ready.is_none() {
                incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                incoming.recv_timeout(REST / 5)
            };
            if matches!(first, Err(RecvTimeoutError::Disconnected)) {
                return;
            }
            let mut count = 0;
            for report in first.into_iter().chain(incoming.try_iter().take(QUEUE)) {
                count += 1;
                if matches!(report, Report::Stop) {
                    return;
                }
                self.take(report);
            }
            if count >= QUEUE {
                // The queue was full: reports may be lost.
                self.restless.everything = Some(Instant::now());
            }
            self.ready = merge(self.ready.take(), self.restless.rested(Instant::now()));
            match self.ready.take().map(|scope| self.changes.try_send(scope)) {
                Some(Err(TrySendError::Full(scope))) => self.ready = Some(scope),
                Some(Err(TrySendError::Disconnected(_))) => return,
                Some(Ok(())) | None => {}
            }
        }
    }

    fn take(&mut self, report: Report) {
        let now = Instant::now();
        match report {
            Report::Changed(name) => self.restless.add(name, now),
            Report::Appeared(name) => {
                if let Err(error) = watch_folder(&mut self.system, &self.root.join(&name)) {
                    tracing::warn!(item = name, %error, "a new folder cannot be watched: use `update` after changes");
                }
                self.restless.add(name, now);
            }
            Report::Anything => self.restless.everything = Some(now),
            Report::Stop => {}
        }
    }
}

/// Names that changed, and when they did last.
#[derive(Default)]
struct Restless {
    names: BTreeMap<String, Instant>,
    everything: Option<Instant>,
}

impl Restless {
    fn add(&mut self, name: String, now: Instant) {
        self.names.insert(name, now);
        if self.names.len() >= QUEUE {
            self.everything = Some(now);
        }
    }

    /// Takes out what has rested; `None` when nothing has.
    fn rested(&mut self, now: Instant) -> Option<Scope> {
        let rested = |since: Instant| now.duration_since(since) >= REST;
        if self.everything.is_some_and(rested) {
            self.everything = None;
            self.names.clear();
            return Some(Scope::Everything);
        }
        let names = self.names.extract_if(.., |_, since| rested(*since)).map(|(name, _)| name).collect();
        Some(Scope::Names(names)).filter(|scope| *scope != Scope::Names(Default::default()))
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.everything.is_none()
    }
}

fn merge(one: Option<Scope>, other: Option<Scope>) -> Option<Scope> {
    match (one, other) {
        (Some(Scope::Names(mut names)), Some(Scope::Names(more))) => {
            names.extend(more);
            Some(Scope::Names(names))
        }
        (Some(Scope::Everything), _) | (_, Some(Scope::Everything)) => Some(Scope::Everything),
        (one, other) => one.or(other),
    }
}
