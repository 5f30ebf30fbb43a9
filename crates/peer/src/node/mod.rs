//! The node: the one owner of what a peer knows.
//!
//! It waits for nobody: what takes time is done by tasks that come back to it with a [`Message`].

mod admission;
mod asked;
mod completion;
mod descriptions;
mod download;
mod downloads;
mod ending;
mod error;
mod problems;
mod reachability;
mod registration;
mod shares;
mod stalled;
mod succession;
mod swarms;
mod tracker;
mod verifying;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use peerpool_api as api;
use peerpool_repository::{Repository, SharedItem};
use peerpool_wire::id::{InfoHash, PeerId, WireHash};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    descriptions::Describing,
    downloads::{Reuse, SaveAs},
    error::NodeError,
    problems::Origin,
};
use self::{descriptions::Description, download::Download, problems::Problems, registration::Registrations};
use crate::{
    channel::{self, ChannelHandle},
    event_sender::EventSender,
    journal::Journal,
    listener::Arrival,
    scanner::{self, ScannerHandle},
    swarm_task::{self, Environment, SwarmHandle},
};

/// Messages that wait for the node.
pub(crate) const INBOX: usize = 1024;
/// Downloads whose names wait to be looked up again.
pub(crate) const ALONE: usize = 64;
/// How often figures are looked at.
const BEAT: Duration = Duration::from_millis(250);

/// What the node is told.
pub(crate) enum Message {
    /// A connection came in and named an item.
    Admit(Arrival),
    /// From a running swarm.
    Swarm { item: InfoHash, event: swarm_task::Event },
    /// From the tracker channel.
    Channel(channel::Event),
    /// From the repository.
    Scanner(scanner::Event),
    /// A question or a command of the control API, or the end of something that took time.
    Call(Box<dyn FnOnce(&mut Node) + Send>),
}

/// Reaches the node.
#[derive(Clone, Debug)]
pub(crate) struct NodeHandle {
    inbox: mpsc::Sender<Message>,
}

impl NodeHandle {
    pub(crate) fn new(inbox: mpsc::Sender<Message>) -> Self {
        Self { inbox }
    }

    /// For the events of a part of the peer, which `wrap` makes messages of.
    pub(crate) fn events<E: Send + 'static>(
        &self,
        wrap: impl Fn(E) -> Message + Send + Sync + 'static,
    ) -> EventSender<E> {
        EventSender::new(self.inbox.clone(), wrap)
    }

    /// Tells the node something; nobody is told any more when the peer ends.
    pub(crate) async fn send(&self, message: Message) {
        let _ = self.inbox.send(message).await;
    }

    /// Like [`NodeHandle::send`], from a thread that may block.
    pub(crate) fn blocking_send(&self, message: Message) {
        let _ = self.inbox.blocking_send(message);
    }

    /// Has the node do something and waits for the outcome; `None` when the peer has ended.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let call = Box::new(move |node: &mut Node| {
            let _ = answer.send(call(node));
        });
        self.send(Message::Call(call)).await;
        answered.await.ok()
    }
}

/// What a peer is, from its start on.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) listen: SocketAddr,
    pub(crate) repository: Arc<Repository>,
    /// Cancelled when everything is to end.
    pub(crate) ending: CancellationToken,
    /// For downloads that nobody has any more.
    pub(crate) alone: mpsc::Sender<InfoHash>,
}

