//! Keeps a session with a node of the pool, and begins the next one, there or at another, when it breaks.

use std::{net::IpAddr, time::Duration};

use peerpool_api::{TrackerUrl, Trackers};
use peerpool_wire::{channel::SEARCHES, digest::ShareDigest, networks::Networks};
use tokio::sync::{oneshot, watch};
use tracing::{Instrument as _, Span};

use super::{
    Event, Identity, Inbox, Order, Secure, State,
    link::{self, Connection, Opened, Refused},
    nodes::{Chance, Nodes, Turn, urls},
    pending::Pending,
    session::{End, Session, Speaks},
};
use crate::{addresses, clock::Clock, error::TrackerError, event_sender::EventSender, membership};

/// How long the node may take to follow a keyset.
const FOLLOWING: Duration = Duration::from_secs(2);
/// How often the addresses of this machine are looked at during a pause.
const GLANCE: Duration = Duration::from_secs(1);

pub(super) struct ChannelTask {
    identity: Identity,
    clock: Clock,
    events: EventSender<Event>,
    inbox: Inbox,
    state: watch::Sender<State>,
    /// The trackers that were named.
    named: watch::Sender<Option<Trackers>>,
    /// Which addresses are one network, as the tracker said last.
    networks: watch::Sender<Networks>,
    nodes: Option<Nodes>,
    /// Questions that wait, and outlast a session where there is another node.
    pending: Pending,
    /// Who waits until a node welcomes this peer, or all have failed.
    first: Option<oneshot::Sender<Result<(), TrackerError>>>,
    /// How many connections this peer has tried, which numbers them.
    connections: u64,
    /// Whether there was a session, so that a node may know what this peer shares.
    has_registered: bool,
}

/// What follows a session, or an attempt at one.
enum Next {
    Connect,
    End,
}

impl ChannelTask {
    pub(super) fn new(
        identity: Identity,
        clock: Clock,
        events: EventSender<Event>,
        inbox: Inbox,
        state: watch::Sender<State>,
        named: watch::Sender<Option<Trackers>>,
        networks: watch::Sender<Networks>,
    ) -> Self {
        let (nodes, first) = (None, None);
        Self {
            identity,
            clock,
            events,
            inbox,
            state,
            named,
            networks,
            nodes,
            pending: Pending::default(),
            first,
            connections: 0,
            has_registered: false,
        }
    }

    pub(super) async fn run(mut self) {
        let mut next = self.wait(None).await;
        while let Next::Connect = next {
            let url = self.nodes.as_ref().map(Nodes::current);
            let span = url.map_or_else(Span::none, |url| tracing::info_span!("tracker", %url));
            next = self.attempt().instrument(span).await;
        }
    }

    /// One attempt and, when it succeeds, the session that follows.
    async fn attempt(&mut self) -> Next {
        let Some(nodes) = &self.nodes else { return self.wait(None).await };
        let (url, patience) = (nodes.current().clone(), nodes.patience());
        if nodes.is_fresh() {
            self.show(State::Connecting { url: url.clone() }).await;
        }
        match self.open(&url, patience).await {
            Ok(opened) => self.serve(url, opened).await,
            Err(Refused { error, nodes }) => {
                self.hear_of(nodes);
                self.turn(url, error, Nodes::fail).await
            }
        }
    }

    fn hear_of(&mut self, told: Vec<String>) {
        if let Some(nodes) = &mut self.nodes {
            nodes.hear_of(urls(&told));
        }
    }

    /// The session with a node that has welcomed this peer.
    async fn serve(&mut self, url: TrackerUrl, opened: Opened) -> Next {
        let Some(nodes) = &mut self.nodes else { return self.wait(None).await };
        nodes.hear_of(urls(&opened.welcome.nodes));
        nodes.welcome();
        let (named, is_one_of_several) = (nodes.named().clone(), nodes.are_several());
        self.networks.send_replace(Networks::told(&opened.welcome.sites));
        let (tracker, version) = (opened.welcome.name.clone(), opened.welcome.version);
        if version < SEARCHES {
            // It may not know what was asked of another.
            self.pending.clear();
        }
        let kept = opened.welcome.kept;
        self.has_registered = true;
        self.show(State::Connected { url: url.clone(), tracker, version, kept }).await;
        self.tell_first(Ok(()));
        self.check_loopback(opened.welcome.your_ip).await;
        let secure = opened.key.zip(self.identity.secure.as_ref());
        let speaks = secure.map(|(key, secure)| Speaks { key, trackers: secure.trackers.clone() });
        let mut session = Session::start(opened, named, speaks, self.clock, self.events.clone());
        if is_one_of_several {
            session.watch_silence();
        }
        let Some(nodes) = &mut self.nodes else { return self.wait(None).await };
        match session.run(&mut self.inbox, &mut self.pending, nodes).await {
            End::Lost(cause) => self.turn(url.clone(), TrackerError::Lost { url, cause }, Nodes::lose).await,
            End::Refused { reason, nodes } => {
                // Whoever is sent away at its turn need not wait for another.
                let outcome = if nodes.is_empty() { Nodes::lose } else { Nodes::fail };
                self.hear_of(nodes);
                self.turn(url.clone(), TrackerError::Refused { url, reason }, outcome).await
            }
            End::Connect { to, answer } => self.connect_to(to, answer),
            End::Renamed(name) => {
                self.identity.name = name;
                Next::Connect
            }
            End::Left => Next::End,
        }
    }

