//! The loop that owns a swarm.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use peerpool_repository::{DiskError, Fault};
use peerpool_swarm::{Command, Config, ConnId, Input, Outbox, Remote, Swarm};
use peerpool_wire::{
    geometry::{Piece, Span},
    id::WireHash,
    message::{HashRequest, Limits},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, Interval, MissedTickBehavior},
};

use super::{
    DialError, Ended, Environment, Event, Incoming, Order, Progress, Setup, dialing::Addresses,
    hashes::HashRequests, sources::Sources,
};
use crate::{
    budget::longest_answer,
    buffer::Buffer,
    connection::{self, Connection, Shared},
    content::Content,
    event_sender::EventSender,
    hashing::Computed,
    storage::{self, Job, Target},
    transport::Stream,
};

/// How often the figures are shown, and time-driven work is looked at.
const BEAT: Duration = Duration::from_millis(250);
/// How often verified pieces are recorded on disk, and after how many bytes at the latest: the disk begins early with
/// what must be durable before the download is complete.
const CHECKPOINT: Duration = Duration::from_secs(1);
const CHECKPOINT_BYTES: u64 = 32 << 20;
/// How long a swarm that only serves stays without a connection.
const IDLE: Duration = Duration::from_secs(60);

pub(super) struct SwarmTask {
    pub(super) environment: Environment,
    pub(super) setup: Setup,
    /// The info-hash of the item's v1 form, where it has one.
    pub(super) v1_form: Option<WireHash>,
    pub(super) swarm: Swarm<Buffer>,
    pub(super) outbox: Outbox<Buffer>,
    pub(super) connections: BTreeMap<ConnId, (Connection, Remote)>,
    /// Connections found broken while outputs were done.
    pub(super) lost: Vec<ConnId>,
    pub(super) dials: JoinSet<()>,
    pub(super) addresses: Addresses,
    pub(super) hash_requests: HashRequests,
    /// Requests for block hashes that are turned down.
    pub(super) unhashed: Vec<(ConnId, HashRequest)>,
    /// Jobs that the storage had no room for.
    pub(super) backlog: VecDeque<Job>,
    pub(super) target: Option<Arc<Target>>,
    pub(super) sources: Sources,
    /// While tracing: who was asked last, and who sent the last block of each unfinished piece.
    pub(super) last_asked: Option<(ConnId, Piece)>,
    pub(super) last_from: BTreeMap<Piece, ConnId>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    pub(super) content: watch::Sender<Content>,
    /// What is to be told next.
    pub(super) untold: VecDeque<Event>,
    shared: Shared,
    orders: mpsc::Receiver<Order>,
    inbox: mpsc::Receiver<Incoming>,
    progress: watch::Sender<Progress>,
    next_conn: u32,
    busy: bool,
    active: bool,
    idle_since: Instant,
    checkpoint: Checkpoint,
    ended: Option<Ended>,
    stopped: Vec<tokio::sync::oneshot::Sender<()>>,
}

/// What is known to be recorded on disk.
#[derive(Debug)]
struct Checkpoint {
    bytes: u64,
    running: bool,
    last: Instant,
}

