//! The loop that owns a swarm.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use peerpool_repository::{DiskError, Fault};
use peerpool_swarm::{Command, Config, ConnId, Input, Outbox, Remote, Swarm};
use peerpool_wire::{geometry::Span, id::WireHash, message::Limits};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::task::TaskTracker;

use super::{
    DialError, Ended, Environment, Event, Incoming, Order, Passed, Progress, Setup,
    activity::{Activity, TICK},
    connections::Connections,
    dialing::Dialing,
    disk::Disk,
    figures::Figures,
    hashes::BlockHashes,
    leashes::Leashes,
    limiting::Limiting,
    reports::Reports,
    trace::Trace,
};
use crate::{
    budget::longest_answer,
    buffer::Buffer,
    clock::{Clock, sleep_until},
    connection::{self, Looks, Shared, handshake::Ours},
    event_sender::EventSender,
    hashing::Computed,
    pulse::Pulse,
    storage,
    transport::Stream,
};

/// How long a swarm that only serves stays without a connection.
const IDLE: Duration = Duration::from_secs(60);
/// How long connections that are closed may take to tell what has arrived.
const LAST_WORDS: Duration = Duration::from_secs(1);

pub(super) struct SwarmTask {
    clock: Clock,
    pub(super) swarm: Swarm<Buffer>,
    outbox: Outbox<Buffer>,
    pub(super) connections: Connections,
    pub(super) dialing: Dialing,
    pub(super) disk: Disk,
    pub(super) hashes: BlockHashes,
    pub(super) leashes: Leashes,
    pub(super) limiting: Limiting,
    pub(super) figures: Figures,
    pub(super) trace: Trace,
    pub(super) reports: Reports,
    inbox: Inbox,
    activity: Activity,
    stop: Stop,
}

/// When the task is to end.
#[derive(Default)]
struct Stop {
    cause: Option<Ended>,
    /// Who waits for the end.
    waiting: Vec<oneshot::Sender<()>>,
}

/// What the task is told.
pub(super) struct Inbox {
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) incoming: mpsc::Receiver<Incoming>,
}

impl SwarmTask {
    pub(super) fn new(
        environment: Environment,
        setup: &Setup,
        inbox: Inbox,
        incoming: mpsc::Sender<Incoming>,
        progress: watch::Sender<Progress>,
    ) -> Self {
        let mut config = Config::new(environment.peer_id, environment.port);
        config.passes = environment.credentials.is_some();
        let item = setup.item_data.swarm_item();
        let (item_data, watched) = watch::channel(setup.item_data.clone());
        let shared = Shared {
            item: setup.item,
            looks: Looks::start(),
            up: environment.ways.up.clone(),
            geometry: item.geometry.clone(),
            limits: Limits::for_item(item.geometry.piece_count(), config.max_request),
            received: environment.received,
            sent: environment.sent,
            queued: environment.queued,
            item_data: watched,
            written: Arc::default(),
            counters: environment.counters.clone(),
            writers: TaskTracker::new(),
            events: EventSender::new(incoming.clone(), Incoming::Connection),
        };
        let ours = Ours {
            peer_id: environment.peer_id,
            item: setup.item,
            v1_form: setup.item_data.metainfo().info.v1_form_hash().map(|hash| WireHash(hash.0)),
        };
        let now = environment.clock.now();
        let swarm = Swarm::new(config, item, setup.item_data.have(), rand::random(), now);
        let done = swarm.stats().bytes_done;
        Self {
            clock: environment.clock,
            swarm,
            outbox: Outbox::new(),
            connections: Connections::new(shared, item_data),
            dialing: Dialing::new(ours, environment.network, environment.credentials, incoming.clone()),
            disk: Disk::new(
                environment.storage,
                environment.counters,
                &setup.item_data,
                done,
                incoming.clone(),
            ),
            hashes: BlockHashes::new(setup.item, environment.hashing, incoming.clone()),
            leashes: Leashes::new(incoming.clone()),
            limiting: Limiting::new(setup.item, environment.ways.down, incoming),
            figures: Figures::new(progress),
            trace: Trace::default(),
            reports: Reports::new(setup.events.clone()),
            inbox,
            activity: Activity::new(),
            stop: Stop::default(),
        }
    }

    /// Runs until the end is ordered or the item cannot be read or written.
    pub(super) async fn run(mut self, setup: Setup) {
        if let Some(wanted) = setup.wanted {
            self.handle(Input::Command(Command::Want(wanted)));
        }
        self.handle(Input::Command(Command::Found(setup.item_data.found())));
        self.handle(Input::Command(Command::Trace(setup.trace)));
        drop(setup.item_data);
        self.heed_limits();
        let mut pulse = Pulse::new(self.clock);
        let ended = loop {
            if let Some(ended) = self.stop.cause.take() {
                break ended;
            }
            self.step(&mut pulse).await;
        };
        self.finish(ended).await;
    }

