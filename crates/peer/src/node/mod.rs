//! The node: the one owner of what a peer knows.
//!
//! It waits for nobody: what takes time is done by tasks that come back to it with a [`Message`].

mod admission;
mod asks;
mod commands;
mod completion;
mod doubts;
mod downloading;
mod downloads;
mod error;
mod followed;
mod guarding;
mod locating;
mod members;
mod message;
mod metadata;
mod pool;
mod problems;
mod reachability;
mod reading;
mod recording;
mod registration;
mod shares;
mod sharing;
mod shutdown;
mod stock;
mod succession;
mod swarm_events;
mod swarms;
mod transfers;
mod views;
mod wire_index;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use peerpool_api as api;
use peerpool_repository::Repository;
use peerpool_web::live::EventLog;
use peerpool_wire::id::{InfoHash, PeerId};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub(crate) use self::{
    commands::{Reuse, SaveAs},
    downloads::journal,
    error::NodeError,
    guarding::Guarding,
    message::{Message, NodeHandle},
    metadata::MetadataTask,
    problems::Origin,
    reading::{Reading, There},
};
use self::{
    downloads::{Downloads, journal::Journal},
    metadata::MetadataFetches,
    pool::Pool,
    problems::Problems,
    reading::Readers,
    shares::Shares,
    swarms::Swarms,
    wire_index::WireIndex,
};
use crate::{
    channel::ChannelHandle,
    history::History,
    limits::LimitsHandle,
    pulse::{AT_REST, Pulse},
    scanner::ScannerHandle,
    swarm_task::Environment,
    told::Told,
};

/// Messages that wait for the node.
pub(crate) const INBOX: usize = 1024;
/// Downloads whose names wait to be looked up again.
pub(crate) const ALONE: usize = 64;
/// How often figures are looked at.
const TICK: Duration = Duration::from_millis(250);

/// What a peer is, from its start on.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) listen: SocketAddr,
    /// Where browsers are let in.
    pub(crate) web: watch::Receiver<Option<SocketAddr>>,
    pub(crate) repository: Arc<Repository>,
    pub(crate) limits: LimitsHandle,
    /// Cancelled when everything is to end.
    pub(crate) shutdown: CancellationToken,
    /// There if the peer is a command's; cancelled when another peer takes its place.
    pub(crate) hand_over: Option<CancellationToken>,
    /// For downloads that nobody has any more.
    pub(crate) alone: mpsc::Sender<InfoHash>,
    /// What every swarm uses.
    pub(crate) environment: Environment,
}

/// The owner of a peer's state. Each part owns its fields; what follows from a change of one for the others is decided
/// here.
pub(crate) struct Node {
    facts: Facts,
    handle: NodeHandle,
    scanner: ScannerHandle,
    events: broadcast::Sender<Told>,
    /// What happened lately, for those who follow.
    log: EventLog,
    /// What the owner ought to know of.
    problems: Problems,
    /// Every item that a connection may be about.
    index: WireIndex,
    shares: Shares,
    downloads: Downloads,
    /// Transfers that are over.
    history: History,
    /// Items that are known by a link alone.
    metadata: MetadataFetches,
    swarms: Swarms,
    readers: Readers,
    /// What this peer and the tracker tell each other.
    pool: Pool,
    /// In a pool for members.
    guarding: Option<Guarding>,
    leaving: bool,
}

impl Node {
    pub(crate) fn new(
        facts: Facts,
        handle: NodeHandle,
        channel: ChannelHandle,
        scanner: ScannerHandle,
        (journal, history): (Journal, History),
        events: broadcast::Sender<Told>,
        log: EventLog,
    ) -> Self {
        Self {
            facts,
            handle,
            scanner,
            events,
            log,
            problems: Problems::default(),
            index: WireIndex::default(),
            shares: Shares::default(),
            downloads: Downloads::new(journal),
            history,
            metadata: MetadataFetches::default(),
            swarms: Swarms::default(),
            readers: Readers::default(),
            pool: Pool::new(channel),
            guarding: None,
            leaving: false,
        }
    }