impl SwarmTask {
    pub(super) fn new(
        environment: Environment,
        setup: Setup,
        orders: mpsc::Receiver<Order>,
        (incoming, inbox): (mpsc::Sender<Incoming>, mpsc::Receiver<Incoming>),
        progress: watch::Sender<Progress>,
    ) -> Self {
        let config = Config::new(environment.peer_id, environment.port);
        let have = setup.content.have();
        let item = setup.content.swarm_item();
        let v1_form = setup.content.metainfo().info.v1_form_hash().map(|hash| WireHash(hash.0));
        let (content, watched) = watch::channel(setup.content.clone());
        let shared = Shared {
            geometry: item.geometry.clone(),
            limits: Limits::for_item(item.geometry.piece_count(), config.max_request),
            received: environment.received.clone(),
            sent: environment.sent.clone(),
            queued: environment.queued.clone(),
            content: watched,
            written: Arc::default(),
            events: EventSender::new(incoming.clone(), Incoming::Connection),
        };
        let target = match &setup.content {
            Content::Partial(item) => Some(Arc::new(Target::new(
                item.clone(),
                EventSender::new(incoming.clone(), Incoming::Storage),
            ))),
            Content::Shared(_) => None,
        };
        let swarm = Swarm::new(config, item, have, rand::random(), environment.clock.now());
        let now = Instant::now();
        Self {
            v1_form,
            checkpoint: Checkpoint { bytes: swarm.stats().bytes_done, running: false, last: now },
            swarm,
            environment,
            setup,
            outbox: Outbox::new(),
            connections: BTreeMap::new(),
            lost: Vec::new(),
            dials: JoinSet::new(),
            addresses: Addresses::default(),
            hash_requests: HashRequests::default(),
            unhashed: Vec::new(),
            backlog: VecDeque::new(),
            target,
            sources: Sources::default(),
            last_asked: None,
            last_from: BTreeMap::new(),
            incoming,
            content,
            untold: VecDeque::new(),
            shared,
            orders,
            inbox,
            progress,
            next_conn: 0,
            busy: false,
            active: true,
            idle_since: now,
            ended: None,
            stopped: Vec::new(),
        }
    }

