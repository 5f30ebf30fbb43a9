//! Looks at the repository, one look at a time, and tells the node what it found.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_repository::{self as repository, Cancel, Repository, Scope, Watcher};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::node::{Message, NodeHandle};

/// Looks that wait.
const QUEUE: usize = 64;
/// How long a file must rest before it is looked at once more.
const SETTLE: Duration = Duration::from_secs(2);

/// How often the watching thread sees whether the peer has ended.
const GLANCE: Duration = Duration::from_millis(500);

/// What the node is told.
#[derive(Debug)]
pub(crate) enum Event {
    /// A look begins.
    Begun(Scope),
    /// Something was found.
    Refresh(repository::Event),
    /// The look is over.
    Done,
}

struct Look {
    scope: Scope,
    done: Option<oneshot::Sender<()>>,
}

/// Has the repository looked at.
#[derive(Clone, Debug)]
pub(crate) struct LibraryHandle {
    looks: mpsc::Sender<Look>,
}

impl LibraryHandle {
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

/// The library, and the task that looks for it.
pub(crate) fn open(
    repository: Arc<Repository>,
    node: NodeHandle,
    ending: CancellationToken,
) -> (LibraryHandle, impl Future<Output = ()> + Send) {
    let (looks, inbox) = mpsc::channel(QUEUE);
    let looking = run(repository, node, ending, inbox, looks.downgrade());
    (LibraryHandle { looks }, looking)
}

/// Tells the library what the watcher notices; ends with the library.
pub(crate) fn watch(
    watcher: Watcher,
    library: &LibraryHandle,
    ending: CancellationToken,
) -> std::io::Result<()> {
    let looks = library.looks.downgrade();
    std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
        while !ending.is_cancelled() {
            let glanced = Instant::now();
            let Some(scope) = watcher.next_within(GLANCE) else {
                match glanced.elapsed() < GLANCE / 2 {
                    // It gave up early: the watcher itself has ended.
                    true => return,
                    false => continue,
                }
            };
            let Some(looks) = looks.upgrade() else { return };
            if looks.blocking_send(Look { scope, done: None }).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

async fn run(
    repository: Arc<Repository>,
    node: NodeHandle,
    ending: CancellationToken,
    mut inbox: mpsc::Receiver<Look>,
    looks: mpsc::WeakSender<Look>,
) {
    loop {
        let look = tokio::select! {
            () = ending.cancelled() => return,
            look = inbox.recv() => match look {
                Some(look) => look,
                None => return,
            },
        };
        let cancel = Cancel::default();
        let mut looking = tokio::task::spawn_blocking({
            let (repository, node, cancel) = (repository.clone(), node.clone(), cancel.clone());
            move || take(&repository, &node, &look.scope, &cancel)
        });
        let unsettled = tokio::select! {
            () = ending.cancelled() => {
                cancel.cancel();
                let _ = looking.await;
                return;
            }
            unsettled = &mut looking => unsettled.unwrap_or_default(),
        };
        if let Some(done) = look.done {
            let _ = done.send(());
        }
        look_later(unsettled, looks.clone());
    }
}

/// One look. Returns the names to look at once more.
fn take(repository: &Repository, node: &NodeHandle, scope: &Scope, cancel: &Cancel) -> BTreeSet<String> {
    node.blocking_send(Message::Library(Event::Begun(scope.clone())));
    let report = |event| node.blocking_send(Message::Library(Event::Refresh(event)));
    let found = repository.refresh(scope, cancel, &report);
    node.blocking_send(Message::Library(Event::Done));
    match found {
        Ok(refresh) => refresh.unsettled,
        Err(error) => {
            tracing::warn!(%error, "cannot look at the repository");
            BTreeSet::new()
        }
    }
}

fn look_later(names: BTreeSet<String>, looks: mpsc::WeakSender<Look>) {
    if names.is_empty() {
        return;
    }
    tokio::spawn(async move {
        tokio::time::sleep(SETTLE).await;
        if let Some(looks) = looks.upgrade() {
            let scope = Scope::Names(names);
            let _ = looks.send(Look { scope, done: None }).await;
        }
    });
}
