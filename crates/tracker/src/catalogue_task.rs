//! The task that owns the catalogue, and the handle by which other tasks reach it.

use std::{net::IpAddr, sync::Arc, time::Instant};

use peerpool_catalogue::{
    AnnounceRefusal, Asking, Catalogue, Counts, Endpoints, Held, Index, Input, ItemRow, LinkEvent, Located,
    Output, SessionId, SnapshotCursor, Viewer,
};
use peerpool_wire::{
    announce::{Announce, AnnounceAnswer, ScrapeCounts},
    channel::{
        CatalogueItem, Failure, Hello, HoldersFound, Key, PeerInfo, PeerSearch, PeersFound, Target, ToPeer,
    },
    id::{InfoHash, PeerId, WireHash},
    link,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use crate::closed::Closed;
use crate::{
    clock::{self, Clock},
    links::{Linked, OpenLink, Way, Ways},
    members::{MembersHandle, Untold},
    metrics::{Level, Metrics},
    probe::{self, Probes},
    sessions::{Outgoing, Queue, Sessions},
    store::StoreHandle,
};

/// Inputs that wait for the catalogue's task.
const INBOX: usize = 4096;
/// Inputs taken at once.
const BATCH: usize = 256;

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

/// Owns the catalogue.
struct CatalogueTask {
    catalogue: Catalogue,
    store: StoreHandle,
    /// None in an open pool.
    members: Option<MembersHandle>,
    clock: Clock,
    sessions: Sessions,
    /// None where the tracker is no node.
    ways: Option<Ways>,
    probes: Probes,
    metrics: Arc<Metrics>,
    out: Vec<Output>,
}

impl CatalogueTask {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Work>,
        mut lost: mpsc::Receiver<InfoHash>,
        shutdown: CancellationToken,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut sights = self.members.as_ref().map(|members| members.sights.watch());
        loop {
            let timeout = self.catalogue.next_timeout().map(|at| self.clock.instant(at));
            tokio::select! {
                () = shutdown.cancelled() => break,
                taken = inbox.recv_many(&mut batch, BATCH) => if taken == 0 { break },
                Some(info_hash) = lost.recv() => {
                    let now = self.clock.now();
                    self.catalogue.handle(now, Input::Unstored { info_hash }, &mut self.out);
                }
                () = changed(&mut sights) => {}
                () = sleep_until(timeout) => {}
            }
            // Before what was sent since: it may rely on it.
            self.hear_sights();
            let begun = Instant::now();
            self.metrics.catalogue.inputs.increment(batch.len() as u64);
            for work in batch.drain(..) {
                self.handle(work);
            }
            self.catalogue.handle_timeout(self.clock.now(), &mut self.out);
            self.perform().await;
            self.metrics.catalogue.batch_seconds.record(begun.elapsed());
        }
        self.sessions.close_all();
    }

    /// Takes up what members have to say of who sees what.
    fn hear_sights(&mut self) {
        let Some(members) = &self.members else { return };
        if let Some(input) = members.sights.take(|session| self.sessions.has(session)) {
            self.catalogue.handle(self.clock.now(), input, &mut self.out);
        }
    }

    fn handle(&mut self, work: Work) {
        let now = self.clock.now();
        match work {
            Work::Open { session, hello, endpoints, key, viewer, queue } => {
                self.sessions.add(session, queue);
                let connected = Input::Connected { session, hello, endpoints, key, viewer };
                self.catalogue.handle(now, connected, &mut self.out);
                self.hear_sights();
            }
            Work::Input(input) => {
                if let Input::Disconnected { session } = input {
                    self.sessions.remove(session);
                }
                self.catalogue.handle(now, input, &mut self.out);
            }
            Work::Announce { announce, endpoints, viewer, answer } => {
                let Self { catalogue, out, .. } = self;
                let answered = catalogue.handle_announce(now, &announce, endpoints, &viewer, out);
                match &answered {
                    Ok(_) => self.metrics.announces.answered.increment(1),
                    Err(_) => self.metrics.announces.refused.increment(1),
                }
                // Whoever asked may have left; so with every answer here.
                let _ = answer.send(answered);
            }
            Work::Scrape { hashes, viewer, answer } => {
                self.metrics.announces.scrapes.increment(1);
                let _ = answer.send(self.catalogue.scrape(now, &hashes, &viewer, &mut self.out));
            }
            Work::Reply { session, message } => self.out.push(Output::Send { session, message }),
            Work::Linked(linked) => {
                let Self { catalogue, ways, out, .. } = self;
                if let Some(ways) = ways {
                    ways.handle(now, linked, catalogue, out);
                }
            }
            Work::Ask(question) => {
                let Self { catalogue, clock, out, .. } = self;
                question(&mut Asked { catalogue, clock: *clock, out });
            }
        }
    }

    /// Does what the catalogue wants done. A peer that is given up meanwhile is an input of its own.
    async fn perform(&mut self) {
        while !self.out.is_empty() {
            let mut given_up = Vec::new();
            for output in std::mem::take(&mut self.out) {
                let (session, outgoing) = match output {
                    Output::Store(change) => {
                        if let Some(members) = &self.members {
                            members.item_changed(&change).await;
                        }
                        self.store.keep(change).await;
                        continue;
                    }
                    Output::Close { session, reason } => {
                        self.sessions.close(session, reason);
                        continue;
                    }
                    Output::Probe(probe) => {
                        // Of what there is no room for, nothing is known.
                        let _ = self.probes.try_send(probe);
                        continue;
                    }
                    Output::Tell { to, news } => {
                        if let Some(ways) = &mut self.ways {
                            ways.tell(to, news);
                        }
                        continue;
                    }
                    Output::Ping { session } => (session, Outgoing::Ping),
                    Output::Send { session, message } => (session, Outgoing::Message(message)),
                    Output::SendMetainfo { session, request, info_hash } => {
                        (session, Outgoing::Metainfo { request, info_hash })
                    }
                };
                if !self.sessions.send(session, outgoing) {
                    given_up.push(session);
                }
            }
            for session in given_up {
                tracing::warn!(session = session.0, "a peer does not read what it is sent: disconnected");
                self.catalogue.handle(self.clock.now(), Input::Disconnected { session }, &mut self.out);
            }
            for link in self.ways.as_mut().map(Ways::flush).unwrap_or_default() {
                let lost = Input::Link { link, event: LinkEvent::Lost };
                self.catalogue.handle(self.clock.now(), lost, &mut self.out);
            }
        }
    }
}

async fn sleep_until(instant: Option<tokio::time::Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Returns when members have something to say, or never.
async fn changed(sights: &mut Option<watch::Receiver<Untold>>) {
    let is_told = match sights {
        Some(sights) => sights.changed().await.is_ok(),
        None => false,
    };
    if !is_told {
        std::future::pending().await
    }
}
