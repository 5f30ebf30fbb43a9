//! The task that owns the members, and the handle by which other tasks reach it.

use std::{path::Path, time::Duration};

use peerpool_access::{
    FIRST_SERIAL, MemberId, Members, Moment,
    key::PublicKey,
    members::{Actor, Command, Effects},
};
use peerpool_api::{Changed, KeysRead};
use peerpool_catalogue::{Audience, Change as ItemChange, SessionId, Viewer};
use peerpool_wire::{
    channel::{Key, StockTransfer, ToPeer, Transfer},
    id::InfoHash,
    link::{Message, NodeId, StockClient},
};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    desk::Desk,
    error::MembersError,
    items::{Items, KnownItem},
    keys::{
        KeysError, TrackerKeys,
        noted::{self, Noted},
    },
    sessions::{Concern, Line},
    sights::Sights,
    who::{Caller, Who},
};
use crate::{
    closed::Closed,
    links::Complete,
    store::{StoreError, StoreHandle},
};

/// Work that waits for the task.
const INBOX: usize = 1024;
/// Messages that wait for a link; one that has missed some has the other node look.
const TOLD: usize = 1024;
/// The longest that the task sleeps: clocks are set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// How long it waits after the store has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Decides on a change; nothing has changed when it fails.
type Decide = Box<dyn FnOnce(&mut Members, &Items, Moment) -> Result<Effects, MembersError> + Send>;

/// By what a member's command is made out.
pub(crate) struct Known<'a> {
    pub(crate) members: &'a Members,
    pub(crate) items: &'a Items,
    /// Who commands.
    pub(crate) by: MemberId,
    /// The same, and by what it was let in.
    pub(crate) who: Who,
    pub(crate) now: Moment,
}

enum Work {
    Ask(Box<dyn FnOnce(&mut Desk) + Send>),
    Change { decide: Decide, answer: oneshot::Sender<Result<Changed, MembersError>> },
    Item(KnownItem),
    ItemGone(InfoHash),
    Concern { session: SessionId, items: Vec<InfoHash>, concern: Concern },
    Seen { session: SessionId, epoch: u64 },
    Transferred { session: SessionId, transfers: Vec<Transfer>, stock: Vec<StockTransfer> },
    TakesStock { session: SessionId, items: Vec<InfoHash> },
    WantPass(SessionId),
    WantChange(SessionId),
    Left(SessionId),
    Keys(oneshot::Sender<Result<KeysRead, KeysError>>),
    Heard,
    NodeDone { node: NodeId, epoch: u64, confirmed: Vec<String>, silent: Vec<String> },
    StockClient(StockClient),
    StockTakers { node: NodeId, item: InfoHash, keys: Vec<Key> },
    NodeLost(NodeId),
}

/// Reaches the members from any task.
#[derive(Clone)]
pub(crate) struct MembersHandle {
    work: mpsc::Sender<Work>,
    /// The pool's root key, which its invites carry.
    pub(crate) root: PublicKey,
    /// What the catalogue is to be told.
    pub(crate) sights: Sights,
    /// What other nodes are told.
    pub(crate) told: broadcast::Sender<Message>,
}

impl MembersHandle {
    /// Starts the task. It ends when `shutdown` is cancelled. Where this is a node, other `nodes` may change the same members.
    pub(crate) fn start(
        (members, nodes): (Members, Option<watch::Receiver<Complete>>),
        keys: TrackerKeys,
        items: Vec<KnownItem>,
        store: StoreHandle,
        shutdown: CancellationToken,
    ) -> Self {
        let (work, inbox) = mpsc::channel(INBOX);
        let sights = Sights::default();
        let root = keys.root();
        let told = broadcast::Sender::new(TOLD);
        let desk = Desk::new(members, keys, items, sights.clone(), nodes, told.clone());
        let task = MembersTask { desk, store, keys_rest: Moment(0), told: told.clone() };
        tokio::spawn(shutdown.run_until_cancelled_owned(task.run(inbox)));
        Self { work, root, sights, told }
    }