/// The owner of a peer's state.
pub(crate) struct Node {
    facts: Facts,
    environment: Environment,
    handle: NodeHandle,
    channel: ChannelHandle,
    scanner: ScannerHandle,
    events: broadcast::Sender<api::Event>,
    /// What is shared, by name.
    items: BTreeMap<String, Arc<SharedItem>>,
    /// The names of what is shared; one item may be shared under several.
    names_of: BTreeMap<InfoHash, BTreeSet<String>>,
    /// Every item that a connection may be about.
    by_wire: HashMap<WireHash, InfoHash>,
    /// The info-hashes of hybrids' v1 forms.
    v1_forms: BTreeMap<InfoHash, WireHash>,
    /// What the owner ought to know of.
    problems: Problems,
    hashing: Option<shares::HashingRate>,
    downloads: BTreeMap<InfoHash, Download>,
    downloads_begun: u64,
    /// Items that are known by a link alone.
    descriptions: BTreeMap<InfoHash, Description>,
    /// Downloads that nobody wants any more, but whose data is kept; and their names.
    forgotten: BTreeMap<InfoHash, String>,
    swarms: BTreeMap<InfoHash, SwarmHandle>,
    /// Payload given by swarms that ended, by item.
    given: BTreeMap<InfoHash, u64>,
    /// Payload fetched by swarms that ended.
    fetched: u64,
    peer_names: BTreeMap<PeerId, String>,
    reachability: reachability::Reachability,
    asks: asked::Asks,
    registrations: Registrations,
    journal: Journal,
    /// When items were last read again because somebody was sent wrong data of them.
    doubted: verifying::Doubts,
    /// How many clients watch single pieces.
    tracers: usize,
    leaving: bool,
}

impl Node {
    pub(crate) fn new(
        facts: Facts,
        handle: NodeHandle,
        environment: Environment,
        channel: ChannelHandle,
        scanner: ScannerHandle,
        journal: Journal,
        events: broadcast::Sender<api::Event>,
    ) -> Self {
        Self {
            handle,
            facts,
            environment,
            channel,
            scanner,
            events,
            items: BTreeMap::new(),
            names_of: BTreeMap::new(),
            by_wire: HashMap::new(),
            v1_forms: BTreeMap::new(),
            problems: Problems::default(),
            hashing: None,
            downloads: BTreeMap::new(),
            downloads_begun: 0,
            descriptions: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            swarms: BTreeMap::new(),
            given: BTreeMap::new(),
            fetched: 0,
            peer_names: BTreeMap::new(),
            reachability: reachability::Reachability::default(),
            asks: asked::Asks::default(),
            registrations: Registrations::default(),
            journal,
            doubted: verifying::Doubts::default(),
            tracers: 0,
            leaving: false,
        }
    }

    /// Handles messages until the peer has ended.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = self.facts.ending.clone();
        loop {
            tokio::select! {
                biased;
                () = ended.cancelled() => return,
                _ = beat.tick() => self.handle_beat(),
                message = inbox.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Admit(Arrival { handshake, answer }) => {
                let _ = answer.send(self.admit(&handshake));
            }
            Message::Swarm { item, event } => self.handle_swarm(item, event),
            Message::Channel(event) => self.handle_channel(event),
            Message::Scanner(event) => self.handle_scanner(event),
            Message::Call(call) => call(self),
        }
    }

    fn handle_beat(&mut self) {
        self.show_downloads(BEAT);
        self.register_progress();
        self.flush_registrations();
    }

    /// This peer's identity.
    pub(crate) fn peer_id(&self) -> PeerId {
        self.environment.peer_id
    }

    /// The whole identity of an item of which one hash was given; as given when the item is not known here.
    pub(crate) fn identify(&self, item: &InfoHash) -> InfoHash {
        let known = item.wire_hashes().find_map(|hash| self.by_wire.get(&hash));
        let mut waiting = self.downloads.keys().chain(self.descriptions.keys());
        let download = || waiting.find(|known| known.to_string() == item.to_string());
        known.or_else(download).copied().unwrap_or(*item)
    }

    /// Tells everyone who watches.
    fn emit(&self, event: api::Event) {
        // Nobody watching is no error.
        let _ = self.events.send(event);
    }

    /// Runs something that takes time, and then the node's reaction to its outcome.
    fn spawn_then<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut Node, T) + Send + 'static,
    ) {
        let handle = self.handle.clone();
        tokio::spawn(async move {
            let outcome = work.await;
            handle.send(Message::Call(Box::new(move |node| then(node, outcome)))).await;
        });
    }

    /// The same for work that blocks; nothing happens when it panics, which is a defect.
    fn block_then<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(&mut Node, T) + Send + 'static,
    ) {
        self.spawn_then(tokio::task::spawn_blocking(work), move |node, outcome| match outcome {
            Ok(outcome) => then(node, outcome),
            Err(error) => tracing::error!(%error, "a blocking task"),
        });
    }
}