    /// Waits for one thing, or a few at once, and handles it.
    async fn step(&mut self, pulse: &mut Pulse) {
        let mut batch = Vec::new();
        let timeout = self.swarm.next_timeout().map(|time| self.clock.instant(time));
        tokio::select! {
            biased;
            order = self.inbox.orders.recv(), if self.inbox.may_order() => match order {
                Some(order) => self.handle_order(order),
                None => {
                    self.activity.note();
                    self.activity.idle_since = Instant::now();
                }
            },
            () = sleep_until(timeout) => self.handle(Input::Tick),
            _ = self.inbox.incoming.recv_many(&mut batch, 32) => {
                self.activity.note();
                batch.drain(..).for_each(|incoming| self.handle_incoming(incoming));
            }
            () = self.limiting.way.changed() => self.heed_limits(),
            () = pulse.tick(self.activity.period()) => self.handle_tick(),
        }
        self.disk.hand_over_backlog();
        if let Some(busy) = self.disk.busy_changed() {
            self.handle(Input::StorageBusy(busy));
        }
        self.disk.record(self.swarm.stats().bytes_done);
        if self.reports.wait() {
            // Whoever hears of it sees the figures that go with it.
            self.publish();
        }
        self.reports.tell().await;
    }

    fn handle_order(&mut self, order: Order) {
        self.activity.note();
        match order {
            Order::Accept { stream, remote } => self.open(stream, *remote),
            Order::Candidates(addrs, heard_from) => self.handle(Input::Candidates { addrs, heard_from }),
            Order::Addresses(peers) => self.dialing.add_addresses(peers),
            Order::Dial(peers) => self.dialing.dial_back(peers, &self.connections),
            Order::Command(command) => self.handle(Input::Command(command)),
            Order::Priority(priority) => self.limiting.priority = priority,
            Order::ServeFrom(item) => {
                self.disk.release();
                self.connections.serve_from(item);
            }
            Order::Stop(stopped) => {
                self.stop.waiting.push(stopped);
                self.stop.cause = Some(Ended::Ordered);
            }
        }
    }