    /// Has the task answer a question.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        let ask = move |desk: &mut Desk| {
            // Whoever asked may have left.
            let _ = answer.send(question(desk));
        };
        self.send(Work::Ask(Box::new(ask))).await?;
        answered.await.map_err(|_| Closed)
    }

    /// Has something changed, and returns when it is kept.
    pub(crate) async fn change(
        &self,
        decide: impl FnOnce(&mut Members, &Items, Moment) -> Result<Effects, MembersError> + Send + 'static,
    ) -> Result<Result<Changed, MembersError>, Closed> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Change { decide: Box::new(decide), answer }).await?;
        answered.await.map_err(|_| Closed)
    }

    /// Does what the member commands that this caller comes as: all of it, or nothing.
    pub(crate) async fn command(
        &self,
        caller: Caller,
        commands: impl FnOnce(Known<'_>) -> Result<Vec<Command>, MembersError> + Send + 'static,
    ) -> Result<Result<Changed, MembersError>, Closed> {
        self.change(move |members, items, now| {
            let who = Who::of(members, caller, now)?;
            let by = who.member;
            let commands = commands(Known { members, items, by, who, now })?;
            commands.into_iter().try_fold(Effects::default(), |effects, command| {
                Ok(effects.and(members.handle(now, Actor::Member(by), command)?))
            })
        })
        .await
    }

    /// The catalogue has another item, or lost one. Nothing waits for the catalogue here, so that it may wait for this.
    pub(crate) async fn item_changed(&self, change: &ItemChange) {
        let work = match change {
            ItemChange::Added(item) => Work::Item(item.into()),
            ItemChange::Removed(info_hash) => Work::ItemGone(*info_hash),
            ItemChange::Seen(_) => return,
        };
        // A tracker that is ending needs no audiences.
        let _ = self.send(work).await;
    }

    /// Who may see these items, once the catalogue knows them.
    pub(crate) async fn audiences(&self, items: Vec<KnownItem>) -> Result<Vec<Audience>, Closed> {
        self.ask(move |desk| items.iter().map(|item| desk.audience_for(item)).collect()).await
    }

    /// What a member may see now.
    pub(crate) async fn viewer(&self, member: u32) -> Result<Viewer, Closed> {
        self.ask(move |desk| desk.viewer(MemberId(member))).await
    }

    /// Whether a member may get an item that the pool knows.
    pub(crate) async fn may_get(&self, member: u32, info_hash: InfoHash) -> Result<bool, Closed> {
        self.ask(move |desk| desk.may_get(MemberId(member), info_hash)).await
    }

    /// What these members may see now, and how often that may have changed; nothing if it has not since.
    pub(crate) async fn viewers_since(
        &self,
        known: u64,
        members: Vec<u32>,
    ) -> Result<Option<(u64, Vec<(u32, Viewer)>)>, Closed> {
        self.ask(move |desk| desk.viewers_since(known, members)).await
    }

    /// Begins a session of the member with this key.
    pub(crate) async fn open(
        &self,
        session: SessionId,
        key: PublicKey,
    ) -> Result<Result<Line, MembersError>, Closed> {
        self.ask(move |desk| desk.open(session, key)).await
    }

    /// A session has ended.
    pub(crate) async fn left(&self, session: SessionId) {
        // So with a tracker that is ending.
        let _ = self.send(Work::Left(session)).await;
    }

    /// A session has to do with these items now, or no more.
    pub(crate) async fn concern(
        &self,
        session: SessionId,
        items: Vec<InfoHash>,
        concern: Concern,
    ) -> Result<(), Closed> {
        self.send(Work::Concern { session, items, concern }).await
    }

    /// A session has done everything up to this epoch.
    pub(crate) async fn seen(&self, session: SessionId, epoch: u64) -> Result<(), Closed> {
        self.send(Work::Seen { session, epoch }).await
    }

    /// A session tells what passed between its peer and others.
    pub(crate) async fn transferred(
        &self,
        session: SessionId,
        transfers: Vec<Transfer>,
        stock: Vec<StockTransfer>,
    ) -> Result<(), Closed> {
        self.send(Work::Transferred { session, transfers, stock }).await
    }

    /// A session takes stock clients for these items.
    pub(crate) async fn takes_stock(&self, session: SessionId, items: Vec<InfoHash>) -> Result<(), Closed> {
        self.send(Work::TakesStock { session, items }).await
    }

    /// A session asks for a pass.
    pub(crate) async fn want_pass(&self, session: SessionId) -> Result<(), Closed> {
        self.send(Work::WantPass(session)).await
    }

    /// A session asks what has changed.
    pub(crate) async fn want_change(&self, session: SessionId) -> Result<(), Closed> {
        self.send(Work::WantChange(session)).await
    }

    /// What a session is to be told next, until there is nothing more.
    pub(crate) async fn news(&self, session: SessionId) -> Result<Option<ToPeer>, Closed> {
        self.ask(move |desk| desk.news(session)).await
    }

    /// Reads the pool's keys anew, which somebody has changed in the data folder, and tells peers.
    pub(crate) async fn read_keys(&self) -> Result<Result<KeysRead, KeysError>, Closed> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Keys(answer)).await?;
        answered.await.map_err(|_| Closed)
    }

    /// Another node says that it has changed members.
    pub(crate) async fn heard(&self) -> Result<(), Closed> {
        self.send(Work::Heard).await
    }

    /// The peers of another node go by all changes up to this one.
    pub(crate) async fn node_done(
        &self,
        node: NodeId,
        epoch: u64,
        confirmed: Vec<String>,
        silent: Vec<String>,
    ) -> Result<(), Closed> {
        self.send(Work::NodeDone { node, epoch, confirmed, silent }).await
    }

    /// A stock client has announced itself at another node.
    pub(crate) async fn stock_client(&self, client: StockClient) -> Result<(), Closed> {
        self.send(Work::StockClient(client)).await
    }

    /// Another node tells which of its devices take stock clients for an item.
    pub(crate) async fn stock_takers(
        &self,
        node: NodeId,
        item: InfoHash,
        keys: Vec<Key>,
    ) -> Result<(), Closed> {
        self.send(Work::StockTakers { node, item, keys }).await
    }

    /// The link to another node is lost.
    pub(crate) async fn node_lost(&self, node: NodeId) -> Result<(), Closed> {
        self.send(Work::NodeLost(node)).await
    }

    /// What another node is to be told that is in no database.
    pub(crate) async fn as_it_stands(&self) -> Result<Vec<Message>, Closed> {
        self.ask(|desk| desk.stock_as_it_stands()).await
    }

    async fn send(&self, work: Work) -> Result<(), Closed> {
        self.work.send(work).await.map_err(|_| Closed)
    }
}

