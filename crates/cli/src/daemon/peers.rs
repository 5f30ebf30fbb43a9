//! `peerpool peer --daemon`: the peers of all repositories of the configuration, in one process.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use peerpool_api::{ApiError, Client, Code, Error, Limits, OpenDoor, Reloaded, TrackerState, Trackers};
use peerpool_peer::{Process, ReloadRequest, Resources};
use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinSet},
};

use super::{
    Means, Service,
    plan::{self, Change, Step},
};
use crate::{
    args::PeerOptions,
    config::Config,
    device,
    exit::{Exit, Failure},
    joining,
    output::text::count,
    own::Own,
    session,
    signals::Signals,
};

/// Runs the peers of the repository that was named, or of all that the configuration has, until they are to end.
pub(crate) async fn run(means: Means, config: Config, said: PeerOptions) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let (asks, asked) = super::reloads();
    let starting = Peers::start(means, config, said, asks);
    let peers = tokio::select! {
        started = starting => started?,
        _ = signals.end.recv() => return Ok(()),
    };
    super::run(peers, signals, asked).await
}

/// The peers that run.
struct Peers {
    means: Means,
    /// What the command line and the environment say.
    said: PeerOptions,
    /// The configuration in force.
    config: Config,
    resources: Resources,
    asks: mpsc::Sender<ReloadRequest>,
    running: Vec<Running>,
    /// Those that are not wanted any more, on their way out.
    leaving: JoinSet<()>,
}

/// When a change takes effect.
enum Effect {
    Now,
    AtStart,
}

/// One of them.
struct Running {
    /// What it was told. It has a repository.
    options: PeerOptions,
    own: Own,
    client: Client,
    asks: mpsc::Sender<ReloadRequest>,
    joining: AbortHandle,
}

impl Peers {
    async fn start(
        means: Means,
        config: Config,
        said: PeerOptions,
        asks: mpsc::Sender<ReloadRequest>,
    ) -> Result<Self, Failure> {
        let wanted = wanted(&config, &said)?;
        let resources = Resources::start(wanted.len())?;
        let mut peers =
            Self { means, said, config, resources, asks, running: Vec::new(), leaving: JoinSet::new() };
        for (_, started) in peers.start_all(wanted).await {
            peers.running.push(started?);
        }
        peers.means.sockets.close_rest();
        Ok(peers)
    }

    /// Starts peers side by side: a repository may be busy for a while with a command's peer, which hands over.
    async fn start_all(&mut self, mut all: Vec<PeerOptions>) -> Vec<(PeerOptions, Result<Running, Failure>)> {
        // Whoever says where it listens has the first choice of sockets.
        all.sort_by_key(|peer| peer.listen.is_none());
        let starting = all.into_iter().map(|options| {
            let process = Process {
                resources: Some(self.resources.clone()),
                socket: self.means.sockets.take(options.listen),
                reloads: Some(self.asks.clone()),
            };
            let asks = self.asks.clone();
            async move { (options.clone(), Running::start(options, process, asks).await) }
        });
        join_all(starting).await
    }

    async fn perform(&mut self, steps: Vec<Step>) -> Reloaded {
        let mut reloaded = Reloaded::default();
        let mut starts = Vec::new();
        for step in steps {
            match step {
                Step::Start(options) => starts.push(options),
                Step::Change(repository, change) => {
                    let what = format!("{} of {}", change.key(), repository.display());
                    match self.change(&repository, change).await {
                        Ok(Effect::Now) => reloaded.changed.push(what),
                        Ok(Effect::AtStart) => reloaded.needs_restart.push(what),
                        Err(error) => reloaded.failed.push(format!("{what}: {error}")),
                    }
                }
                Step::End(repository) => {
                    if let Some(number) = self.find(&repository) {
                        // It may be the one that was asked to reload, and has to answer yet.
                        self.leaving.spawn(self.running.swap_remove(number).end());
                        reloaded.changed.push(format!("repository {} leaves", repository.display()));
                    }
                }
            }
        }
        self.start_new(starts, &mut reloaded).await;
        reloaded
    }

    async fn change(&mut self, repository: &Path, change: Change) -> Result<Effect, Error> {
        let Some(number) = self.find(repository) else { return Ok(Effect::AtStart) };
        let peer = &mut self.running[number];
        match change {
            Change::Name(name) => peer.rename(name).await,
            Change::Tracker(tracker) => peer.join(tracker),
            Change::Web(web) => peer.let_in(web).await?,
            Change::Limits(limits) => peer.limit(limits).await,
            Change::Listen => return Ok(Effect::AtStart),
        }
        Ok(Effect::Now)
    }

    async fn start_new(&mut self, all: Vec<PeerOptions>, reloaded: &mut Reloaded) {
        if !all.is_empty() {
            // Whoever leaves may have the port.
            while self.leaving.join_next().await.is_some() {}
        }
        for (options, started) in self.start_all(all).await {
            let repository = options.repository.unwrap_or_default();
            let shown = repository.display();
            match started {
                Ok(started) => {
                    self.running.push(started);
                    reloaded.changed.push(format!("repository {shown} came"));
                }
                Err(failure) => reloaded.failed.push(format!("repository {shown}: {failure}")),
            }
        }
    }