    fn handle_incoming(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Connection(event) => self.handle_connection(event),
            Incoming::Storage(storage::Event::Verified(verdicts)) => {
                self.disk.count(&verdicts);
                for (piece, verdict) in verdicts {
                    self.handle(Input::Verified { piece, verdict });
                }
            }
            // Every step looks at the storage.
            Incoming::Storage(storage::Event::CaughtUp) => {}
            Incoming::Storage(storage::Event::Failed(error)) => self.stop.cause = Some(Ended::Storage(error)),
            Incoming::Dialed { addr, result } => self.handle_dialed(addr, result),
            Incoming::Hashes(Computed { conn, request, hashes }) => {
                self.hashes.answered(conn, &self.connections.item_data());
                if self.connections.has(conn) {
                    self.handle(Input::Hashes { conn, request, hashes });
                }
            }
            Incoming::Tugged { conn, tug } => self.handle_tug(conn, tug),
            Incoming::Allowance { conn, bytes } if self.connections.has(conn) => {
                self.handle(Input::Allowance { conn, bytes });
            }
            Incoming::Allowance { .. } => {}
            Incoming::Checkpointed { bytes } => self.disk.recorded(bytes),
        }
    }

    fn handle_connection(&mut self, event: connection::Event) {
        match event {
            connection::Event::Received { conn, inputs } => {
                for input in inputs {
                    if !self.connections.has(conn) {
                        break;
                    }
                    let answer = match &input {
                        Input::Message { message, .. } => longest_answer(message),
                        _ => 0,
                    };
                    self.handle(input);
                    if answer > 0 {
                        self.connections.handled(conn, answer);
                    }
                }
            }
            connection::Event::Sent { conn, bytes } if self.connections.has(conn) => {
                if let Some(remote) = self.connections.remote(conn) {
                    self.figures.note_taker(remote.peer_id);
                }
                self.count_given(conn, bytes);
                self.handle(Input::Sent { conn, bytes });
            }
            connection::Event::Sent { conn, bytes } => self.count_given(conn, bytes),
            connection::Event::Closed { conn, cause } => {
                if let Some(remote) = self.connections.remote(conn) {
                    tracing::debug!(addr = %remote.addr, cause, "connection ended");
                }
                self.close(conn);
            }
            connection::Event::ReadFailed(error) => self.stop.cause = Some(Ended::Read(error)),
            connection::Event::Unreadable { conn, span, error } => self.handle_unreadable(conn, span, error),
        }
    }

    fn count_given(&mut self, conn: ConnId, bytes: u32) {
        self.leashes.count(conn, Passed { fetched: 0, given: bytes.into() });
    }

    /// A block could not be read. Where the disk is to blame its piece is lost, and nothing else.
    fn handle_unreadable(&mut self, conn: ConnId, span: Span, error: DiskError) {
        let piece = span.piece();
        // Handles come back.
        let lost = error.fault() != Fault::NoFileHandles && self.swarm.have().has(piece);
        if lost {
            self.handle(Input::Command(Command::Lost(vec![piece])));
        }
        self.handle(Input::Unreadable { conn, span });
        if lost {
            self.reports.tell_soon(Event::Unreadable { piece, error });
        }
    }

    fn handle_dialed(&mut self, addr: SocketAddr, result: Result<(Stream, Remote), DialError>) {
        self.dialing.dialed();
        match result {
            Ok((stream, remote)) => {
                self.figures.sources.reached(addr);
                self.open(stream, remote);
            }
            Err(error) => {
                self.dialing.note_failed(addr, &error);
                self.figures.sources.not_reached(addr, &error.to_string());
                self.handle(Input::ConnectFailed { addr });
            }
        }
    }

    fn open(&mut self, mut stream: Stream, mut remote: Remote) {
        let mut leash = stream.leash.clone();
        if let Some(leash) = &mut leash {
            // What it was admitted to may have changed on the way here.
            match leash.rights() {
                Some(rights) => remote.rights = rights,
                None => return stream.transport.writer.cut(),
            }
        }
        let conn = self.connections.open(stream, remote.clone());
        if let Some(leash) = leash {
            self.leashes.follow(conn, leash);
        }
        self.handle(Input::Connected { conn, remote });
    }

    /// A connection is gone: tells the swarm, if it did not close it itself.
    fn close(&mut self, conn: ConnId) {
        if self.connections.close(conn).is_some() {
            self.forget(conn);
            self.handle(Input::Disconnected { conn });
        }
    }

    /// Tells the swarm, then does everything it wants.
    pub(super) fn handle(&mut self, input: Input<Buffer>) {
        self.handle_one(input);
        while let Some((conn, request)) = self.hashes.take_refused() {
            self.handle_one(Input::Hashes { conn, request, hashes: None });
        }
        while let Some(conn) = self.connections.take_broken() {
            self.close(conn);
        }
    }

    fn handle_one(&mut self, input: Input<Buffer>) {
        let from = match &input {
            Input::Block { conn, .. } => Some(*conn),
            _ => None,
        };
        self.swarm.handle(self.clock.now(), input, &mut self.outbox);
        while let Some(output) = self.outbox.pop() {
            self.perform(output, from);
        }
    }

    fn handle_tick(&mut self) {
        self.activity.tick();
        self.figures.tick(TICK, self.connections.written());
        let passed = self.leashes.transfers.due(std::time::Instant::now());
        self.reports.tell_transfers(passed);
        let unreachable = self.dialing.take_unreachable();
        if !unreachable.is_empty() {
            self.reports.tell_soon(Event::Unreachable(unreachable));
        }
        if self.activity.recent {
            self.activity.recent = !self.connections.is_empty();
            self.publish();
        }
        if self.reports.is_closed() {
            self.stop.cause = Some(Ended::Ordered);
        }
        let needed = self.disk.writes() && !self.inbox.orders.is_closed();
        if needed || !self.connections.is_empty() {
            self.activity.idle_since = Instant::now();
        } else if self.inbox.orders.is_closed() {
            self.stop.cause = Some(Ended::Ordered);
        } else if self.activity.idle_since.elapsed() > IDLE {
            self.activity.idle_since = Instant::now();
            self.reports.tell_soon(Event::Idle);
        }
    }

    /// Counts what has arrived over connections that are closed, as far as they tell it in time.
    async fn hear_last_words(&mut self) {
        let mut told = pin!(tokio::time::timeout(LAST_WORDS, self.connections.have_told()));
        loop {
            let incoming = tokio::select! {
                biased;
                incoming = self.inbox.incoming.recv() => incoming,
                _ = &mut told => return,
            };
            match incoming {
                Some(Incoming::Connection(connection::Event::Sent { conn, bytes })) => {
                    self.count_given(conn, bytes);
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    pub(super) fn publish(&self) {
        let now = self.clock.now();
        self.figures.publish(&self.swarm, now, &self.connections, self.disk.is_busy());
    }

    /// Closes everything, and records what was verified.
    async fn finish(mut self, mut ended: Ended) {
        self.dialing.abort();
        self.connections.close_all();
        self.publish();
        if !self.leashes.is_empty() {
            self.hear_last_words().await;
        }
        // A worker that waits for a place in the inbox must not keep the storage from coming to an end.
        self.inbox.incoming.close();
        self.inbox.orders.close();
        if let (Err(error), Ended::Ordered) = (self.disk.finish().await, &ended) {
            ended = Ended::Storage(error);
        }
        self.figures.tick(TICK, self.connections.written());
        let name = self.connections.item_data().metainfo().info.name().to_owned();
        let served = self.figures.served(name, self.connections.written());
        self.reports.tell_transfers(self.leashes.transfers.take());
        self.reports.tell_soon(Event::Ended { ended, stats: self.swarm.stats(), served });
        self.reports.tell().await;
        for stopped in self.stop.waiting {
            let _ = stopped.send(());
        }
    }
}

impl Inbox {
    /// Whether orders may come, or wait.
    fn may_order(&self) -> bool {
        !self.orders.is_closed() || !self.orders.is_empty()
    }
}