struct MembersTask {
    desk: Desk,
    store: StoreHandle,
    /// Before this moment keys are not read again by themselves, since it has failed.
    keys_rest: Moment,
    /// What other nodes are told.
    told: broadcast::Sender<Message>,
}

impl MembersTask {
    async fn run(mut self, mut inbox: mpsc::Receiver<Work>) {
        if self.desk.lookout.is_some() {
            // Nothing is signed before the clock of all nodes is known.
            self.look().await;
        }
        self.note_changed_keys().await;
        loop {
            let now = self.desk.now();
            let due = self.desk.members.next_timeout().into_iter().chain(self.next_keyset()).min();
            let due = due.map_or(LONGEST_SLEEP, |due| due.since(now));
            let silent = self.desk.waiting.next_timeout();
            let look =
                self.desk.lookout.as_ref().map(|lookout| self.desk.clock.instant(lookout.next_timeout()));
            tokio::select! {
                work = inbox.recv() => match work {
                    Some(work) => self.handle(work).await,
                    None => return,
                },
                () = tokio::time::sleep(due.min(LONGEST_SLEEP)) => {
                    self.change_keyset().await;
                    match self.decide(|members, _, now| Ok(members.handle_timeout(now))).await {
                        Ok(effects) => self.desk.spread(effects, (self.desk.nodes(), None)),
                        Err(error) => {
                            tracing::error!(%error, "what was to end of members goes on for now");
                            tokio::time::sleep(AFTER_FAILURE).await;
                        }
                    }
                }
                () = sleep_until(silent) => self.desk.end_silent(Instant::now()),
                () = sleep_until(look) => self.look().await,
            }
        }
    }

    async fn handle(&mut self, work: Work) {
        match work {
            Work::Ask(question) => question(&mut self.desk),
            Work::Change { decide, answer } => {
                match self.decide(decide).await {
                    Ok(effects) => self.desk.spread(effects, (self.desk.nodes(), Some(answer))),
                    // Whoever asked may have left.
                    Err(error) => drop(answer.send(Err(error))),
                }
            }
            Work::Item(item) => self.desk.add_item(item),
            Work::ItemGone(info_hash) => self.desk.remove_item(info_hash),
            Work::Concern { session, items, concern } => self.desk.concern(session, items, concern),
            Work::Seen { session, epoch } => self.desk.waiting.seen(session, epoch),
            Work::Transferred { session, transfers, stock } => {
                let transfers = self.desk.transferred(session, &transfers, &stock);
                self.store.keep_transfers(transfers).await;
            }
            Work::TakesStock { session, items } => {
                self.desk.sessions.takes_stock(session, &items);
                self.desk.tell_takers();
            }
            Work::StockClient(client) => self.desk.hear_client(client),
            Work::StockTakers { node, item, keys } => self.desk.hear_takers(node, item, keys),
            Work::NodeLost(node) => self.desk.lose_takers(node),
            Work::WantPass(session) => self.desk.want_pass(session),
            Work::WantChange(session) => self.desk.want_change(session),
            Work::Left(session) => self.desk.left(session),
            Work::Heard => {
                let now = self.desk.clock.now();
                if let Some(lookout) = &mut self.desk.lookout {
                    lookout.hear(now);
                }
            }
            Work::NodeDone { node, epoch, confirmed, silent } => {
                self.desk.waiting.node_done(node, epoch, &confirmed, &silent);
            }
            // Whoever asked may have left.
            Work::Keys(answer) => drop(answer.send(self.read_keys(Some(Actor::Operator)).await)),
        }
    }