    /// Peers of a pool for members that this device has joined since they started: they start again, as members.
    fn end_strangers(&mut self) {
        let is_stranger =
            |one: &mut Running| !one.own.is_member() && device::has_joined(one.options.tracker.as_ref());
        for stranger in self.running.extract_if(.., is_stranger) {
            self.leaving.spawn(stranger.end());
        }
    }

    fn find(&self, repository: &Path) -> Option<usize> {
        self.running.iter().position(|one| one.options.repository.as_deref() == Some(repository))
    }
}

impl Service for Peers {
    async fn responds(&self) -> bool {
        for one in &self.running {
            if !one.own.has_ended() && !one.own.responds().await {
                return false;
            }
        }
        true
    }

    async fn status(&self) -> String {
        let (mut repositories, mut items, mut connected) = (0, 0, 0);
        for one in self.running.iter().filter(|one| !one.own.has_ended()) {
            repositories += 1;
            if let Ok(status) = one.client.status().await {
                items += status.items;
                connected += u32::from(status.tracker.state == TrackerState::Connected);
            }
        }
        let items = count(items, "item", "items");
        let repositories = count(repositories, "repository", "repositories");
        format!("sharing {items} of {repositories}, {connected} connected to a tracker")
    }

    async fn reload(&mut self) -> Result<Reloaded, ApiError> {
        let config = self.means.read_config()?;
        let wanted = wanted(&config, &self.said)
            .map_err(|failure| ApiError::new(Code::BadRequest, failure.to_string()))?;
        // A peer that was told to end by its own API starts again if the file still has it.
        self.running.retain(|one| !one.own.has_ended());
        self.end_strangers();
        let now: Vec<_> = self.running.iter().map(|one| one.options.clone()).collect();
        let mut reloaded = self.perform(plan::between(&now, &wanted)).await;
        self.means.reload_logs(&mut self.config, &config, &mut reloaded);
        Ok(reloaded)
    }

    async fn ended(&self) {
        for one in &self.running {
            one.own.ended().await;
        }
    }

    async fn shut_down(self) {
        join_all(self.running.into_iter().map(Running::end)).await;
        self.leaving.join_all().await;
    }
}

impl Running {
    async fn start(
        options: PeerOptions,
        process: Process,
        asks: mpsc::Sender<ReloadRequest>,
    ) -> Result<Self, Failure> {
        // Where none is named, that of the only pool which this device has joined: else the peer would begin as a stranger,
        // whom a pool for members refuses. It stays with it when the device joins another.
        let tracker = options.tracker.clone().or_else(device::only_tracker);
        let meant = PeerOptions { tracker: tracker.clone(), ..options.clone() };
        let (own, client) = session::start_daemon(&meant, process).await?;
        tracing::info!(
            repository = %client.repository().display(),
            listen = %own.listen(),
            "the peer serves"
        );
        let joining = begin_to_join(&client, tracker, &asks);
        Ok(Self { options, own, client, asks, joining })
    }

    async fn rename(&mut self, name: Option<String>) {
        self.own.rename(name.clone()).await;
        self.options.name = name;
    }

    fn join(&mut self, tracker: Option<Trackers>) {
        self.joining.abort();
        self.joining = begin_to_join(&self.client, tracker.clone(), &self.asks);
        self.options.tracker = tracker;
    }

    async fn let_in(&mut self, web: Option<OpenDoor>) -> Result<(), Error> {
        match &web {
            Some(wanted) => self.client.open_door(wanted).await.map(drop)?,
            None => self.client.close_door().await?,
        }
        self.options.web = web;
        Ok(())
    }

    async fn limit(&mut self, limits: Option<Limits>) {
        self.own.limit(limits.clone()).await;
        self.options.limits = limits;
    }

    async fn end(self) {
        self.joining.abort();
        self.own.shutdown().await;
    }
}

fn begin_to_join(
    client: &Client,
    tracker: Option<Trackers>,
    asks: &mpsc::Sender<ReloadRequest>,
) -> AbortHandle {
    let (client, asks) = (client.clone(), asks.clone());
    let joining = async move {
        if joining::join_at_last(&client, tracker).await == joining::Ended::JoinedMeanwhile {
            // The daemon looks at what it has to start; nobody waits for the answer.
            let (answer, _) = oneshot::channel();
            let _ = asks.send(answer).await;
        }
    };
    tokio::spawn(joining).abort_handle()
}

/// What each peer is told; every one with the absolute path of its repository.
fn wanted(config: &Config, said: &PeerOptions) -> Result<Vec<PeerOptions>, Failure> {
    let mut all = config.peers(said);
    for peer in &mut all {
        if peer.repository.is_none() {
            let what =
                "which folder is shared? Say --repository DIR, or `repository` in the configuration file";
            return Err(Failure::told(Exit::Usage, what));
        }
        let repository: PathBuf = session::repository(peer)?;
        peer.repository = Some(repository);
    }
    Ok(all)
}
