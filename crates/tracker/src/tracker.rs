//! A running tracker.

mod config;
mod data;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use futures_util::future::BoxFuture;
use peerpool_access::{Invite, Moment};
use peerpool_api::TrackerUrl;
use peerpool_catalogue::{Policy, Pool, Restoring, Viewer};
use peerpool_tls::{Endpoint, Protocol};
use peerpool_web::guard::{Guard, Hosts};
use peerpool_wire::{id::TrackerId, link::PoolSecret};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::config::{Config, Process, default_data_folder};
use self::data::{Keys, data_error, keys, oidc, restore};
use crate::{
    app::{App, Identity},
    catalogue_task::CatalogueHandle,
    channel::Channels,
    clock::{self, Clock},
    connection::{Doors, accept_task},
    control::{Control, Obeys},
    discovery::Announcement,
    drain::Drain,
    entrance::Entrance,
    error::StartError,
    feed::Feed,
    followers::Followers,
    gateway::Gateway,
    https::Https,
    links::{Links, Roster, Ways},
    listener::Listener,
    machine::host_name,
    members::{self, MembersHandle, Passwords, TrackerKeys},
    memory::MessageMemory,
    metrics::Metrics,
    outside,
    router::router,
    search::SearchHandle,
    slots::Slots,
    store::{Joined, Memory, Postgres, Sqlite, Store, StoreHandle},
};

/// The database in the data folder.
const DATABASE: &str = "tracker.sqlite";
/// How long connections may take to end at a shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// A running tracker. Dropping it ends it at once; [`Tracker::shutdown`] ends it cleanly.
pub struct Tracker {
    addr: SocketAddr,
    identity: Arc<Identity>,
    catalogue: CatalogueHandle,
    shutdown: CancellationToken,
    announcement: Option<Announcement>,
    catalogue_task: JoinHandle<()>,
    store_task: JoinHandle<()>,
    gateway: Gateway,
    connections: TaskTracker,
    members: Option<MembersHandle>,
    pub(crate) drain: Drain,
    invite: Option<Invite>,
    fingerprint: Option<String>,
    /// For tests of requests whose extensions they choose.
    #[cfg(test)]
    pub(crate) router: Router,
}

/// What makes a tracker one node of several.
pub(crate) struct AsNode {
    pub(crate) joined: Joined,
    pub(crate) pool: Pool,
    /// Says where it knows the others from.
    pub(crate) roster: Box<dyn FnOnce(&StoreHandle) -> Roster + Send>,
}

impl AsNode {
    /// One of those that share a database. The key by which all of them know stock clients again is not that of links.
    fn sharing(joined: Joined) -> Self {
        let mut key = [0; 16];
        key.copy_from_slice(&joined.secret.derive("stock clients")[..16]);
        let roster = Box::new(|store: &StoreHandle| Roster::Store(store.clone()));
        Self { joined, pool: Pool::new(key), roster }
    }
}

