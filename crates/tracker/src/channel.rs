//! A peer's channel: one WebSocket, one task that reads and writes.

mod frames;
mod incoming;
mod questions;
mod reader;
mod writer;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use peerpool_access::key::PublicKey;
use peerpool_catalogue::{Endpoints, Input, SessionId};
use peerpool_wire::{
    channel::{Hello, Key, MAX_NODE, MAX_NODES, MAX_TEXT, MEMBERS, Refusal, ToPeer, ToTracker},
    host::Host,
};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::{frames::Frame, incoming::Incoming, questions::Questions};
use crate::{
    catalogue_task::CatalogueHandle,
    clock::Clock,
    members::{Line, MembersError, MembersHandle},
    memory::MessageMemory,
    onlooker::Onlooker,
    search::SearchHandle,
    sessions::{Backlog, Queue},
    slots::Slot,
    store::StoreHandle,
};

/// How long a peer may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a refused peer may go on sending before the connection breaks.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Pings that wait for their answer.
const PINGS: usize = 4;

type ReadHalf = tokio::io::ReadHalf<TokioIo<Upgraded>>;
type WriteHalf = tokio::io::WriteHalf<TokioIo<Upgraded>>;

/// Why a channel ends.
#[derive(Debug, thiserror::Error)]
enum ChannelError {
    #[error("it said no hello in {} s", HELLO_TIMEOUT.as_secs())]
    NoHello,
    #[error("its first message is not a hello")]
    NotHello,
    #[error("it closed the connection")]
    Closed,
    #[error("it did not read for {} s", writer::WRITE_TIMEOUT.as_secs())]
    NotReading,
    #[error("a message was not whole after {0} s")]
    HalfMessage(u64),
    #[error("somebody else needs its slot")]
    GaveWay,
    #[error("the tracker is being drained")]
    Draining,
    #[error("it does not speak version {MEMBERS}, which members do")]
    OldVersion,
    #[error("its member may not go on, or it did not confirm a change in time")]
    Ended,
    #[error(transparent)]
    Members(#[from] MembersError),
    #[error("the connection failed: {0}")]
    Socket(#[from] io::Error),
    #[error("the connection was not made a channel: {0}")]
    Upgrade(#[from] hyper::Error),
    #[error(transparent)]
    Framing(#[from] frames::FramingError),
    #[error(transparent)]
    Frame(#[from] peerpool_wire::channel::FrameError),
    #[error(transparent)]
    Chunk(#[from] peerpool_wire::channel::ChunkError),
    #[error(transparent)]
    NoMemory(#[from] crate::memory::NoMemory),
    #[error(transparent)]
    Ending(#[from] crate::catalogue_task::Closed),
}

impl ChannelError {
    /// What the peer is told, if anything.
    fn refusal(&self) -> Option<Refusal> {
        let mut reason = self.to_string();
        reason.truncate(reason.floor_char_boundary(MAX_TEXT));
        match self {
            Self::NotHello | Self::Framing(_) | Self::Frame(_) | Self::Chunk(_) => {
                Some(Refusal::Malformed { reason })
            }
            Self::NoHello | Self::HalfMessage(_) | Self::NoMemory(_) | Self::GaveWay => {
                Some(Refusal::TooSlow { reason })
            }
            // It goes on at another node.
            Self::Draining | Self::Members(MembersError::Behind) => Some(Refusal::ShuttingDown),
            Self::OldVersion => Some(Refusal::UnsupportedVersion { supported: vec![MEMBERS] }),
            // It learns at the next connection whether it may come.
            Self::Ended | Self::Members(_) => None,
            Self::Closed | Self::NotReading | Self::Socket(_) | Self::Upgrade(_) | Self::Ending(_) => None,
        }
    }
}

/// Numbers the sessions of one tracker.
#[derive(Debug, Default)]
pub(crate) struct SessionIds(AtomicU32);

impl SessionIds {
    fn next(&self) -> SessionId {
        SessionId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a channel needs of its tracker.
#[derive(Clone)]
pub(crate) struct Channels {
    pub(crate) ids: Arc<SessionIds>,
    pub(crate) catalogue: CatalogueHandle,
    pub(crate) store: StoreHandle,
    pub(crate) search: SearchHandle,
    pub(crate) memory: MessageMemory,
    /// None in an open pool.
    pub(crate) members: Option<MembersHandle>,
    /// Where the other nodes of the pool are reached, for peers; none where this tracker is the only one.
    pub(crate) nodes: watch::Receiver<Vec<String>>,
    /// Cancelled once peers are to go on at those.
    pub(crate) draining: CancellationToken,
    pub(crate) clock: Clock,
}

impl Channels {
    /// As many other nodes as a peer may be told of.
    pub(crate) fn named_nodes(&self) -> Vec<String> {
        let nodes = self.nodes.borrow();
        nodes.iter().filter(|node| node.len() <= MAX_NODE).take(MAX_NODES).cloned().collect()
    }

    /// Says why a session is over, and where to go on, if it is at once.
    fn refused(&self, reason: Refusal) -> ToPeer {
        let is_sent_away = reason == Refusal::ShuttingDown && self.draining.is_cancelled();
        let nodes = if is_sent_away { self.named_nodes() } else { Vec::new() };
        ToPeer::Refused { reason, nodes }
    }
}

/// Serves a peer's channel until it ends; `key` is what the peer has proved to have, in a pool for members.
pub(crate) async fn channel_task(
    upgrading: OnUpgrade,
    endpoints: Endpoints,
    key: Option<PublicKey>,
    slot: Arc<Slot>,
    channels: Channels,
) {
    let session = channels.ids.next();
    let span = tracing::info_span!("session", id = session.0, peer = %endpoints.remote, name = tracing::field::Empty);
    // Boxed: a future that is handed on has its room once more in whatever it is handed to.
    let served = Box::pin(async {
        let (stream, sink) = tokio::io::split(TokioIo::new(upgrading.await?));
        let gave_way = CancellationToken::new();
        let held = channels.memory.of(endpoints.remote).gives_way(gave_way.clone());
        let incoming = Incoming::new(stream, held);
        Channel { endpoints, key, session, incoming, sink, gave_way, channels: &channels, slot: &slot }
            .serve()
            .await
    });
    let logged = async {
        match served.await {
            Ok(()) => tracing::debug!("the channel has ended"),
            Err(error) => tracing::debug!(%error, "the channel has ended"),
        }
    };
    logged.instrument(span).await;
}

struct Channel<'a> {
    endpoints: Endpoints,
    key: Option<PublicKey>,
    session: SessionId,
    incoming: Incoming,
    sink: WriteHalf,
    /// Cancelled when its memory is needed for somebody else.
    gave_way: CancellationToken,
    channels: &'a Channels,
    slot: &'a Slot,
}

impl Channel<'_> {
    async fn serve(mut self) -> Result<(), ChannelError> {
        let served = self.talk().await;
        // A task that is gone has no session to end.
        let _ = self.channels.catalogue.input(Input::Disconnected { session: self.session }).await;
        if let Some(members) = &self.channels.members {
            members.left(self.session).await;
        }
        if let Err(error) = &served
            && let Some(reason) = error.refusal()
        {
            // What came of its last message is no longer of use.
            self.incoming.forget();
            self.slot.note_idle();
            self.refuse(reason).await;
        }
        served
    }

    async fn talk(&mut self) -> Result<(), ChannelError> {
        let hello = tokio::select! {
            hello = tokio::time::timeout(HELLO_TIMEOUT, hello(&mut self.incoming)) => {
                hello.map_err(|_| ChannelError::NoHello)??
            }
            () = self.slot.revoked().cancelled() => return Err(ChannelError::GaveWay),
            () = self.channels.catalogue.closed() => return Err(crate::catalogue_task::Closed.into()),
        };
        if self.channels.draining.is_cancelled() {
            return Err(ChannelError::Draining);
        }
        let Self { endpoints, key, session, channels, .. } = self;
        let hello = match &channels.members {
            // Whatever a member has concerns it from then on, so it has to be told by its name.
            Some(_) => Hello { digest: None, ..hello },
            None => hello,
        };
        tracing::Span::current().record("name", hello.name.as_str());
        tracing::debug!("a peer connects");
        let held = channels.memory.of(endpoints.remote);
        let (queue, outgoing, backlog) = Queue::new(channels.memory.of(endpoints.remote));
        let line = match &channels.members {
            Some(_) if !hello.versions.contains(&MEMBERS) => return Err(ChannelError::OldVersion),
            Some(members) => members.open(*session, key.ok_or(MembersError::MembersOnly)?).await??,
            None => Line::default(),
        };
        // The catalogue's task holds the only lasting way into the queue, so that dropping it ends the writer.
        let whom = (key.map(|key| Key(key.0)), line.viewer);
        channels.catalogue.open(*session, hello, *endpoints, whom, queue).await?;
        self.slot.note_session();
        let drained = Notify::new();
        let asked = reader::Asked::default();
        let (pings_in, pings) = mpsc::channel(PINGS);
        let onlooker = match &channels.members {
            Some(members) => Onlooker::Member(line.member, members.clone()),
            None => Onlooker::Anybody,
        };
        let writer = writer::Writer {
            session: *session,
            onlooker: onlooker.clone(),
            news: line.wake,
            channels,
            drained: &drained,
            asked: asked.clone(),
            held,
            clock: channels.clock,
        };
        let reader = reader::Reader {
            session: *session,
            catalogue: &channels.catalogue,
            members: channels.members.as_ref(),
            owner: onlooker.member(),
            backlog,
            drained: &drained,
            asked,
            pings: pings_in,
            questions: Questions::new(Host::of(endpoints.remote), *session, onlooker, (*channels).clone()),
        };
        tokio::select! {
            read = reader.run(&mut self.incoming) => read,
            () = line.ended.cancelled() => Err(ChannelError::Ended),
            () = self.gave_way.cancelled() => Err(crate::memory::NoMemory.into()),
            written = writer.run(&mut self.sink, outgoing, pings) => written,
        }
    }

    /// Tells a peer why it is not served, as far as it listens.
    async fn refuse(mut self, reason: Refusal) {
        let refusing = async {
            let refused = writer::send(&mut self.sink, &self.channels.refused(reason)).await;
            if refused.is_ok() && writer::write(&mut self.sink, &frames::close()).await.is_ok() {
                // Whoever is in the middle of a message would hear of a broken connection in place of the reason.
                let _ = tokio::io::AsyncWriteExt::shutdown(&mut self.sink).await;
                self.incoming.discard().await;
            }
        };
        tokio::select! {
            _ = tokio::time::timeout(REFUSAL_TIMEOUT, refusing) => {}
            () = self.slot.revoked().cancelled() => {}
            () = self.channels.catalogue.closed() => {}
        }
    }
}

/// The first message, which has to be a hello.
async fn hello(incoming: &mut Incoming) -> Result<Hello, ChannelError> {
    loop {
        match incoming.hello().await? {
            Frame::Message(message) => {
                return match ToTracker::decode(&message)? {
                    ToTracker::Hello(hello) => Ok(hello),
                    _ => Err(ChannelError::NotHello),
                };
            }
            Frame::Ping(_) | Frame::Pong => {}
            Frame::Close => return Err(ChannelError::NotHello),
        }
    }
}

/// How much waits for a peer; that of a session that the catalogue's task has dropped counts as nothing, since the writer is about to end.
impl Backlog {
    fn messages(&self) -> usize {
        self.queue.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }
}
