//! A running peer.

mod gauges;
mod ground;
mod parts;
mod process;

use std::{net::SocketAddr, path::PathBuf};

use axum::Router;
use futures_util::future::BoxFuture;
use peerpool_api::{Limits, OpenDoor, Problem, ProblemCode, Trackers};
use peerpool_wire::id::PeerId;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::process::{Process, ReloadRequest, Resources};
use self::{
    ground::{Ground, Left},
    parts::Parts,
};
use crate::{
    api::{App, BrowserDoor, start_gateway},
    channel::ChannelHandle,
    credentials::Membership,
    error::PeerError,
    limits::WeakLimitsHandle,
    node::{Message, NodeHandle, Origin},
    scanner::{self, ScannerHandle},
};

/// What a peer is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that it shares; created where it is missing.
    pub repository: PathBuf,
    /// Its tracker, or several nodes of its pool; a node tells where the others are, too.
    pub tracker: Option<Trackers>,
    /// Where it listens for peers; port 0 for any. `[::]` means both families, or IPv4 where there is no IPv6.
    pub listen: SocketAddr,
    /// What it calls itself; the machine's name when left out.
    pub name: Option<String>,
    /// Whether to connect to the tracker at once. A tracker that cannot be used then is an error.
    pub start: bool,
    /// What it is in a pool for members; in an open pool nothing.
    pub membership: Option<Membership>,
    /// Where to let browsers in; nowhere when left out, until somebody asks for it.
    pub web: Option<OpenDoor>,
    /// Whether it is there for as long as a command, and hands over to a peer that wants to stay.
    pub temporary: bool,
    /// How fast payload may go. When left out, as it was set over the API, in an earlier run too.
    pub limits: Option<Limits>,
}

/// A peer that runs until [`Peer::shutdown`], or until somebody says `end` through its control API.
#[derive(Debug)]
pub struct Peer {
    listen_addr: SocketAddr,
    peer_id: PeerId,
    node: NodeHandle,
    channel: ChannelHandle,
    limits: WeakLimitsHandle,
    shutdown: CancellationToken,
    ended: CancellationToken,
    /// How many clients keep the peer from leaving.
    holders: watch::Sender<usize>,
    handed_over: CancellationToken,
}

/// A peer that is dropped ends without a farewell: nobody is told, and what was fetched in the last second is fetched
/// again.
impl Drop for Peer {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Peer {
    /// Opens the repository, listens for peers and serves the control API. What the repository holds is looked at,
    /// and unfinished downloads go on, from then on.
    ///
    /// # Errors
    ///
    /// When the repository cannot be used or another process has it, when it cannot listen, when the system gives no
    /// more threads; and when a tracker that was to be joined cannot be.
    pub async fn start(config: Config) -> Result<Self, PeerError> {
        Self::start_in(Process::default(), config).await
    }

    /// The same for one of several peers of a process.
    ///
    /// # Errors
    ///
    /// As [`Peer::start`].
    pub async fn start_in(process: Process, config: Config) -> Result<Self, PeerError> {
        Ok(Self::start_with_app(process, config).await?.0)
    }

    /// Starts a gateway: a peer that fetches what is read of the pool's content, and keeps at most `room` bytes of it. What
    /// serves that content to browsers, at the paths of the API, comes with it; it asks nobody for a key.
    ///
    /// # Errors
    ///
    /// As [`Peer::start`].
    pub async fn start_gateway(config: Config, room: u64) -> Result<(Self, Router), PeerError> {
        let (peer, app) = Self::start_with_app(Process::default(), config).await?;
        Ok((peer, start_gateway(app, room)))
    }

    /// Boxed, so that this crate compiles it: an `async fn` is compiled where it is awaited, in each crate anew.
    fn start_with_app(
        process: Process,
        config: Config,
    ) -> BoxFuture<'static, Result<(Self, App), PeerError>> {
        Box::pin(Self::start_with_app_unboxed(process, config))
    }

    async fn start_with_app_unboxed(process: Process, config: Config) -> Result<(Self, App), PeerError> {
        let tracker = config.tracker.clone().filter(|_| config.start);
        let web = config.web;
        let ground = Ground::prepare(config, process).await?;
        let (listen_addr, peer_id, limits) =
            (ground.listen, ground.environment.peer_id, ground.limits.downgrade());
        let Parts { node, channel, scanner, browsers, shutdown, ended, holders, handed_over, left, app } =
            ground.build()?;
        let peer = Self {
            listen_addr,
            peer_id,
            node,
            channel: channel.clone(),
            limits,
            shutdown,
            ended,
            holders,
            handed_over,
        };
        if let Some(web) = web {
            peer.let_browsers_in(&browsers, web).await?;
        }
        peer.begin(left, &scanner).await?;
        if let Some(tracker) = tracker {
            peer.join(&channel, tracker).await?;
        }
        Ok((peer, app))
    }

    /// Takes up what an earlier run left, and looks at the repository from now on.
    async fn begin(&self, left: Left, scanner: &ScannerHandle) -> Result<(), PeerError> {
        let Left { repository, partials, mut entries, damage, handles, .. } = left;
        let taking_up = self.node.with(move |node| {
            node.note_handles(handles);
            if let Some(damage) = damage {
                node.report_damaged_journal(&damage);
            }
            for listing in partials {
                let entry = entries.remove(&listing.metainfo.info.hash());
                node.take_up(listing, entry);
            }
        });
        taking_up.await;
        match repository.watch() {
            Ok(watcher) => {
                let events = self.node.events(Message::Scanner);
                scanner::watch(watcher, scanner, repository, events, self.shutdown.clone())
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

    async fn let_browsers_in(&self, browsers: &BrowserDoor, wanted: OpenDoor) -> Result<(), PeerError> {
        if let Some(Err(error)) = browsers.open(wanted).await {
            self.shutdown().await;
            return Err(error.into());
        }
        Ok(())
    }

    async fn join(&self, channel: &ChannelHandle, tracker: Trackers) -> Result<(), PeerError> {
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

    /// Whether it does its work: the task that everything else asks answers.
    pub async fn responds(&self) -> bool {
        self.node.with(|_| ()).await.is_some()
    }

    /// Gives it another display name, or the machine's. The pool learns it by a new session.
    pub async fn rename(&self, name: Option<String>) {
        let name = name.unwrap_or_else(ground::machine_name);
        let told = name.clone();
        self.node.with(move |node| node.rename(told)).await;
        self.channel.rename(name).await;
    }

    /// Puts other limits of rates in force, until they are set over the API; `None` for those that were set there last.
    pub async fn limit(&self, limits: Option<Limits>) {
        let handle = self.limits.clone();
        // Fails only when the process ends.
        let _ = tokio::task::spawn_blocking(move || handle.put_in_force(limits)).await;
    }

    /// Waits until the peer has ended.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Whether the peer has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Whether it ends, or has ended, so that another peer takes its place.
    pub fn has_handed_over(&self) -> bool {
        self.handed_over.is_cancelled()
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
