//! The handle by which other tasks reach the task that owns the members.

use peerpool_access::{
    MemberId, Members, Moment,
    key::PublicKey,
    members::{Actor, Command, Effects},
};
use peerpool_api::{Changed, KeysRead};
use peerpool_catalogue::{Audience, Change as ItemChange, SessionId, Viewer};
use peerpool_wire::{
    channel::{StockTransfer, ToPeer, Transfer},
    id::InfoHash,
    link::{Message, NodeId},
};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    desk::Desk,
    error::MembersError,
    items::{Items, KnownItem},
    keys::{KeysError, TrackerKeys},
    sessions::{Concern, Line},
    sights::Sights,
    task::MembersTask,
    who::{Caller, Who},
};
use crate::{
    closed::Closed,
    links::{Complete, OpenLink},
    store::StoreHandle,
};

/// Work that waits for the task.
const INBOX: usize = 1024;
/// Messages that wait for a link; one that has missed some tells how all stands.
const TOLD: usize = 1024;

/// Decides on a change; nothing has changed when it fails.
pub(super) type Decide =
    Box<dyn FnOnce(&mut Members, &Items, Moment) -> Result<Effects, MembersError> + Send>;

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

/// Work for the task.
pub(super) enum Work {
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
    Heard { node: NodeId, on: OpenLink, message: Message },
    LinkLost(OpenLink),
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
        let task = MembersTask::new(desk, store);
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

    /// A node has told something over a link.
    pub(crate) async fn hear(&self, node: NodeId, on: OpenLink, message: Message) -> Result<(), Closed> {
        self.send(Work::Heard { node, on, message }).await
    }

    /// A link is lost.
    pub(crate) async fn link_lost(&self, on: OpenLink) -> Result<(), Closed> {
        self.send(Work::LinkLost(on)).await
    }

    /// What another node is to be told that is in no database.
    pub(crate) async fn as_it_stands(&self) -> Result<Vec<Message>, Closed> {
        self.ask(|desk| desk.as_it_stands()).await
    }

    async fn send(&self, work: Work) -> Result<(), Closed> {
        self.work.send(work).await.map_err(|_| Closed)
    }
}
