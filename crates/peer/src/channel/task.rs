//! Keeps a session with the tracker, and begins the next one when it breaks.

use std::{net::IpAddr, time::Duration};

use peerpool_api::TrackerUrl;
use tokio::sync::{oneshot, watch};
use tracing::{Instrument as _, Span};

use super::{
    Event, Identity, Inbox, Order, Secure, State,
    link::{self, Opened},
    session::{End, Session, Speaks},
};
use crate::{addresses, error::TrackerError, event_sender::EventSender, membership};

/// Pauses between attempts, before jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long the node may take to follow a keyset.
const FOLLOWING: Duration = Duration::from_secs(2);
/// How often the addresses of this machine are looked at during a pause.
const GLANCE: Duration = Duration::from_secs(1);

pub(super) struct ChannelTask {
    identity: Identity,
    events: EventSender<Event>,
    inbox: Inbox,
    state: watch::Sender<State>,
    url: Option<TrackerUrl>,
    /// Who waits for how the first attempt goes.
    first: Option<oneshot::Sender<Result<(), TrackerError>>>,
    attempts: u32,
    /// How many connections this peer has tried, which numbers them.
    connections: u64,
}

/// What follows a session, or an attempt at one.
enum Next {
    Connect,
    End,
}

impl ChannelTask {
    pub(super) fn new(
        identity: Identity,
        events: EventSender<Event>,
        inbox: Inbox,
        state: watch::Sender<State>,
    ) -> Self {
        Self { identity, events, inbox, state, url: None, first: None, attempts: 0, connections: 0 }
    }

    pub(super) async fn run(mut self) {
        let mut next = self.wait(None).await;
        while let Next::Connect = next {
            let span = self.url.as_ref().map(|url| tracing::info_span!("tracker", %url));
            next = self.attempt().instrument(span.unwrap_or_else(Span::none)).await;
        }
    }

    /// One attempt and, when it succeeds, the session that follows.
    async fn attempt(&mut self) -> Next {
        let Some(url) = self.url.clone() else {
            return self.wait(None).await;
        };
        if self.attempts == 0 {
            self.show(State::Connecting { url: url.clone() }).await;
        }
        match self.open(&url).await {
            Ok(opened) => {
                self.attempts = 0;
                let (tracker, version) = (opened.welcome.name.clone(), opened.welcome.version);
                self.show(State::Connected { url: url.clone(), tracker, version }).await;
                self.tell_first(Ok(()));
                self.check_loopback(opened.welcome.your_ip).await;
                let secure = opened.key.zip(self.identity.secure.as_ref());
                let speaks = secure.map(|(key, secure)| Speaks { key, trackers: secure.trackers.clone() });
                let session = Session::start(&url, opened, speaks, self.events.clone());
                match session.run(&mut self.inbox).await {
                    End::Lost(cause) => self.pause(TrackerError::Lost { url, cause }).await,
                    End::Refused(reason) => self.pause(TrackerError::Refused { url, reason }).await,
                    End::Connect { url, answer } => self.connect_to(url, answer),
                    End::Renamed(name) => {
                        self.identity.name = name;
                        Next::Connect
                    }
                    End::Left => Next::End,
                }
            }
            Err(error) => {
                self.tell_first(Err(error.clone()));
                self.pause(error).await
            }
        }
    }

    /// Opens a session. Where somebody answers whose key does not speak for the pool, as this peer knows it, it may be that
    /// another does by now: the root has signed that then.
    async fn open(&mut self, url: &TrackerUrl) -> Result<Opened, TrackerError> {
        self.connections += 1;
        let opened = link::open(url, &self.identity, self.connections).await;
        match (&opened, &self.identity.secure) {
            (Err(TrackerError::NotATracker { .. }), Some(secure)) if self.hear_keyset(url, secure).await => {
                self.connections += 1;
                link::open(url, &self.identity, self.connections).await
            }
            _ => opened,
        }
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

    fn connect_to(&mut self, url: TrackerUrl, answer: oneshot::Sender<Result<(), TrackerError>>) -> Next {
        self.url = Some(url);
        self.first = Some(answer);
        self.attempts = 0;
        Next::Connect
    }

    /// Waits before the next attempt: twice as long each time, and never in step with other peers.
    async fn pause(&mut self, error: TrackerError) -> Next {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.attempts.min(10));
        let retry_in = doubled.min(LONGEST_PAUSE).mul_f64(rand::random_range(0.5..1.5));
        self.attempts = self.attempts.saturating_add(1);
        if let Some(url) = self.url.clone() {
            tracing::info!(%error, ?retry_in, "no tracker");
            self.show(State::Reconnecting { url, error, retry_in }).await;
        }
        self.wait(Some(retry_in)).await
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
                Some(Order::Connect { url, answer }) => return self.connect_to(url, answer),
                Some(Order::Rename(name)) => self.identity.name = name,
                Some(Order::Leave(left)) => {
                    let _ = left.send(());
                    return Next::End;
                }
                // Dropping the answer tells whoever asked; what was to be told is told when a session begins.
                Some(Order::Ask { .. } | Order::Tell(_)) => {}
                None => return Next::End,
            }
        }
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