    /// The same node in a pool for members.
    pub(crate) fn guarded(self, guarding: Option<Guarding>) -> Self {
        Self { guarding, ..self }
    }

    /// Handles messages until the peer has ended.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let mut pulse = Pulse::new(self.facts.environment.clock);
        let ended = self.facts.shutdown.clone();
        loop {
            tokio::select! {
                biased;
                () = ended.cancelled() => return,
                () = pulse.tick(if self.is_at_rest() { AT_REST } else { TICK }) => self.handle_tick(),
                message = inbox.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Admit(arrival) => self.handle_arrival(arrival),
            Message::Meeting(meeting) => self.handle_meeting(meeting),
            Message::Swarm { item, event } => self.handle_swarm(item, event),
            Message::Channel(event) => self.handle_channel(event),
            Message::Scanner(event) => self.handle_scanner(event),
            Message::Call(call) => call(self),
        }
    }

    /// Whether nothing is to be done because time passes.
    fn is_at_rest(&self) -> bool {
        self.guarding.as_ref().is_none_or(Guarding::is_at_rest)
            && !self.pool.registrations.wait()
            && !self.downloads.iter().any(|(_, download)| download.is_running())
    }

    fn handle_tick(&mut self) {
        self.tick_guard();
        self.judge_waiting();
        self.tick_downloads(TICK);
        self.register_progress();
        self.flush_registrations();
    }

    /// This peer's identity.
    pub(crate) fn peer_id(&self) -> PeerId {
        self.facts.environment.peer_id
    }

    /// The whole identity of an item of which one hash was given; as given when the item is not known here.
    pub(crate) fn identify(&self, item: &InfoHash) -> InfoHash {
        let known = item.wire_hashes().find_map(|hash| self.index.get(&hash));
        let waiting = || {
            let named = item.to_string();
            let downloads = self.downloads.iter().map(|(item, _)| *item);
            downloads.chain(self.metadata.items()).find(|known| known.to_string() == named)
        };
        known.or_else(waiting).unwrap_or(*item)
    }

    /// Tells everyone who watches, and those who follow, however late they look.
    fn emit(&self, event: api::Event) {
        let at = match &event {
            // There are so many of these that they would drive out everything else.
            api::Event::Requested { .. } | api::Event::Arrived { .. } | api::Event::Hashing { .. } => None,
            api::Event::Download { download } => {
                // Who gave it takes much room, and is seen where the download is.
                let download = api::Download { sources: Vec::new(), ..download.clone() };
                self.log.tell(&api::Event::Download { download })
            }
            event => self.log.tell(event),
        };
        self.tell(Told { at, event });
    }

    /// Tells everyone who watches now.
    fn show(&self, event: api::Event) {
        self.tell(Told { at: None, event });
    }

    fn tell(&self, told: Told) {
        // Nobody watching is no error.
        let _ = self.events.send(told);
    }

    /// Runs something that takes time, and then the node's reaction to its outcome; both in the span of now.
    fn spawn_then<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut Node, T) + Send + 'static,
    ) {
        let handle = self.handle.clone();
        let span = Span::current();
        let reacting = span.clone();
        let working = async move {
            let outcome = work.await;
            let react = move |node: &mut Node| reacting.in_scope(|| then(node, outcome));
            handle.send(Message::Call(Box::new(react))).await;
        };
        tokio::spawn(working.instrument(span));
    }

    /// The same for work that blocks; nothing happens when it panics, which is a defect.
    fn block_then<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(&mut Node, T) + Send + 'static,
    ) {
        self.spawn_then(tokio::task::spawn_blocking(work), move |node, outcome| match outcome {
            Ok(outcome) => then(node, outcome),
            Err(error) => tracing::error!(%error, "a blocking task panicked"),
        });
    }
}