    /// Opens a session. Where somebody answers whose key does not speak for the pool, as this peer knows it, it may be that
    /// another does by now: the root has signed that then.
    async fn open(&mut self, url: &TrackerUrl, patience: Duration) -> Result<Opened, Refused> {
        let digest = self.digest().await;
        let connection = self.number(digest);
        let opened = link::open(url, &self.identity, connection, patience).await;
        match (&opened, &self.identity.secure) {
            (Err(Refused { error: TrackerError::NotATracker { .. }, .. }), Some(secure))
                if self.hear_keyset(url, secure).await =>
            {
                let connection = self.number(digest);
                link::open(url, &self.identity, connection, patience).await
            }
            _ => opened,
        }
    }

    fn number(&mut self, digest: Option<ShareDigest>) -> Connection {
        self.connections += 1;
        Connection { number: self.connections, digest }
    }

    /// What this peer shares now, once a node may know it.
    async fn digest(&self) -> Option<ShareDigest> {
        if !self.has_registered {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        let _ = self.events.send(Event::SharesWanted { answer }).await;
        // A peer that ends shares nothing.
        answered.await.ok()
    }

    /// Has the node look at the keyset that is shown there; whether it has been followed.
    async fn hear_keyset(&self, url: &TrackerUrl, secure: &Secure) -> bool {
        let Ok(statement) = membership::shown_keyset(url).await else { return false };
        let mut trackers = secure.trackers.clone();
        trackers.mark_unchanged();
        let _ = self.events.send(Event::Keyset(statement)).await;
        tokio::time::timeout(FOLLOWING, trackers.changed()).await.is_ok_and(|followed| followed.is_ok())
    }

    /// A peer that listens on loopback alone is not tried by a tracker on another machine: nobody there can reach it.
    async fn check_loopback(&self, seen_at: IpAddr) {
        let listens = self.identity.listens();
        if !seen_at.is_loopback() && listens.iter().all(|addr| addr.ip().is_loopback()) {
            let event = Event::Reachability { reachable: Vec::new(), unreachable: listens };
            let _ = self.events.send(event).await;
        }
    }

    fn connect_to(&mut self, to: Trackers, answer: oneshot::Sender<Result<(), TrackerError>>) -> Next {
        self.named.send_replace(Some(to.clone()));
        self.nodes = Some(Nodes::new(to));
        self.pending.clear();
        self.first = Some(answer);
        Next::Connect
    }

    /// Leaves a node, after a pause, for the next one; or tries again, where none answers.
    async fn turn(
        &mut self,
        url: TrackerUrl,
        error: TrackerError,
        outcome: fn(&mut Nodes, Chance) -> Turn,
    ) -> Next {
        let Some(nodes) = &mut self.nodes else { return self.wait(None).await };
        let chance = Chance { node: rand::random(), pause: rand::random() };
        match outcome(nodes, chance) {
            Turn::Move { pause } => {
                let (next, have_failed) = (nodes.current().clone(), nodes.have_failed());
                let pause = if self.pending.is_waiting() { Duration::ZERO } else { pause };
                tracing::info!(%error, %next, ?pause, "another node is tried");
                // Once all have failed it goes on as such, so that questions fail at once.
                if !have_failed {
                    self.show(State::Moving { url: next, error }).await;
                }
                self.wait(Some(pause)).await
            }
            Turn::BackOff { pause: retry_in } => {
                tracing::info!(%error, ?retry_in, "no tracker");
                self.pending.clear();
                self.tell_first(Err(error.clone()));
                self.show(State::Reconnecting { url, error, retry_in }).await;
                self.wait(Some(retry_in)).await
            }
        }
    }

    /// Takes orders while there is no session, for `time` or until one of them begins it. A machine that comes to
    /// another network tries at once.
    async fn wait(&mut self, time: Option<Duration>) -> Next {
        let over = async {
            match time {
                Some(time) => {
                    let _ = tokio::time::timeout(time, elsewhere()).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::pin!(over);
        loop {
            let order = tokio::select! {
                () = &mut over => return Next::Connect,
                order = self.inbox.orders.recv() => order,
            };
            match order {
                Some(Order::Connect { to, answer }) => return self.connect_to(to, answer),
                Some(Order::Rename(name)) => self.identity.name = name,
                Some(Order::Leave(left)) => {
                    let _ = left.send(());
                    return Next::End;
                }
                // On the way to another node, whoever asks does not pause.
                Some(Order::Ask { question, answer }) if self.is_moving() => {
                    self.pending.ask(question, answer);
                    return Next::Connect;
                }
                // Dropping the answer tells whoever asked; what was to be told is told when a session begins.
                Some(Order::Ask { .. } | Order::Tell(_)) => {}
                None => return Next::End,
            }
        }
    }

    fn is_moving(&self) -> bool {
        matches!(&*self.state.borrow(), State::Moving { .. })
    }

    fn tell_first(&mut self, outcome: Result<(), TrackerError>) {
        if let Some(first) = self.first.take() {
            let _ = first.send(outcome);
        }
    }

    async fn show(&self, state: State) {
        self.state.send_replace(state.clone());
        let _ = self.events.send(Event::State(state)).await;
    }
}

/// Comes when this machine has an address that it did not have.
async fn elsewhere() {
    let before = addresses::of_this_machine();
    loop {
        tokio::time::sleep(GLANCE).await;
        if !addresses::of_this_machine().is_subset(&before) {
            return;
        }
    }
}
