//! The tasks of a peer, and how they reach each other.

use std::sync::Arc;

use peerpool_tls::{Endpoint, Protocol};
use peerpool_wire::channel::SessionSecret;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    gauges,
    ground::{Ground, Left},
};
use crate::{
    api::{App, BrowserDoor, Live, expire_uploads},
    channel::{self, ChannelHandle, Identity, Secure},
    credentials::Credentials,
    error::PeerError,
    get::{Getter, succession},
    history::History,
    listener,
    node::{self, Facts, Message, Node, NodeHandle, journal::Journal},
    scanner::{self, ScannerHandle},
    told::Told,
};

/// Events that wait for a slow client.
const EVENTS: usize = 4096;

/// What reaches the tasks of a peer.
pub(super) struct Parts {
    pub(super) node: NodeHandle,
    pub(super) channel: ChannelHandle,
    pub(super) scanner: ScannerHandle,
    pub(super) browsers: BrowserDoor,
    /// Cancelled when everything is to end.
    pub(super) shutdown: CancellationToken,
    /// Cancelled when nothing runs any more.
    pub(super) ended: CancellationToken,
    /// How many clients keep the peer from leaving.
    pub(super) holders: watch::Sender<usize>,
    /// Cancelled when another peer takes the place of this one.
    pub(super) handed_over: CancellationToken,
    pub(super) left: Left,
    /// What routes work with.
    pub(super) app: App,
}

impl Ground {
    /// Starts all tasks.
    pub(super) fn build(self) -> Result<Parts, PeerError> {
        let Self {
            mut left,
            listener,
            listen,
            control,
            mut registry,
            mut environment,
            networks,
            name,
            tracker,
            ..
        } = self;
        let Self { limits, limiting, temporary, resources, reloads, guarded, .. } = self;
        let (repository, handles) = (left.repository.clone(), left.handles);
        let shutdown = CancellationToken::new();
        let (inbox_in, inbox) = mpsc::channel(node::INBOX);
        let node = NodeHandle::new(inbox_in);
        let (events, _) = broadcast::channel::<Told>(EVENTS);
        let (alone, alone_inbox) = mpsc::channel(node::ALONE);
        let (mut guarding, mut secure) = (None, None);
        if let Some(guarded) = guarded {
            let meetings = node.events(Message::Meeting);
            let (epoch, plain) = (guarded.guarding.epoch(), guarded.guarding.takes_plain());
            environment.credentials =
                Some(Credentials::new(&guarded.identity, guarded.own, epoch, plain, meetings)?);
            let endpoint = Arc::new(Endpoint::new(&guarded.identity, Protocol::Tracker)?);
            secure = Some(Secure { endpoint, trackers: guarded.trackers });
            guarding = Some(guarded.guarding);
        }
        let secret = SessionSecret(rand::random());
        let identity = Identity { peer_id: environment.peer_id, name: name.clone(), listen, secret, secure };
        let channel = channel::spawn(identity, environment.clock, node.events(Message::Channel), networks);
        let (scanner, scanning) =
            scanner::open(repository.clone(), node.events(Message::Scanner), shutdown.clone());
        let (history, recording) = History::start(std::mem::take(&mut left.transfers));
        let (journal, journalling) = Journal::start(repository.clone(), left.entries.clone());
        let arrivals = node.events(Message::Admit);
        let network = environment.network.clone();
        let handshakes = resources.handshakes;
        gauges::watch(&mut registry, &environment, handles, &handshakes, &node);
        let credentials = environment.credentials.clone();
        let admitting = listener::run(listener, network, credentials, handshakes, arrivals, shutdown.clone());
        let getter = Getter {
            node: node.clone(),
            channel: channel.clone(),
            repository: repository.clone(),
            shutdown: shutdown.clone(),
        };
        let succeeding = succession::run(getter.clone(), alone_inbox);
        let holders = watch::Sender::new(0);
        let (browsers, letting_in) = BrowserDoor::new();
        let live = Live::new();
        let app = App {
            node: node.clone(),
            channel: channel.clone(),
            scanner: scanner.clone(),
            limits: limits.clone(),
            getter,
            events: events.clone(),
            live: live.clone(),
            holders: holders.clone(),
            browsers: browsers.clone(),
            repository: repository.clone(),
            tracker,
            shutdown: shutdown.clone(),
            exporter: registry.exporter(),
            reloads,
        };
        let handed_over = CancellationToken::new();
        let hand_over = temporary.then(|| handed_over.clone());
        let facts = Facts {
            name,
            listen,
            web: letting_in.address(),
            repository,
            limits,
            shutdown: shutdown.clone(),
            hand_over,
            alone,
            environment,
        };
        let owner = Node::new(
            facts,
            node.clone(),
            channel.clone(),
            scanner.clone(),
            (journal, history),
            events,
            live.events,
        )
        .guarded(guarding);

        let tasks = TaskTracker::new();
        tasks.spawn(scanning);
        tasks.spawn(journalling);
        tasks.spawn(recording);
        tasks.spawn(shutdown.clone().run_until_cancelled_owned(limiting));
        tasks.spawn(shutdown.clone().run_until_cancelled_owned(expire_uploads(app.repository.clone())));
        tasks.spawn(owner.run(inbox));
        tasks.spawn(admitting);
        tasks.spawn(succeeding);
        tasks.spawn(letting_in.run(app.clone(), handles.browsers));
        tasks.spawn(control.run(app.clone(), handles.clients));
        let ended = CancellationToken::new();
        tokio::spawn(announce_end(tasks, ended.clone()));
        Ok(Parts { node, channel, scanner, browsers, shutdown, ended, holders, handed_over, left, app })
    }
}

/// The peer has ended when nothing of it runs any more, so that its repository is free for another.
async fn announce_end(tasks: TaskTracker, ended: CancellationToken) {
    tasks.close();
    tasks.wait().await;
    ended.cancel();
}
