//! The channel to the tracker: one session at a time, reopened when it breaks.
//!
//! Where the pool has several nodes, the session is with one of them, and the next one with another (`nodes.rs`) when that
//! is silent for too long (`silence.rs`) or gone. Questions that were not answered are asked again there.
//!
//! Any part of the peer asks the tracker through a [`ChannelHandle`]. What the tracker says unasked becomes an event.
//! The node registers everything again when a session begins, so a restarted tracker soon knows all of it. Where a node of
//! the pool still knows what this peer shares, by a digest of it, only what has changed is registered.

mod heard;
mod link;
mod metainfo;
mod nodes;
mod outgoing;
mod pending;
mod questions;
mod session;
mod silence;
mod task;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use peerpool_access::key::PublicKey;
use peerpool_api::{TrackerUrl, Trackers};
use peerpool_tls::Endpoint;
use peerpool_wire::{
    channel::{Access, AskId, Failure, Holder, Key, RequestId, SessionSecret, ToPeer, ToTracker},
    digest::ShareDigest,
    id::{InfoHash, PeerId},
    metainfo::Metainfo,
    networks::Networks,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{addresses, clock::Clock, error::TrackerError, event_sender::EventSender};

/// Orders that wait for the channel.
const ORDERS: usize = 256;
/// Messages that wait to go ahead of everything else.
const FIRST: usize = 16;
/// How long an ordinary question may take.
const ANSWER: Duration = Duration::from_secs(20);

/// Who this peer is towards the tracker.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) peer_id: PeerId,
    pub(crate) name: String,
    /// Where it accepts connections; those that it opens come from the same address.
    pub(crate) listen: SocketAddr,
    /// Proves to the tracker that a later connection is this peer's, too.
    pub(crate) secret: SessionSecret,
    /// In a pool for members.
    pub(crate) secure: Option<Secure>,
}

/// How this peer knows the tracker of a pool for members, and is known by it.
#[derive(Clone, Debug)]
pub(crate) struct Secure {
    pub(crate) endpoint: Arc<Endpoint>,
    /// The keys that speak for the pool as its tracker.
    pub(crate) trackers: watch::Receiver<Vec<PublicKey>>,
}

impl Identity {
    /// Where it listens, by the addresses that this machine has now.
    fn listens(&self) -> Vec<SocketAddr> {
        addresses::listens(self.listen)
    }
}

/// How the channel stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    NotStarted,
    Connecting {
        url: TrackerUrl,
    },
    /// `version` is the channel's; what this peer shared when it was last asked is registered there where it was `kept`.
    Connected {
        url: TrackerUrl,
        tracker: String,
        version: u16,
        kept: bool,
    },
    /// A node of the pool is left for another one, at this address.
    Moving {
        url: TrackerUrl,
        error: TrackerError,
    },
    Reconnecting {
        url: TrackerUrl,
        error: TrackerError,
        retry_in: Duration,
    },
}

/// What the tracker says without being asked, and what becomes of the channel.
#[derive(Debug)]
pub(crate) enum Event {
    /// The channel stands differently.
    State(State),
    /// The tracker wants the newest state.
    AskState { ask: AskId, deadline: Duration },
    /// An item that was registered is not listed.
    ItemRefused { item: InfoHash, reason: String },
    /// More holders of an item that this peer follows.
    NewHolders { item: InfoHash, holders: Vec<Holder> },
    /// Which of this peer's addresses others can connect to, as the tracker found it.
    Reachability { reachable: Vec<SocketAddr>, unreachable: Vec<SocketAddr> },
    /// Somebody with this key, in a pool for members, wants this item, and cannot dial this peer.
    ConnectOut { item: InfoHash, peers: Vec<SocketAddr>, key: Option<Key> },
    /// The keys that speak for the pool, as a statement.
    Keyset(Vec<u8>),
    /// What this peer shows to others.
    Pass(Vec<u8>),
    /// What has changed of who may have what.
    Access(Access),
    /// Somebody was sent wrong data for this piece.
    Verify { item: InfoHash, piece: u32 },
    /// What this peer shares, for whoever may know it already. What changes from now on is told once a session stands.
    SharesWanted { answer: oneshot::Sender<ShareDigest> },
    /// The tracker wants to know what these items are; answered in their order.
    MetainfoWanted { items: Vec<InfoHash>, answer: oneshot::Sender<Vec<Option<Arc<Metainfo>>>> },
}

/// What the channel is to do.
pub(crate) enum Order {
    /// Connect to one of these trackers; answered once connected, or once all of its nodes have been tried.
    Connect { to: Trackers, answer: oneshot::Sender<Result<(), TrackerError>> },
    /// Say something; lost when there is no session.
    Tell(ToTracker),
    /// Ask something.
    Ask { question: Question, answer: oneshot::Sender<Answer> },
    /// Have another name: a session that there is ends, and the next one begins at once.
    Rename(String),
    /// Leave the pool.
    Leave(oneshot::Sender<()>),
}

/// Makes the message of a question that was given a number.
pub(crate) type Question = Box<dyn FnOnce(RequestId) -> ToTracker + Send>;