    /// Sees what other nodes have changed.
    async fn look(&mut self) {
        match self.store.see_members().await {
            Ok(seen) => self.desk.see(seen),
            Err(error) => {
                tracing::debug!(%error, "what other nodes have changed of members cannot be seen");
                let now = self.desk.clock.now();
                if let Some(lookout) = &mut self.desk.lookout {
                    lookout.fail(now);
                }
                self.desk.end_unseen();
            }
        }
    }

    /// When another keyset takes the place of the one that peers know.
    fn next_keyset(&self) -> Option<Moment> {
        self.desk.keys().next_timeout().map(|due| due.max(self.keys_rest))
    }

    async fn change_keyset(&mut self) {
        let now = self.desk.now();
        if self.next_keyset().is_none_or(|due| now < due) {
            return;
        }
        match self.read_keys(None).await {
            Ok(KeysRead { serial, .. }) => {
                tracing::info!(serial, "keys that were replaced have left the pool's keyset");
            }
            Err(error) => {
                tracing::error!(%error, "keys that were replaced stay in the pool's keyset for now");
                self.keys_rest = now + LONGEST_SLEEP;
            }
        }
    }

    /// Goes on with the keys as they are in the data folder. `by` is who changed them; `None` where only their time was over.
    async fn read_keys(&mut self, by: Option<Actor>) -> Result<KeysRead, KeysError> {
        let (now, keys) = (self.desk.now(), self.desk.keys());
        let before = keys.keyset().serial;
        let peers = match keys.folder().map(Path::to_owned) {
            None => 0,
            Some(folder) => {
                let name = keys.keyset().name.clone();
                let path = folder.clone();
                let read =
                    tokio::task::spawn_blocking(move || TrackerKeys::load_or_create(&folder, &name, now));
                let read = read.await.map_err(|error| KeysError::File { path, source: error.into() })?;
                self.desk.take_keys(read?)
            }
        };
        let serial = self.desk.keys().keyset().serial;
        if serial != before {
            self.note_keys(by).await;
        }
        Ok(KeysRead { serial, peers })
    }

    /// Notes that the keys are others than the audit knows: no tracker may have run when they were changed.
    async fn note_changed_keys(&mut self) {
        let keyset = self.desk.keys().keyset();
        if keyset.serial == FIRST_SERIAL {
            return;
        }
        match Noted::last(&self.store).await {
            Ok(last) if noted::is_newer(keyset, last.as_ref()) => {
                let by = noted::maker(keyset, last.as_ref());
                self.note_keys(by).await;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "it is not known whether the audit knows the pool's keys"),
        }
    }

    /// The keys are in force, whether or not the audit can be kept.
    async fn note_keys(&mut self, by: Option<Actor>) {
        let keyset = self.desk.keys().keyset().clone();
        let serial = keyset.serial;
        let noting = self.decide(move |members, _, now| Ok(members.keys_changed(now, by, &keyset)));
        if let Err(error) = noting.await {
            tracing::error!(%error, serial, "the audit does not say that the pool's keys have changed");
        }
    }

    /// What is told was kept before; what could not be kept has not happened. Returns the changed members' effects.
    async fn decide(
        &mut self,
        decide: impl FnOnce(&mut Members, &Items, Moment) -> Result<Effects, MembersError>,
    ) -> Result<Effects, MembersError> {
        let Self { desk, store, .. } = self;
        let mut decided = None;
        let kept = store.change_members(|seen| {
            desk.see(seen);
            let now = desk.now();
            let before = desk.members.clone();
            let outcome = decide(&mut desk.members, &desk.items, now);
            let changes = outcome.as_ref().ok().map(|effects| effects.changes.clone());
            decided = Some((before, outcome));
            changes.filter(|changes| !changes.is_empty())
        });
        let kept = kept.await;
        let Some((before, outcome)) = decided else {
            // Nothing can be kept now, so nothing was decided.
            return Err(kept.err().unwrap_or(StoreError::Gone).into());
        };
        let outcome = outcome.and_then(|effects| Ok(kept.map(|()| effects)?));
        match &outcome {
            Ok(effects) if effects.changes.is_empty() => {}
            // Nobody hears it when no link is up; the others look by themselves.
            Ok(_) => drop(self.told.send(Message::MembersChanged)),
            Err(_) => self.desk.members = before,
        }
        outcome
    }
}

async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
