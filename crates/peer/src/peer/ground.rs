//! What must be there before a peer runs. All that can fail at a start fails here.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use peerpool_api::TrackerUrl;
use peerpool_repository::{Repository, partial::PartialListing};
use peerpool_wire::id::PeerId;
use tokio::net::TcpListener;

use super::Config;
use crate::{
    api::ControlServer,
    budget::{self, AllQueued, Handles},
    buffer::BufferPool,
    clock::Clock,
    error::PeerError,
    hashing::Hashing,
    listener,
    metrics::{Counters, Registry},
    node::journal::{self, Entries},
    storage::Storage,
    swarm_task::Environment,
    transport::Network,
};

/// A repository that is ours, sockets, and threads.
pub(super) struct Ground {
    pub(super) left: Left,
    pub(super) listener: TcpListener,
    pub(super) listen: SocketAddr,
    pub(super) control: ControlServer,
    pub(super) registry: Registry,
    pub(super) environment: Environment,
    pub(super) name: String,
    pub(super) tracker: Option<TrackerUrl>,
    /// Whether it hands over to a peer that wants to stay.
    pub(super) temporary: bool,
}

/// What an earlier run left in the repository, and what this one may use.
pub(super) struct Left {
    pub(super) repository: Arc<Repository>,
    pub(super) partials: Vec<PartialListing>,
    pub(super) entries: Entries,
    /// What is wrong with the record of downloads.
    pub(super) damage: Option<String>,
    pub(super) handles: Handles,
}

impl Ground {
    pub(super) async fn prepare(config: Config) -> Result<Self, PeerError> {
        let Config { repository, tracker, listen, name, temporary, start: _ } = config;
        let handles = Handles::of_this_process();
        let left = open(repository.clone(), handles).await?;
        let listener = bind(listen)?;
        let listen = listener.local_addr().map_err(|source| PeerError::Listen { addr: listen, source })?;
        let control = ControlServer::bind(&repository)?;
        let registry = Registry::new();
        let environment = environment(listen, handles, registry.counters())?;
        let name = name.unwrap_or_else(machine_name);
        Ok(Self { left, listener, listen, control, registry, environment, name, tracker, temporary })
    }
}

async fn open(folder: PathBuf, handles: Handles) -> Result<Left, PeerError> {
    let opening = tokio::task::spawn_blocking(move || {
        let repository = Repository::open(&folder)?;
        let (entries, damage) = match journal::read(&repository) {
            Ok(entries) => (entries, None),
            Err(error) => (Entries::new(), Some(error.to_string())),
        };
        let partials = repository.partials()?;
        Ok(Left { repository: Arc::new(repository), partials, entries, damage, handles })
    });
    opening.await.map_err(|error| PeerError::Thread(io::Error::other(error)))?
}

fn bind(addr: SocketAddr) -> Result<TcpListener, PeerError> {
    listener::bind(addr).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => PeerError::PortTaken { addr },
        _ => PeerError::Listen { addr, source },
    })
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

/// What people call this machine.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "peer".to_owned(),
        name => name.to_owned(),
    }
}