/// What the tracker answered.
#[derive(Debug)]
pub(crate) enum Answer {
    Message(Box<ToPeer>),
    /// All chunks of a metainfo.
    Torrent(Vec<u8>),
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The tracker cannot be asked.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// The tracker says no.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The tracker does not know such questions.
    #[error(
        "the tracker is of an earlier version, and lists items by name alone: update it, or ask for no more"
    )]
    TooOld,
    /// The answer belongs to another question.
    #[error("the tracker's answer makes no sense")]
    Unexpected,
}

/// Reaches the channel's task.
#[derive(Clone, Debug)]
pub(crate) struct ChannelHandle {
    orders: mpsc::Sender<Order>,
    first: mpsc::Sender<ToTracker>,
    state: watch::Receiver<State>,
    named: watch::Receiver<Option<Trackers>>,
}

/// What the channel's task takes from others.
pub(super) struct Inbox {
    orders: mpsc::Receiver<Order>,
    /// What goes ahead of everything else.
    first: mpsc::Receiver<ToTracker>,
}

/// Starts the channel's task, connected to nothing. It says which addresses are one network as the tracker tells it.
pub(crate) fn spawn(
    identity: Identity,
    clock: Clock,
    events: EventSender<Event>,
    networks: watch::Sender<Networks>,
) -> ChannelHandle {
    let (orders, order_inbox) = mpsc::channel(ORDERS);
    let (first, first_inbox) = mpsc::channel(FIRST);
    let (shown, state) = watch::channel(State::NotStarted);
    let (names, named) = watch::channel(None);
    let inbox = Inbox { orders: order_inbox, first: first_inbox };
    let task = task::ChannelTask::new(identity, clock, events, inbox, shown, names, networks);
    tokio::spawn(task.run());
    ChannelHandle { orders, first, state, named }
}

impl ChannelHandle {
    /// Connects to one of these trackers, in place of those before. Returns once connected, or once all nodes have failed;
    /// the peer goes on trying even then.
    pub(crate) async fn connect(&self, to: Trackers) -> Result<(), TrackerError> {
        let (answer, answered) = oneshot::channel();
        let cause = "the peer is ending".to_owned();
        let lost = TrackerError::Unreachable { url: to.first().clone(), cause };
        let sent = self.orders.send(Order::Connect { to, answer }).await;
        sent.map_err(|_| lost.clone())?;
        answered.await.unwrap_or(Err(lost))
    }

    /// Says something, if there is room for it now.
    pub(crate) fn try_tell(&self, message: ToTracker) -> bool {
        self.orders.try_send(Order::Tell(message)).is_ok()
    }

    /// Says something, as soon as there is room for it.
    pub(crate) async fn tell(&self, message: ToTracker) {
        // A channel that has ended tells nobody.
        let _ = self.orders.send(Order::Tell(message)).await;
    }

    /// Says something ahead of whatever waits to be said, if there is room for it now. It may be said to the next
    /// session.
    pub(crate) fn tell_first(&self, message: ToTracker) {
        if self.first.try_send(message).is_err() {
            tracing::debug!("the tracker takes nothing, not even what goes first");
        }
    }

    /// How the channel stands.
    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// The trackers that it was last told to connect to.
    pub(crate) fn named(&self) -> Option<Trackers> {
        self.named.borrow().clone()
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(
        &self,
        question: impl FnOnce(RequestId) -> ToTracker + Send + 'static,
    ) -> Result<ToPeer, AskError> {
        match self.answer(Box::new(question)).await? {
            Answer::Message(message) => match *message {
                ToPeer::Failed { error, .. } => Err(error.into()),
                message => Ok(message),
            },
            Answer::Torrent(_) => Err(AskError::Unexpected),
        }
    }

    /// Asks for an item's .torrent.
    pub(crate) async fn torrent(&self, info_hash: InfoHash) -> Result<Vec<u8>, AskError> {
        let question = move |request| ToTracker::GetMetainfo { request, info_hash };
        match self.answer(Box::new(question)).await? {
            Answer::Torrent(bytes) => Ok(bytes),
            Answer::Message(message) => match *message {
                ToPeer::Failed { error, .. } => Err(error.into()),
                _ => Err(AskError::Unexpected),
            },
        }
    }

    /// Gives this peer another name towards the tracker.
    pub(crate) async fn rename(&self, name: String) {
        // A peer that ends needs none.
        let _ = self.orders.send(Order::Rename(name)).await;
    }

    /// Says good-bye and waits until it is sent, or cannot be.
    pub(crate) async fn leave(&self) {
        let (left, done) = oneshot::channel();
        if self.orders.send(Order::Leave(left)).await.is_ok() {
            let _ = tokio::time::timeout(Duration::from_secs(3), done).await;
        }
    }

    async fn answer(&self, question: Question) -> Result<Answer, TrackerError> {
        let url = match self.state() {
            State::NotStarted => return Err(TrackerError::NotStarted),
            State::Reconnecting { error, .. } => return Err(error),
            State::Connecting { url } | State::Connected { url, .. } | State::Moving { url, .. } => url,
        };
        let (answer, answered) = oneshot::channel();
        let lost =
            TrackerError::Lost { url: url.clone(), cause: "it broke while the tracker was asked".to_owned() };
        let sent = self.orders.send(Order::Ask { question, answer }).await;
        sent.map_err(|_| lost.clone())?;
        match tokio::time::timeout(ANSWER, answered).await {
            Ok(answer) => answer.map_err(|_| lost),
            Err(_) => Err(TrackerError::Silent { url, seconds: ANSWER.as_secs() }),
        }
    }
}
