//! The task that owns the catalogue, and the handle by which other tasks reach it.

mod probe;
mod task;

use std::{collections::HashSet, net::IpAddr, sync::Arc};

use peerpool_catalogue::{
    AnnounceRefusal, Asking, Catalogue, Counts, Endpoints, Held, Index, Input, ItemRow, Located, Output,
    SessionId, SnapshotCursor, Viewer,
};
use peerpool_wire::{
    announce::{Announce, AnnounceAnswer, ScrapeCounts},
    channel::{
        CatalogueItem, Failure, Hello, HoldersFound, Key, PeerInfo, PeerSearch, PeersFound, Target, ToPeer,
    },
    id::{InfoHash, PeerId, WireHash},
    link,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use self::task::CatalogueTask;
pub(crate) use crate::closed::Closed;
use crate::{
    clock::{self, Clock},
    links::{Linked, OpenLink, Way, Ways},
    members::MembersHandle,
    metrics::{Level, Metrics},
    sessions::{Queue, Sessions},
    store::StoreHandle,
};

/// Inputs that wait for the catalogue's task.
const INBOX: usize = 4096;

/// One thing for the catalogue's task to do.
enum Work {
    Open {
        session: SessionId,
        hello: Hello,
        endpoints: Endpoints,
        key: Option<Key>,
        viewer: Viewer,
        queue: Queue,
    },
    Input(Input),
    Announce {
        announce: Announce,
        endpoints: Endpoints,
        viewer: Viewer,
        answer: oneshot::Sender<Result<AnnounceAnswer, AnnounceRefusal>>,
    },
    Scrape {
        hashes: Vec<WireHash>,
        viewer: Viewer,
        answer: oneshot::Sender<Vec<(WireHash, ScrapeCounts)>>,
    },
    Reply {
        session: SessionId,
        message: ToPeer,
    },
    Linked(Linked),
    SendAway {
        most: usize,
        answer: oneshot::Sender<usize>,
    },
    Ask(Box<dyn FnOnce(&mut Asked<'_>) + Send>),
}

/// The catalogue, as a question sees it.
pub(crate) struct Asked<'a> {
    pub(crate) catalogue: &'a mut Catalogue,
    pub(crate) clock: Clock,
    out: &'a mut Vec<Output>,
}

/// What a search is made with.
pub(crate) struct Searched {
    pub(crate) index: Arc<Index>,
    /// What the holder has that is named, if one is.
    pub(crate) held: Option<Held>,
    /// What whoever asks has and does not see otherwise.
    pub(crate) own: Option<Held>,
}

/// Reaches the catalogue's task from any task.
#[derive(Clone)]
pub(crate) struct CatalogueHandle {
    work: mpsc::Sender<Work>,
    pub(crate) metrics: Arc<Metrics>,
}

impl CatalogueHandle {
    /// Starts the catalogue's task. It ends when `shutdown` is cancelled.
    pub(crate) fn start(
        mut catalogue: Catalogue,
        store: StoreHandle,
        members: Option<MembersHandle>,
        lost: mpsc::Receiver<InfoHash>,
        metrics: Arc<Metrics>,
        ways: Option<Ways>,
        shutdown: CancellationToken,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let clock = Clock::start();
        catalogue.set_epoch(clock::date());
        let (work, inbox) = mpsc::channel(INBOX);
        let (probes, to_probe) = probe::queue();
        let handle = Self { work, metrics: metrics.clone() };
        // It ends with the catalogue's task, which has the only way into its queue.
        tokio::spawn(probe::probe_task(to_probe, handle.clone()));
        let task = CatalogueTask {
            catalogue,
            store,
            members,
            clock,
            sessions: Sessions::default(),
            away: HashSet::new(),
            ways,
            probes,
            metrics,
            out: Vec::new(),
        };
        (handle, tokio::spawn(task.run(inbox, lost, shutdown)))
    }

    /// A peer said hello: one with this key, who may see this. What it is to be sent goes into `queue`.
    pub(crate) async fn open(
        &self,
        session: SessionId,
        hello: Hello,
        endpoints: Endpoints,
        (key, viewer): (Option<Key>, Viewer),
        queue: Queue,
    ) -> Result<(), Closed> {
        self.send(Work::Open { session, hello, endpoints, key, viewer, queue }).await
    }

    /// How many inputs wait.
    pub(crate) fn queue(&self) -> Level {
        let bound = self.work.max_capacity();
        Level { used: bound - self.work.capacity(), bound }
    }

    /// Returns when the tracker ends.
    pub(crate) async fn closed(&self) {
        self.work.closed().await;
    }

    /// Something happened on a channel.
    pub(crate) async fn input(&self, input: Input) -> Result<(), Closed> {
        self.send(Work::Input(input)).await
    }

    pub(crate) async fn announce(
        &self,
        announce: Announce,
        endpoints: Endpoints,
        viewer: Viewer,
    ) -> Result<Result<AnnounceAnswer, AnnounceRefusal>, Closed> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Announce { announce, endpoints, viewer, answer }).await?;
        answered.await.map_err(|_| Closed)
    }

    pub(crate) async fn scrape(
        &self,
        hashes: Vec<WireHash>,
        viewer: Viewer,
    ) -> Result<Vec<(WireHash, ScrapeCounts)>, Closed> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::Scrape { hashes, viewer, answer }).await?;
        answered.await.map_err(|_| Closed)
    }

    /// Everything that can be searched, with what `asker` has said in it, what the holder of this name has, and what `asker`
    /// has and does not see otherwise. For threads of their own: it blocks.
    pub(crate) fn index(&self, asker: Option<SessionId>, holder: Option<String>) -> Result<Searched, Closed> {
        self.ask_blocking(move |asked| {
            let index = asked.catalogue.index(asked.clock.now(), asker);
            let held = holder.map(|name| asked.catalogue.held_by(&name));
            Searched { index, held, own: asker.and_then(|asker| asked.catalogue.own(asker)) }
        })
    }

    /// These rows as somebody sees them who does not see everything. It blocks, too.
    pub(crate) fn rows_seen(
        &self,
        rows: Vec<ItemRow>,
        viewer: Viewer,
        asker: Option<SessionId>,
    ) -> Result<Vec<ItemRow>, Closed> {
        self.ask_blocking(move |asked| asked.catalogue.rows_seen(&rows, &viewer, asker))
    }

    /// Sends a session the answer to a question of its.
    pub(crate) async fn reply(&self, session: SessionId, message: ToPeer) -> Result<(), Closed> {
        self.send(Work::Reply { session, message }).await
    }

    pub(crate) async fn find_peers(&self, search: PeerSearch, viewer: Viewer) -> Result<PeersFound, Closed> {
        self.ask(move |asked| asked.catalogue.find_peers(asked.clock.now(), &search, &viewer)).await
    }

    pub(crate) async fn holders(
        &self,
        info_hash: InfoHash,
        asking: Asking,
        offset: u32,
    ) -> Result<Result<HoldersFound, Failure>, Closed> {
        self.ask(move |asked| asked.catalogue.holders(info_hash, &asking, offset)).await
    }

    pub(crate) async fn find(
        &self,
        target: Target,
        viewer: Viewer,
    ) -> Result<Result<CatalogueItem, Failure>, Closed> {
        self.ask(move |asked| asked.catalogue.find(&target, &viewer)).await
    }

    pub(crate) async fn locate(
        &self,
        target: Target,
        asking: Asking,
    ) -> Result<Result<Located, Failure>, Closed> {
        self.ask(move |asked| asked.catalogue.locate(asked.clock.now(), &target, asking, asked.out)).await
    }

    /// Those of these peers that are connected, and before them all that a search finds, if there is one.
    pub(crate) async fn peers_of(
        &self,
        search: Option<PeerSearch>,
        viewer: Viewer,
        pick: impl FnOnce(Option<&[PeerId]>) -> Vec<PeerId> + Send + 'static,
    ) -> Result<(Option<Vec<PeerId>>, Vec<PeerInfo>), Closed> {
        self.ask(move |asked| {
            let found = search.map(|search| asked.catalogue.find_peer_ids(&search, &viewer));
            let peers = asked.catalogue.peers_of(asked.clock.now(), &pick(found.as_deref()), &viewer);
            (found, peers)
        })
        .await
    }

    pub(crate) async fn counts(&self, viewer: Viewer) -> Result<Counts, Closed> {
        self.ask(move |asked| asked.catalogue.counts(&viewer)).await
    }

    /// The tracker's display name.
    pub(crate) async fn name(&self) -> Result<String, Closed> {
        self.ask(|asked| asked.catalogue.name().to_owned()).await
    }

    /// Gives the tracker another display name.
    pub(crate) async fn rename(&self, name: String) -> Result<(), Closed> {
        self.ask(|asked| asked.catalogue.rename(name)).await
    }

    /// Sends so many peers to other nodes, and returns how many are connected here then. Until they have come there, they count as
    /// connected here, for as long as a session that is silent.
    pub(crate) async fn send_away(&self, most: usize) -> Result<usize, Closed> {
        let (answer, answered) = oneshot::channel();
        self.send(Work::SendAway { most, answer }).await?;
        answered.await.map_err(|_| Closed)
    }

    /// A link to another node is open, and can be told news. They begin with what stands so far ([`Self::snapshot`]).
    pub(crate) async fn link_up(
        &self,
        who: link::Hello,
        address: IpAddr,
        way: Way,
    ) -> Result<OpenLink, Closed> {
        let (answer, answered) = oneshot::channel();
        self.linked(Linked::Up { who, address, way, answer }).await?;
        answered.await.map_err(|_| Closed)
    }

    /// Tells a node the part of what stands that begins there. Returns where the next one does; none once all is told, or the
    /// link was given up.
    pub(crate) async fn snapshot(
        &self,
        on: OpenLink,
        from: SnapshotCursor,
    ) -> Result<Option<SnapshotCursor>, Closed> {
        let (answer, answered) = oneshot::channel();
        self.linked(Linked::Snapshot { on, from, answer }).await?;
        Ok(answered.await.unwrap_or_default())
    }

    /// Something happened on a link.
    pub(crate) async fn linked(&self, linked: Linked) -> Result<(), Closed> {
        self.send(Work::Linked(linked)).await
    }

    /// Has the catalogue's task answer a question.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Asked<'_>) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        let ask = move |asked: &mut Asked<'_>| {
            // Whoever asked may have left.
            let _ = answer.send(question(asked));
        };
        self.send(Work::Ask(Box::new(ask))).await?;
        answered.await.map_err(|_| Closed)
    }

    /// The same, for threads that may block.
    fn ask_blocking<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Asked<'_>) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        let ask = move |asked: &mut Asked<'_>| {
            // So here.
            let _ = answer.send(question(asked));
        };
        self.work.blocking_send(Work::Ask(Box::new(ask))).map_err(|_| Closed)?;
        answered.blocking_recv().map_err(|_| Closed)
    }

    async fn send(&self, work: Work) -> Result<(), Closed> {
        self.work.send(work).await.map_err(|_| Closed)
    }
}