    /// Runs until the node orders an end or the item cannot be read or written.
    pub(super) async fn run(mut self) {
        if let Some(wanted) = self.setup.wanted.take() {
            self.handle(Input::Command(Command::Want(wanted)));
        }
        self.handle(Input::Command(Command::Found(self.setup.content.found())));
        self.handle(Input::Command(Command::Trace(self.setup.trace)));
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            if let Some(ended) = self.ended.take() {
                break ended;
            }
            self.step(&mut beat).await;
        };
        self.finish(ended).await;
    }

    /// Waits for one thing, or a few at once, and handles it.
    async fn step(&mut self, beat: &mut Interval) {
        let mut batch = Vec::new();
        let timeout = self.swarm.next_timeout().map(|time| self.environment.clock.instant(time));
        tokio::select! {
            biased;
            order = self.orders.recv(), if !self.orders.is_closed() || !self.orders.is_empty() => match order {
                Some(order) => self.handle_order(order),
                None => self.idle_since = Instant::now(),
            },
            () = sleep_until(timeout) => self.handle(Input::Tick),
            _ = self.inbox.recv_many(&mut batch, 32) => {
                self.active = true;
                batch.drain(..).for_each(|incoming| self.handle_incoming(incoming));
            }
            _ = beat.tick() => self.handle_beat().await,
        }
        self.hand_over_backlog();
        self.check_storage();
        self.record_pieces();
        if !self.untold.is_empty() {
            // Whoever hears of it sees the figures that go with it.
            self.publish();
        }
        while let Some(event) = self.untold.pop_front() {
            self.tell(event).await;
        }
    }

    fn handle_order(&mut self, order: Order) {
        self.active = true;
        match order {
            Order::Accept { stream, remote } => self.open(stream, remote),
            Order::Candidates(addrs, heard_from) => self.handle(Input::Candidates { addrs, heard_from }),
            Order::Addresses(peers) => self.addresses.add(peers),
            Order::Dial(peers) => self.dial_back(peers),
            Order::Command(command) => self.handle(Input::Command(command)),
            Order::ServeFrom(item) => {
                self.target = None;
                let _ = self.content.send(Content::Shared(item));
            }
            Order::Stop(stopped) => {
                self.stopped.push(stopped);
                self.ended = Some(Ended::Ordered);
            }
        }
    }

    fn handle_incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Connection(event) => self.handle_connection(event),
            Incoming::Storage(storage::Event::Verified(verdicts)) => {
                for (piece, verdict) in verdicts {
                    self.handle(Input::Verified { piece, verdict });
                }
            }
            // Every step looks at the storage.
            Incoming::Storage(storage::Event::CaughtUp) => {}
            Incoming::Storage(storage::Event::Failed(error)) => self.ended = Some(Ended::Storage(error)),
            Incoming::Dialed { addr, result } => self.handle_dialed(addr, result),
            Incoming::Hashes(Computed { conn, request, hashes }) => {
                self.compute_next_hashes(conn);
                if self.connections.contains_key(&conn) {
                    self.handle(Input::Hashes { conn, request, hashes });
                }
            }
            Incoming::Checkpointed { bytes } => {
                self.checkpoint.running = false;
                self.checkpoint.bytes = bytes;
            }
        }
    }

    fn handle_connection(&mut self, event: connection::Event) {
        match event {
            connection::Event::Received { conn, inputs } => {
                for input in inputs {
                    if !self.connections.contains_key(&conn) {
                        break;
                    }
                    let answer = match &input {
                        Input::Message { message, .. } => longest_answer(message),
                        _ => 0,
                    };
                    self.handle(input);
                    if answer > 0
                        && let Some((connection, _)) = self.connections.get(&conn)
                    {
                        connection.handled(answer);
                    }
                }
            }
            connection::Event::Sent { conn, bytes } if self.connections.contains_key(&conn) => {
                self.handle(Input::Sent { conn, bytes });
            }
            connection::Event::Sent { .. } => {}
            connection::Event::Closed { conn, cause } => {
                tracing::debug!(item = %self.setup.item.short(), ?conn, cause, "a connection ended");
                self.close(conn);
            }
            connection::Event::ReadFailed(error) => self.ended = Some(Ended::Read(error)),
            connection::Event::Unreadable { conn, span, error } => self.handle_unreadable(conn, span, error),
        }
    }

    /// A block could not be read. Where the disk is to blame its piece is lost, and nothing else.
    fn handle_unreadable(&mut self, conn: ConnId, span: Span, error: DiskError) {
        let piece = span.piece();
        // Handles come back.
        let lost = error.fault() != Fault::NoFileHandles && self.swarm.have().has(piece);
        if lost && self.target.is_none() {
            // What is shared is not fetched again: its files are for their owner to mend.
            let mut rest = self.swarm.have().clone();
            rest.clear(piece);
            self.handle(Input::Command(Command::Want(rest)));
        }
        self.handle(Input::Unreadable { conn, span, lost });
        if lost {
            self.untold.push_back(Event::Unreadable { piece, error });
        }
    }

    fn handle_dialed(&mut self, addr: SocketAddr, result: Result<(Stream, Remote), DialError>) {
        while self.dials.try_join_next().is_some() {}
        match result {
            Ok((stream, remote)) => {
                self.sources.reached(addr);
                self.open(stream, remote);
            }
            Err(error) => {
                self.note_failed_dial(addr, &error);
                self.sources.not_reached(addr, &error.to_string());
                self.handle(Input::ConnectFailed { addr });
            }
        }
    }

    fn open(&mut self, stream: Stream, remote: Remote) {
        let conn = ConnId(self.next_conn);
        self.next_conn = self.next_conn.wrapping_add(1);
        let connection = Connection::open(conn, stream, &self.shared);
        self.connections.insert(conn, (connection, remote.clone()));
        self.handle(Input::Connected { conn, remote });
    }

    /// A connection is gone: tells the swarm, if it did not close it itself.
    fn close(&mut self, conn: ConnId) {
        if self.connections.remove(&conn).is_some() {
            self.hash_requests.forget(conn);
            self.handle(Input::Disconnected { conn });
        }
    }

    /// Tells the swarm, then does everything it wants.
    pub(super) fn handle(&mut self, input: Input<Buffer>) {
        self.handle_one(input);
        while let Some((conn, request)) = self.unhashed.pop() {
            self.handle_one(Input::Hashes { conn, request, hashes: None });
        }
        while let Some(conn) = self.lost.pop() {
            self.close(conn);
        }
    }

    fn handle_one(&mut self, input: Input<Buffer>) {
        let from = match &input {
            Input::Block { conn, .. } => Some(*conn),
            _ => None,
        };
        self.swarm.handle(self.environment.clock.now(), input, &mut self.outbox);
        while let Some(output) = self.outbox.pop() {
            self.perform(output, from);
        }
    }

    fn hand_over_backlog(&mut self) {
        while let Some(job) = self.backlog.pop_front() {
            if let Err(job) = self.environment.storage.try_hand_over(job) {
                return self.backlog.push_front(job);
            }
        }
    }

    /// Tells the swarm when the disk falls behind, and when it has caught up.
    fn check_storage(&mut self) {
        let Some(target) = &self.target else { return };
        let busy = target.is_behind(self.busy) || !self.backlog.is_empty();
        if busy != self.busy {
            self.busy = busy;
            self.handle(Input::StorageBusy(busy));
        }
    }

    async fn handle_beat(&mut self) {
        self.tell_unreachable();
        if self.active {
            self.active = !self.connections.is_empty();
            self.publish();
        }
        if self.setup.events.is_closed() {
            self.ended = Some(Ended::Ordered);
        }
        let needed = self.target.is_some() && !self.orders.is_closed();
        if needed || !self.connections.is_empty() {
            self.idle_since = Instant::now();
        } else if self.orders.is_closed() {
            self.ended = Some(Ended::Ordered);
        } else if self.idle_since.elapsed() > IDLE {
            self.idle_since = Instant::now();
            self.tell(Event::Idle).await;
        }
    }

    fn publish(&mut self) {
        let connections = self.swarm.connections(self.environment.clock.now());
        for stats in &connections {
            if let Some((connection, _)) = self.connections.get(&stats.conn) {
                connection.note_moved(stats.received + stats.sent);
            }
        }
        let have = self.swarm.have();
        let shown = self.progress.borrow().have.clone();
        let have = match shown {
            Some(shown) if shown.count() == have.count() => shown,
            _ => Arc::new(have.clone()),
        };
        self.progress.send_replace(Progress {
            stats: self.swarm.stats(),
            given: self.shared.written.load(Ordering::Relaxed),
            have: Some(have),
            rate_down: connections.iter().map(|conn| conn.rate_down).sum(),
            rate_up: connections.iter().map(|conn| conn.rate_up).sum(),
            useful: connections.iter().filter(|conn| conn.interesting).count(),
            unchoking: connections.iter().filter(|conn| conn.interesting && conn.unchoked_us).count(),
            busy: self.busy,
            unreached: self.sources.unreached(),
            sources: self.sources.progress(&connections),
        });
    }

    /// Has the verified pieces recorded on disk now and then, on a thread that nothing waits for.
    fn record_pieces(&mut self) {
        let Some(target) = &self.target else { return };
        let done = self.swarm.stats().bytes_done;
        let new = done.saturating_sub(self.checkpoint.bytes);
        let due = self.checkpoint.last.elapsed() >= CHECKPOINT || new >= CHECKPOINT_BYTES;
        if new == 0 || !due || self.checkpoint.running {
            return;
        }
        self.checkpoint.running = true;
        self.checkpoint.last = Instant::now();
        let (item, incoming) = (target.item.clone(), self.incoming.clone());
        tokio::task::spawn_blocking(move || {
            let told = match item.checkpoint() {
                Ok(()) => Incoming::Checkpointed { bytes: done },
                Err(error) => Incoming::Storage(storage::Event::Failed(error)),
            };
            let _ = incoming.blocking_send(told);
        });
    }

    /// Closes everything, and records what was verified.
    async fn finish(mut self, mut ended: Ended) {
        self.dials.abort_all();
        self.connections.clear();
        self.publish();
        // A worker that waits for a place in the inbox must not keep the storage from coming to an end.
        self.inbox.close();
        self.orders.close();
        if let Some(target) = self.target.take() {
            self.backlog.clear();
            self.environment.storage.forget(&target).await;
            let recorded = tokio::task::spawn_blocking(move || target.item.checkpoint()).await;
            if let (Ok(Err(error)), Ended::Ordered) = (recorded, &ended) {
                ended = Ended::Storage(error);
            }
        }
        let stats = self.swarm.stats();
        let given = self.shared.written.load(Ordering::Relaxed);
        self.tell(Event::Ended { ended, stats, given }).await;
        for stopped in self.stopped {
            let _ = stopped.send(());
        }
    }

    async fn tell(&self, event: Event) {
        // Nobody hears it when the peer ends.
        let _ = self.setup.events.send(event).await;
    }
}

/// Sleeps until then; for ever without a moment.
pub(crate) async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
