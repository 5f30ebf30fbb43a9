//! Scans the repository, one scan at a time, and reports what it finds.
//!
//! Requests that wait are joined into one scan. A scan that nobody asked for by name is followed by a pause, which is
//! longer the longer the scan took: neither a storm of changes nor one of questions of the tracker keeps the disk busy.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use peerpool_repository::{self as repository, Cancel, Repository, Scope, Watcher, refresh::Problem};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::event_sender::EventSender;

/// Looks that wait.
const QUEUE: usize = 64;
/// How long a file must rest before it is looked at once more, at first and at most.
const SETTLE: Duration = Duration::from_secs(2);
const LONGEST_SETTLE: Duration = Duration::from_secs(60);
/// The pause after a look, in times of what the look took, and the longest one.
const PACE: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How often everything is looked at without a reason: when some changes are not noticed, and when all are.
const LOOK_BLIND: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_secs(15 * 60);
/// The same, in times of what the last look at everything took, if that is longer.
const LOOK_PACE: u32 = 20;

/// How often the watching thread sees whether the peer has ended.
const GLANCE: Duration = Duration::from_secs(4);

/// What a look finds, and what becomes of watching.
#[derive(Debug)]
pub(crate) enum Event {
    /// A look begins.
    Begun(Scope),
    /// Something was found.
    Refresh(repository::Event),
    /// The look is over.
    Done,
    /// The folders in which changes are not noticed as they happen; all of them.
    Unwatched(Vec<Problem>),
}

struct Look {
    scope: Scope,
    done: Option<oneshot::Sender<()>>,
}

/// Has the repository looked at.
#[derive(Clone, Debug)]
pub(crate) struct ScannerHandle {
    looks: mpsc::Sender<Look>,
    /// Some changes are not noticed.
    blind: Arc<AtomicBool>,
}

impl ScannerHandle {
    /// Looks at everything and waits until all of it is known.
    pub(crate) async fn refresh(&self) {
        self.look(Scope::Everything).await;
    }

    /// Looks at one name and waits until it is known.
    pub(crate) async fn refresh_name(&self, name: String) {
        self.look(Scope::Names(BTreeSet::from([name]))).await;
    }

    /// Has one name looked at soon. When too much waits already the watcher or `update` will come to it.
    pub(crate) fn look_again(&self, name: String) {
        let scope = Scope::Names(BTreeSet::from([name]));
        let _ = self.looks.try_send(Look { scope, done: None });
    }

    async fn look(&self, scope: Scope) {
        let (done, known) = oneshot::channel();
        let look = Look { scope, done: Some(done) };
        if self.looks.send(look).await.is_ok() {
            let _ = known.await;
        }
    }
}

/// The scanner, and the task that looks for it.
pub(crate) fn open(
    repository: Arc<Repository>,
    events: EventSender<Event>,
    shutdown: CancellationToken,
) -> (ScannerHandle, impl Future<Output = ()> + Send) {
    let (looks, inbox) = mpsc::channel(QUEUE);
    let blind = Arc::new(AtomicBool::new(true));
    let scanner = Scanner {
        repository,
        events,
        shutdown,
        inbox,
        looks: looks.downgrade(),
        blind: blind.clone(),
        waiting: None,
        done: Vec::new(),
        hurry: false,
        free: Instant::now(),
        next: None,
        settling: BTreeMap::new(),
    };
    (ScannerHandle { looks, blind }, scanner.run())
}

