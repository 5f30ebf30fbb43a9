//! A running peer.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use peerpool_api::{Problem, ProblemCode, TrackerUrl};
use peerpool_repository::{Repository, partial::PartialListing};
use peerpool_wire::{channel::SessionSecret, id::PeerId};
use tokio::{
    net::TcpListener,
    sync::{broadcast, mpsc, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    PeerError,
    api::{App, ControlServer},
    budget::{self, AllQueued, Handles, Slots},
    buffer::BufferPool,
    channel::{self, ChannelHandle, Identity},
    clock::Clock,
    get::{Getter, succession},
    hashing::{self, Hashing},
    listener,
    metrics::{Bounded, Counters, Registry},
    node::{
        self, Facts, Message, Node, NodeHandle, Origin,
        journal::{self, Entries, Journal},
    },
    scanner::{self, ScannerHandle},
    storage::Storage,
    swarm_task::Environment,
    transport::Network,
};

/// Events that wait for a slow client.
const EVENTS: usize = 4096;

/// What a peer is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that it shares; created where it is missing.
    pub repository: PathBuf,
    /// Its tracker.
    pub tracker: Option<TrackerUrl>,
    /// Where it listens for peers; port 0 for any. `[::]` means both families, or IPv4 where there is no IPv6.
    pub listen: SocketAddr,
    /// What it calls itself; the machine's name when left out.
    pub name: Option<String>,
    /// Whether to connect to the tracker at once. A tracker that cannot be used then is an error.
    pub start: bool,
}

/// A peer that runs until [`Peer::shutdown`], or until somebody says `end` through its control API.
#[derive(Debug)]
pub struct Peer {
    listen_addr: SocketAddr,
    peer_id: PeerId,
    node: NodeHandle,
    ending: CancellationToken,
    ended: CancellationToken,
    /// How many clients keep the peer from leaving.
    holders: watch::Sender<usize>,
}

/// A peer that is dropped ends without a farewell: nobody is told, and what was fetched in the last second is fetched
/// again.
impl Drop for Peer {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

/// What is read from a repository before anything runs.
struct Opened {
    repository: Arc<Repository>,
    partials: Vec<PartialListing>,
    entries: Entries,
    /// What is wrong with the record of downloads.
    damage: Option<String>,
}

impl Peer {
    /// Opens the repository, listens for peers and serves the control API. What the repository holds is looked at,
    /// and unfinished downloads go on, from then on.
    pub async fn start(config: Config) -> Result<Self, PeerError> {
        let opened = open(config.repository.clone()).await?;
        let listener = listen(config.listen)?;
        let listen_addr =
            listener.local_addr().map_err(|source| PeerError::Listen { addr: config.listen, source })?;
        let control = ControlServer::bind(&config.repository)?;
        let ending = CancellationToken::new();
        let (inbox_in, inbox) = mpsc::channel(node::INBOX);
        let handle = NodeHandle::new(inbox_in);
        let handles = Handles::of_this_process();
        let mut registry = Registry::new();
        let environment = environment(listen_addr, handles, registry.counters())?;
        let handshakes = Slots::for_handshakes(handles.handshakes);
        watch(&mut registry, &environment, handles, &handshakes, &handle);
        let peer_id = environment.peer_id;
        let name = config.name.unwrap_or_else(machine_name);
        let secret = SessionSecret(rand::random());
        let identity = Identity { peer_id, name: name.clone(), listen: listen_addr, secret };
        let channel = channel::spawn(identity, handle.events(Message::Channel));
        let (scanner, looking) =
            scanner::open(opened.repository.clone(), handle.events(Message::Scanner), ending.clone());
        let (events, _) = broadcast::channel(EVENTS);
        let (alone, alone_inbox) = mpsc::channel(node::ALONE);
        let network = environment.network.clone();
        let facts = Facts {
            name,
            listen: listen_addr,
            repository: opened.repository.clone(),
            ending: ending.clone(),
            alone,
            environment,
        };
        let (journal, keeping) = Journal::start(opened.repository.clone(), opened.entries.clone());
        let node =
            Node::new(facts, handle.clone(), channel.clone(), scanner.clone(), journal, events.clone());
        let tasks = TaskTracker::new();
        tasks.spawn(looking);
        tasks.spawn(keeping);
        tasks.spawn(node.run(inbox));
        let admitting =
            listener::run(listener, network, handshakes, handle.events(Message::Admit), ending.clone());
        tasks.spawn(admitting);
        let ended = CancellationToken::new();
        let holders = watch::Sender::new(0);
        let getter = Getter {
            node: handle.clone(),
            channel: channel.clone(),
            repository: opened.repository.clone(),
            ending: ending.clone(),
        };
        tasks.spawn(succession::run(getter.clone(), alone_inbox));
        let app = App {
            node: handle.clone(),
            channel: channel.clone(),
            scanner: scanner.clone(),
            getter,
            events,
            holders: holders.clone(),
            repository: opened.repository.clone(),
            tracker: config.tracker.clone(),
            ending: ending.clone(),
            exporter: registry.exporter(),
        };
        tasks.spawn(control.run(app, handles.clients));
        tokio::spawn(announce_end(tasks, ended.clone()));
        let peer = Self { listen_addr, peer_id, node: handle, ending: ending.clone(), ended, holders };
        peer.begin(opened, &scanner, handles, ending).await?;
        if let (true, Some(tracker)) = (config.start, config.tracker) {
            peer.join(&channel, tracker).await?;
        }
        Ok(peer)
    }