impl Tracker {
    /// Opens the data, listens, and serves.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_in(Process::default(), config).await
    }

    /// The same with what the process gives. Boxed, so that this crate compiles it: an `async fn` is compiled where it is
    /// awaited, in each crate anew.
    pub fn start_in(process: Process, config: Config) -> BoxFuture<'static, Result<Self, StartError>> {
        Box::pin(Self::start_from_folder(process, config))
    }

    async fn start_from_folder(process: Process, mut config: Config) -> Result<Self, StartError> {
        // It is asked by them.
        config.hosts.extend(config.acme.iter().flat_map(|acme| acme.names.clone()));
        let folder = match &config.data {
            Some(folder) => folder.clone(),
            None => default_data_folder().ok_or(StartError::NoDataFolder)?,
        };
        config.check_node()?;
        config.hosts.extend(config.advertise.as_ref().map(TrackerUrl::authority));
        // The port first: a port that is taken is the likeliest mistake, and says more than a locked database.
        let listener = match process.socket {
            Some(socket) => Listener::take_over(socket)?,
            None => Listener::bind(config.listen).await?,
        };
        std::fs::create_dir_all(&folder)
            .map_err(|source| StartError::DataFolder { path: folder.clone(), source })?;
        let is_controlled = config.members || config.advertise.is_some() || process.reloads.is_some();
        let control = || {
            let control = is_controlled.then(|| Control::bind(&folder)).transpose();
            control.map_err(|source| StartError::Control { path: folder.clone(), source })
        };
        let fresh = TrackerId(rand::random());
        // Only whoever has the store takes the socket.
        let (control, tracker) = match config.database.clone() {
            Some(database) => {
                let path = PathBuf::from(database.to_string());
                let address = config.advertise.as_ref().map(TrackerUrl::authority);
                let database = database.with_passwords_of_the_user()?;
                let mut store = Postgres::open(database, fresh, address.clone()).await?;
                let kept = store.members().await.map_err(|error| data_error(&path, &error))?;
                if !config.members && !kept.is_empty() {
                    return Err(StartError::MembersOnly { path });
                }
                if config.members && !kept.is_empty() && !TrackerKeys::are_in(&folder) {
                    return Err(StartError::NoKeys { path, folder });
                }
                let is_used = store.id() != fresh;
                let keys = keys(&config, &folder, is_used.then_some(&path))?;
                let node = match address {
                    Some(address) => {
                        let root = keys.as_ref().map(|(keys, ..)| keys.root());
                        let joining = store.join(&address, PoolSecret(rand::random()), root).await;
                        let joined = joining.map_err(|error| data_error(&path, &error))?;
                        tracing::info!(node = %joined.node, address, "one node of several");
                        Some(AsNode::sharing(joined))
                    }
                    None => None,
                };
                (control()?, Self::serve(config, keys, listener, store.id(), (store, &path), node).await?)
            }
            None => {
                let path = folder.join(DATABASE);
                let keys = keys(&config, &folder, path.exists().then_some(&folder))?;
                let mut store = Sqlite::open(&path).await?;
                let id = store.tracker_id(fresh).await.map_err(|error| data_error(&path, &error))?;
                (control()?, Self::serve(config, keys, listener, id, (store, &path), None).await?)
            }
        };
        if let Some(control) = control {
            let obeys = Obeys {
                reloads: process.reloads,
                members: tracker.members.clone(),
                drain: tracker.drain.clone(),
            };
            tokio::spawn(control.run(obeys, tracker.shutdown.clone()));
        }
        Ok(tracker)
    }

    /// A tracker that keeps nothing, for tests and demonstrations. `config.data` is not looked at.
    pub fn start_in_memory(config: Config) -> BoxFuture<'static, Result<Self, StartError>> {
        Box::pin(Self::start_without_folder(config))
    }

    async fn start_without_folder(config: Config) -> Result<Self, StartError> {
        let listener = Listener::bind(config.listen).await?;
        let id = TrackerId(rand::random());
        let keys = match config.members {
            true => {
                Some((TrackerKeys::generate(&config.pool_name())?, Https::generate(&config.hosts)?, None))
            }
            false => None,
        };
        Self::serve(config, keys, listener, id, in_memory(), None).await
    }

    /// The same as a node of an open pool.
    #[cfg(test)]
    pub(crate) async fn start_in_memory_as(
        config: Config,
        listener: Listener,
        node: AsNode,
    ) -> Result<Self, StartError> {
        Self::serve(config, None, listener, TrackerId([1; 16]), in_memory(), Some(node)).await
    }

    async fn serve(
        config: Config,
        keys: Option<Keys>,
        listener: Listener,
        id: TrackerId,
        (mut store, path): (impl Store, &Path),
        node: Option<AsNode>,
    ) -> Result<Self, StartError> {
        let addr = listener.addr();
        let guard = guard(&config.hosts)?;
        let name = config.pool_name();
        let oidc = oidc(&config)?;
        let (members, https, acme, invite) = match keys {
            Some((keys, https, acme)) => {
                let joined = node.as_ref().map(|node| &node.joined);
                let (members, code) = members::restore(&keys, &mut store, Moment(clock::date()), joined)
                    .await
                    .map_err(|error| data_error(path, &error))?;
                let invite = code.map(|code| members::invite_link(keys.root(), code, addr, &config.hosts));
                (Some((members, keys)), Some(https), acme, invite)
            }
            None => (None, None, None, None),
        };
        let tls =
            members.as_ref().map(|(_, keys)| Endpoint::new(&keys.identity, Protocol::Tracker)).transpose()?;
        let pool = node.as_ref().map(|node| node.pool.clone());
        let policy = Policy { pool, networks: config.sites.clone(), ..Policy::default() };
        let restoring = Restoring::new(policy, id, name.clone(), rand::random());
        let mut items = Vec::new();
        let known = members.is_some().then_some(&mut items);
        let restoring = restore(restoring, &mut store, known);
        let catalogue = restoring.await.map_err(|error| data_error(path, &error))?;
        let shutdown = CancellationToken::new();
        let metrics = Metrics::new();
        let (store, lost, store_task) = StoreHandle::start(store, metrics.clone());
        let (ways, complete) = node.as_ref().map(|_| Ways::new(metrics.clone())).unzip();
        let members = members.map(|(members, keys)| {
            let shared = (members, complete.clone());
            MembersHandle::start(shared, keys, items, store.clone(), shutdown.clone())
        });
        let (catalogue, catalogue_task) = CatalogueHandle::start(
            catalogue,
            store.clone(),
            members.clone(),
            lost,
            metrics,
            ways,
            shutdown.clone(),
        );
        let links = node.zip(complete).map(|(node, complete)| {
            let (roster, knows) = ((node.roster)(&store), (catalogue.clone(), members.clone()));
            Links::start(node.joined, roster, knows, complete, shutdown.clone())
        });
        let links = links.transpose().map_err(StartError::LinkKey)?;
        let search = SearchHandle::start(catalogue.clone()).map_err(StartError::Threads)?;
        let memory = MessageMemory::default();
        let draining = CancellationToken::new();
        let drain = Drain::new(draining.clone(), catalogue.clone(), links.clone());
        let channels = Channels {
            ids: Arc::default(),
            catalogue: catalogue.clone(),
            store: store.clone(),
            search: search.clone(),
            memory: memory.clone(),
            members: members.clone(),
            nodes: links.as_ref().map_or_else(|| watch::channel(Vec::new()).1, Links::addresses),
            draining,
            clock: Clock::start(),
        };
        let identity = Arc::new(Identity { id, started: Instant::now() });
        let slots = Slots::as_many_as_files();
        let followers = Followers::new(shutdown.clone());
        let gateway = Gateway::default();
        let app = App {
            catalogue: catalogue.clone(),
            store,
            tracker: identity.clone(),
            channels,
            search,
            memory,
            guard,
            slots: slots.clone(),
            feed: Feed::start(catalogue.clone(), members.clone()),
            followers,
            gateway: gateway.clone(),
            members: members.clone(),
            passwords: Passwords::default(),
            https: https.clone(),
            links: links.clone(),
            oidc,
        };
        let connections = TaskTracker::new();
        let fingerprint = https.as_ref().and_then(|https| https.fingerprint.clone());
        let entrance = tls.zip(https).map(|(tls, https)| Entrance {
            tls,
            https,
            plain: outside::plain(app.clone()),
            links: links.clone(),
        });
        let router = router(app);
        let doors = Doors { router: router.clone(), catalogue: catalogue.clone(), entrance, links };
        connections.spawn(accept_task(listener, doors, slots, connections.clone(), shutdown.clone()));
        connections.close();
        if let Some(acme) = acme {
            tokio::spawn(acme.run(shutdown.clone()));
        }
        let announcement = config.announce_on_lan.then(|| Announcement::start(addr, id, &name)).flatten();
        tracing::info!(%addr, %id, "the tracker listens");
        Ok(Self {
            addr,
            identity,
            catalogue,
            shutdown,
            announcement,
            catalogue_task,
            store_task,
            gateway,
            connections,
            members,
            drain,
            invite,
            fingerprint,
            #[cfg(test)]
            router,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Who it is; the same after a restart.
    pub fn id(&self) -> TrackerId {
        self.identity.id
    }

    /// The invite of the first administrator, while nobody keeps the pool for members that this is the tracker of.
    pub fn invite(&self) -> Option<&Invite> {
        self.invite.as_ref()
    }

    /// The SHA-256 of the certificate that browsers are shown, where the tracker has made that itself.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// Gives content from now on, at the paths of the API, by what answers these requests; it may serve whoever the tracker
    /// lets in. False if something else does already.
    pub fn open_gateway(&self, content: Router) -> bool {
        self.gateway.open(content)
    }

    /// Whether it does its work: the task that everything else asks answers.
    pub async fn responds(&self) -> bool {
        self.catalogue.counts(Viewer::All).await.is_ok()
    }

    /// How many items and peers it knows; `None` when it is ending.
    pub async fn counts(&self) -> Option<(usize, usize)> {
        let counts = self.catalogue.counts(Viewer::All).await.ok()?;
        Some((counts.items, counts.peers))
    }

    /// Gives it another display name, or the machine's. Peers that are connected learn it when they connect again.
    pub async fn rename(&mut self, name: Option<String>) {
        let name = name.unwrap_or_else(host_name);
        if let Some(announcement) = self.announcement.take() {
            announcement.withdraw();
            self.announcement = Announcement::start(self.addr, self.identity.id, &name);
        }
        // One that is ending needs no name.
        let _ = self.catalogue.rename(name).await;
    }

    /// Ends it: peers are told, those of one of several nodes to go on at another one, and everything that must last is
    /// written.
    pub async fn shutdown(mut self) {
        self.drain.hasten().await;
        self.shutdown.cancel();
        if let Some(announcement) = self.announcement.take() {
            announcement.withdraw();
        }
        // The catalogue's task closes the sessions, and connections end when their peers have been told.
        let _ = (&mut self.catalogue_task).await;
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.connections.wait()).await;
        // Connections that did not end keep a way to the store; it has nothing more to write for them.
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.store_task).await;
    }

    /// Waits until it is to end: its owner has drained it.
    pub async fn wait(&self) {
        self.drain.drained().await;
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn in_memory() -> (Memory, &'static Path) {
    (Memory::default(), Path::new("memory"))
}

/// Lets browsers in that know this machine by its address, its name, or one of the configuration.
fn guard(hosts: &[String]) -> Result<Guard, StartError> {
    Ok(Guard::new(Hosts::by_address().and_any_address().and_machine(&host_name()).and_configured(hosts)?))
}