/// Tells the scanner what the watcher notices; ends with the scanner.
pub(crate) fn watch(
    watcher: Watcher,
    scanner: &ScannerHandle,
    repository: Arc<Repository>,
    events: EventSender<Event>,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let (looks, blind) = (scanner.looks.downgrade(), scanner.blind.clone());
    // The repository is free for another process as soon as the peer has ended, which this thread learns a moment
    // later.
    let repository = Arc::downgrade(&repository);
    std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
        let mut told = Vec::new();
        while !shutdown.is_cancelled() {
            let glanced = std::time::Instant::now();
            let noticed = watcher.next_within(GLANCE);
            tell_unwatched(&watcher, &events, &blind, &mut told);
            let Some(scope) = noticed else {
                match glanced.elapsed() < GLANCE / 2 {
                    // It gave up early: the watcher itself has ended.
                    true => return,
                    false => continue,
                }
            };
            if matches!(scope, Scope::Stirred(_)) {
                // It is quick, and must not wait for whatever is being hashed.
                if let Some(repository) = repository.upgrade().filter(|_| !shutdown.is_cancelled()) {
                    take(&repository, &events, &scope, &Cancel::default());
                }
                continue;
            }
            let Some(looks) = looks.upgrade() else { return };
            if looks.blocking_send(Look { scope, done: None }).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

fn tell_unwatched(
    watcher: &Watcher,
    events: &EventSender<Event>,
    blind: &AtomicBool,
    told: &mut Vec<String>,
) {
    let unwatched = watcher.unwatched();
    blind.store(!unwatched.is_empty(), Ordering::Relaxed);
    let words: Vec<String> = unwatched.iter().map(ToString::to_string).collect();
    if *told != words {
        *told = words;
        events.blocking_send(Event::Unwatched(unwatched));
    }
}

/// The task that looks.
struct Scanner {
    repository: Arc<Repository>,
    events: EventSender<Event>,
    shutdown: CancellationToken,
    inbox: mpsc::Receiver<Look>,
    looks: mpsc::WeakSender<Look>,
    blind: Arc<AtomicBool>,
    /// What is to be looked at next, and who waits for it.
    waiting: Option<Scope>,
    done: Vec<oneshot::Sender<()>>,
    /// Somebody waits for a look at one name.
    hurry: bool,
    /// When the next look may begin.
    free: Instant,
    /// When everything is to be looked at without a reason, counted from the last look at everything, by what that
    /// took.
    next: Option<(Instant, Duration)>,
    /// Names that did not rest, and how long they were given.
    settling: BTreeMap<String, Duration>,
}

impl Scanner {
    async fn run(mut self) {
        loop {
            let due = self.due();
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                look = self.inbox.recv() => match look {
                    Some(look) => self.join(look),
                    None => return,
                },
                () = tokio::time::sleep_until(due) => {
                    let scope = self.waiting.take().unwrap_or(Scope::Everything);
                    if !self.look(scope).await {
                        return;
                    }
                }
            }
        }
    }

    fn join(&mut self, look: Look) {
        self.hurry |= look.done.is_some() && look.scope != Scope::Everything;
        self.done.extend(look.done);
        self.waiting = Some(match self.waiting.take() {
            Some(waiting) => waiting.with(look.scope),
            None => look.scope,
        });
    }

    /// When the next look is due.
    fn due(&self) -> Instant {
        match &self.waiting {
            Some(_) if self.hurry => Instant::now(),
            Some(_) => self.free,
            None => {
                let least = if self.blind.load(Ordering::Relaxed) { LOOK_BLIND } else { LOOK };
                let (last, took) = self.next.unwrap_or((self.free, Duration::ZERO));
                last + least.max(took * LOOK_PACE)
            }
        }
    }

    /// One look; false when the peer ends.
    async fn look(&mut self, scope: Scope) -> bool {
        self.hurry = false;
        let done = std::mem::take(&mut self.done);
        let begun = Instant::now();
        let cancel = Cancel::default();
        let mut looking = tokio::task::spawn_blocking({
            let (repository, events) = (self.repository.clone(), self.events.clone());
            let (cancel, scope) = (cancel.clone(), scope.clone());
            move || take(&repository, &events, &scope, &cancel)
        });
        let unsettled = tokio::select! {
            () = self.shutdown.cancelled() => {
                cancel.cancel();
                let _ = looking.await;
                return false;
            }
            unsettled = &mut looking => unsettled.unwrap_or_default(),
        };
        for waiting in done {
            let _ = waiting.send(());
        }
        let took = begun.elapsed();
        self.free = Instant::now() + (took * PACE).min(LONGEST_PAUSE);
        if scope == Scope::Everything {
            self.next = Some((Instant::now(), took));
        }
        self.look_later(&scope, unsettled);
        true
    }

    /// Has names that did not rest looked at once more, each time later.
    fn look_later(&mut self, scope: &Scope, unsettled: BTreeSet<String>) {
        self.settling.retain(|name, _| unsettled.contains(name) || !scope.has(name));
        let mut by_delay: BTreeMap<Duration, BTreeSet<String>> = BTreeMap::new();
        for name in unsettled {
            let delay = self.settling.get(&name).map_or(SETTLE, |delay| (*delay * 2).min(LONGEST_SETTLE));
            self.settling.insert(name.clone(), delay);
            by_delay.entry(delay).or_default().insert(name);
        }
        for (delay, names) in by_delay {
            let looks = self.looks.clone();
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                if let Some(looks) = looks.upgrade() {
                    let scope = Scope::Names(names);
                    let _ = looks.send(Look { scope, done: None }).await;
                }
            });
        }
    }
}

/// One look. Returns the names to look at once more.
fn take(
    repository: &Repository,
    events: &EventSender<Event>,
    scope: &Scope,
    cancel: &Cancel,
) -> BTreeSet<String> {
    let report = |event| events.blocking_send(Event::Refresh(event));
    let whole = !matches!(scope, Scope::Stirred(_));
    if whole {
        events.blocking_send(Event::Begun(scope.clone()));
    }
    let found = repository.refresh(scope, cancel, &report);
    if whole {
        events.blocking_send(Event::Done);
    }
    match found {
        Ok(refresh) => refresh.unsettled,
        Err(error) => {
            tracing::warn!(%error, "cannot look at the repository");
            BTreeSet::new()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_storm_of_questions_is_answered_by_few_looks() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "bytes").unwrap();
        let repository = Arc::new(Repository::open(folder.path()).unwrap());
        let (inbox_in, mut inbox) = mpsc::channel(1024);
        let shutdown = CancellationToken::new();
        let (scanner, looking) =
            open(repository, EventSender::new(inbox_in, |event| event), shutdown.clone());
        let looking = tokio::spawn(looking);
        let asking = tokio::task::JoinSet::from_iter((0..60).map(|_| {
            let scanner = scanner.clone();
            async move { scanner.refresh().await }
        }));
        asking.join_all().await;
        shutdown.cancel();
        looking.await.unwrap();
        let mut looks = 0;
        while let Ok(event) = inbox.try_recv() {
            looks += usize::from(matches!(event, Event::Begun(_)));
        }
        assert!((1..=4).contains(&looks), "{looks} looks for 60 questions");
    }
}