    /// Takes up what was left, and looks at the repository from now on.
    async fn begin(
        &self,
        opened: Opened,
        scanner: &ScannerHandle,
        handles: Handles,
        ending: CancellationToken,
    ) -> Result<(), PeerError> {
        let Opened { repository, partials, mut entries, damage } = opened;
        self.node
            .with(move |node| {
                node.note_handles(handles);
                if let Some(damage) = damage {
                    node.report_damaged_journal(&damage);
                }
                for listing in partials {
                    let entry = entries.remove(&listing.metainfo.info.hash());
                    node.take_up(listing, entry);
                }
            })
            .await;
        match repository.watch() {
            Ok(watcher) => {
                scanner::watch(
                    watcher,
                    scanner,
                    repository.clone(),
                    self.node.events(Message::Scanner),
                    ending,
                )
                .map_err(PeerError::Thread)?;
            }
            Err(error) => {
                let message = format!("changes in the repository are noticed at `update` only: {error}");
                let problem = Problem { code: ProblemCode::NotWatched, path: None, message };
                self.node.with(|node| node.report_problem(Origin::Part("watch"), problem)).await;
            }
        }
        let scanner = scanner.clone();
        tokio::spawn(async move { scanner.refresh().await });
        Ok(())
    }

    async fn join(&self, channel: &ChannelHandle, tracker: TrackerUrl) -> Result<(), PeerError> {
        if let Err(error) = channel.connect(tracker).await {
            self.shutdown().await;
            return Err(error.into());
        }
        Ok(())
    }

    /// Where it listens for peers.
    pub fn listen_addr(&self) -> SocketAddr {
        self.listen_addr
    }

    /// Its identity in this run.
    pub fn peer_id(&self) -> PeerId {
        self.peer_id
    }

    /// Waits until the peer has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Whether the peer has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Waits until no client keeps the peer from leaving ([`EventQuery::hold`](peerpool_api::EventQuery::hold)).
    pub async fn unheld(&self) {
        // The other side lives as long as the peer does.
        let _ = self.holders.subscribe().wait_for(|holders| *holders == 0).await;
    }

    /// Whether a client keeps the peer from leaving.
    pub fn is_held(&self) -> bool {
        *self.holders.borrow() > 0
    }

    /// Stops downloads, records what they fetched, leaves the pool and ends.
    pub async fn shutdown(&self) {
        self.node.with(|node| node.shut_down(false)).await;
        self.ended().await;
    }
}

/// The peer has ended when nothing of it runs any more, so that its repository is free for another.
async fn announce_end(tasks: TaskTracker, ended: CancellationToken) {
    tasks.close();
    tasks.wait().await;
    ended.cancel();
}

/// Shows what is bounded, for those who watch the peer.
fn watch(
    registry: &mut Registry,
    environment: &Environment,
    handles: Handles,
    handshakes: &Slots,
    node: &NodeHandle,
) {
    let (open, handshakes, node) = (environment.network.slots().clone(), handshakes.clone(), node.clone());
    registry.connections("open", Bounded::new(handles.connections, move || open.taken()));
    registry.connections("handshake", Bounded::new(handles.handshakes, move || handshakes.taken()));
    let (storage, hashing) = (environment.storage.clone(), environment.hashing.clone());
    registry.queue("node", Bounded::new(node::INBOX, move || node.waiting()));
    registry.queue("storage", Bounded::new(storage.bound(), move || storage.waiting()));
    registry.queue("block_hashes", Bounded::new(hashing::QUEUE, move || hashing.waiting()));
    let (received, sent) = (environment.received.clone(), environment.sent.clone());
    let queued = environment.queued.clone();
    registry.memory("received", Bounded::new(received.limit(), move || received.used()));
    registry.memory("to_send", Bounded::new(sent.limit(), move || sent.used()));
    registry.memory("messages", Bounded::new(AllQueued::BOUND, move || queued.bytes()));
}

fn environment(listen: SocketAddr, handles: Handles, counters: Counters) -> Result<Environment, PeerError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Environment {
        clock: Clock::start(),
        peer_id: PeerId::new(rand::random()),
        port: listen.port(),
        received: BufferPool::new(budget::RECEIVED),
        sent: BufferPool::new(budget::SENT),
        storage: Storage::start(threads.min(4)).map_err(PeerError::Thread)?,
        hashing: Hashing::start().map_err(PeerError::Thread)?,
        network: Network::new(handles.connections, listen.ip()),
        queued: AllQueued::default(),
        counters,
    })
}

async fn open(folder: PathBuf) -> Result<Opened, PeerError> {
    let opening = tokio::task::spawn_blocking(move || {
        let repository = Repository::open(&folder)?;
        let (entries, damage) = match journal::read(&repository) {
            Ok(entries) => (entries, None),
            Err(error) => (Entries::new(), Some(error.to_string())),
        };
        Ok(Opened { partials: repository.partials()?, entries, damage, repository: Arc::new(repository) })
    });
    opening.await.map_err(|error| PeerError::Thread(io::Error::other(error)))?
}

fn listen(addr: SocketAddr) -> Result<TcpListener, PeerError> {
    listener::bind(addr).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => PeerError::PortTaken { addr },
        _ => PeerError::Listen { addr, source },
    })
}

/// What people call this machine.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "peer".to_owned(),
        name => name.to_owned(),
    }
}
