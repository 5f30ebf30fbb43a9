//! What must be there before a peer runs. All that can fail at a start fails here.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use peerpool_access::key::PublicKey;
use peerpool_api::Trackers;
use peerpool_repository::{Repository, partial::PartialListing};
use peerpool_tls::Identity;
use peerpool_wire::{id::PeerId, networks::Networks};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

use super::{Config, Process, ReloadRequest, Resources};
use crate::{
    api::ControlServer,
    budget::Handles,
    clock::Clock,
    credentials::{Membership, Own},
    error::PeerError,
    history,
    limits::{self, Keeper, LimitsHandle, Ways},
    listener,
    metrics::{Counters, Registry},
    node::{
        Guarding,
        journal::{self, Entries},
    },
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
    /// Which addresses are one network, as soon as the tracker says so.
    pub(super) networks: watch::Sender<Networks>,
    pub(super) limits: LimitsHandle,
    /// Puts limits in force, and gives leave under them.
    pub(super) limiting: BoxFuture<'static, ()>,
    pub(super) name: String,
    pub(super) tracker: Option<Trackers>,
    pub(super) guarded: Option<Guarded>,
    /// Whether it hands over to a peer that wants to stay.
    pub(super) temporary: bool,
    pub(super) resources: Resources,
    pub(super) reloads: Option<mpsc::Sender<ReloadRequest>>,
}

/// What there is in a pool for members.
pub(super) struct Guarded {
    pub(super) guarding: Guarding,
    pub(super) identity: Arc<Identity>,
    pub(super) own: Own,
    pub(super) trackers: watch::Receiver<Vec<PublicKey>>,
}

impl Guarded {
    fn new(membership: Membership) -> Result<Self, PeerError> {
        let identity = membership.identity.clone();
        let ((own_in, own), (trackers_in, trackers)) = (watch::channel(None), watch::channel(Vec::new()));
        let guarding = Guarding::new(membership, own_in, trackers_in).map_err(PeerError::Keyset)?;
        Ok(Self { guarding, identity, own, trackers })
    }
}

/// What an earlier run left in the repository, and what this one may use.
pub(super) struct Left {
    pub(super) repository: Arc<Repository>,
    pub(super) partials: Vec<PartialListing>,
    pub(super) entries: Entries,
    pub(super) limits: limits::Kept,
    /// Transfers that are over.
    pub(super) transfers: history::Kept,
    /// What is wrong with the record of downloads.
    pub(super) damage: Option<String>,
    pub(super) handles: Handles,
}

impl Ground {
    pub(super) async fn prepare(config: Config, process: Process) -> Result<Self, PeerError> {
        let Config { repository, tracker, listen, name, temporary, limits, membership, start: _, web: _ } =
            config;
        let Process { resources, socket, reloads } = process;
        let resources = match resources {
            Some(shared) => shared,
            None => Resources::start(1)?,
        };
        let left = open(repository.clone(), resources.handles).await?;
        let listener = match socket {
            Some(socket) => listener::take_over(socket).map_err(PeerError::Socket)?,
            None => bind(listen)?,
        };
        let listen = listener.local_addr().map_err(|source| PeerError::Listen { addr: listen, source })?;
        let control = ControlServer::bind(&repository)?;
        let mut registry = Registry::default();
        let clock = Clock::start();
        let limits = limits.unwrap_or_else(|| left.limits.clone());
        let (ways, limits, keeper, giving) = Keeper::new(clock, left.repository.clone(), limits);
        let limiting = async {
            tokio::join!(keeper.run(), giving);
        };
        let (networks, told) = watch::channel(Networks::default());
        let network = Network::new(resources.connections.clone(), listen.ip(), told);
        let environment = environment(listen, &resources, network, registry.counters(), clock, ways);
        let guarded = membership.map(Guarded::new).transpose()?;
        let name = name.unwrap_or_else(machine_name);
        let limiting = Box::pin(limiting);
        Ok(Self {
            left,
            listener,
            listen,
            control,
            registry,
            environment,
            networks,
            limits,
            limiting,
            name,
            tracker,
            guarded,
            temporary,
            resources,
            reloads,
        })
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
        let (limits, transfers) = (limits::read(&repository), history::read(&repository));
        Ok(Left { repository: Arc::new(repository), partials, entries, limits, transfers, damage, handles })
    });
    opening.await.map_err(|error| PeerError::Thread(io::Error::other(error)))?
}

fn bind(addr: SocketAddr) -> Result<TcpListener, PeerError> {
    listener::bind(addr).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => PeerError::PortTaken { addr },
        _ => PeerError::Listen { addr, source },
    })
}

fn environment(
    listen: SocketAddr,
    resources: &Resources,
    network: Network,
    counters: Counters,
    clock: Clock,
    ways: Ways,
) -> Environment {
    let Resources { received, sent, queued, storage, hashing, .. } = resources.clone();
    Environment {
        clock,
        peer_id: PeerId::new(rand::random()),
        port: listen.port(),
        received,
        sent,
        storage,
        hashing,
        network,
        queued,
        credentials: None,
        ways,
        counters,
    }
}

/// What people call this machine.
pub(super) fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "peer".to_owned(),
        name => name.to_owned(),
    }
}
