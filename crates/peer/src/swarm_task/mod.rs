//! One task for each running swarm: it owns the [`Swarm`], feeds it what happens and does what it wants.
//!
//! Nothing here waits for a connection or for storage, so both may wait for this task. Orders come on a channel of
//! their own, before everything else.

mod activity;
mod connections;
mod dialing;
mod disk;
mod figures;
mod hashes;
mod leashes;
mod limiting;
mod outputs;
mod reports;
mod task;
#[cfg(test)]
pub(crate) mod tests;
mod trace;
mod transfers;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use peerpool_access::guard::ConnectionId;
use peerpool_api::Priority;
use peerpool_repository::{DiskError, PartialError, ReadError, SharedItem};
use peerpool_swarm::{Command, ConnId, HeardFrom, Remote, Stats};
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::Piece,
    id::{InfoHash, PeerId},
};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument as _;

pub(crate) use self::dialing::DialError;
pub(crate) use self::figures::{Progress, SourceProgress};
use self::task::{Inbox, SwarmTask};
pub(crate) use self::transfers::{Passed, Sums};
use crate::{
    addresses::Place,
    budget::AllQueued,
    buffer::BufferPool,
    clock::Clock,
    connection,
    credentials::{Credentials, OtherEnd, Tug},
    event_sender::EventSender,
    hashing::{self, Hashing},
    item_data::ItemData,
    limits::Ways,
    metrics::Counters,
    storage::{self, Storage},
    transport::{Network, Stream},
};

/// Orders that wait for a swarm.
const ORDERS: usize = 64;
/// Batches and notices that wait for a swarm.
const INCOMING: usize = 128;

/// What every swarm of a peer uses.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) clock: Clock,
    pub(crate) peer_id: PeerId,
    pub(crate) port: u16,
    /// For payload on its way to the disk.
    pub(crate) received: BufferPool,
    /// For payload on its way to a socket.
    pub(crate) sent: BufferPool,
    pub(crate) storage: Storage,
    pub(crate) hashing: Hashing,
    /// Hands out connections.
    pub(crate) network: Network,
    /// What waits to be taken by all connections.
    pub(crate) queued: AllQueued,
    /// What this peer shows to others, in a pool for members.
    pub(crate) credentials: Option<Credentials>,
    /// Where payload waits while rates are limited.
    pub(crate) ways: Ways,
    pub(crate) counters: Counters,
}

/// What a swarm's connections and helpers tell it.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// From a connection.
    Connection(connection::Event),
    /// From the storage.
    Storage(storage::Event),
    /// Block hashes were computed.
    Hashes(hashing::Computed),
    /// The guard has something to say of a connection.
    Tugged { conn: ConnId, tug: Tug },
    /// So many bytes more may be asked for.
    Allowance { conn: ConnId, bytes: u32 },
    /// An outgoing connection stands, or does not.
    Dialed { addr: SocketAddr, result: Result<(Stream, Remote), DialError> },
    /// The verified pieces, of so many bytes in all, were recorded on disk.
    Checkpointed { bytes: u64 },
}

/// What the node wants of a swarm.
#[derive(Debug)]
pub(crate) enum Order {
    /// A connection whose handshakes are done.
    Accept { stream: Stream, remote: Box<Remote> },
    /// Peers that may have the item.
    Candidates(Vec<SocketAddr>, HeardFrom),
    /// Where peers are that the tracker named.
    Addresses(Vec<Place>),
    /// Peers that want the item and cannot dial this peer.
    Dial(Vec<Place>),
    /// For the core.
    Command(Command),
    /// How what is fetched counts beside other items, where they share a limit.
    Priority(Priority),
    /// The download is complete: read from the repository from now on.
    ServeFrom(Arc<SharedItem>),
    /// Close everything; answered when nothing more is written.
    Stop(oneshot::Sender<()>),
}

/// What a swarm tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// Every wanted piece is verified.
    Complete,
    /// It has had no connection for a while and no download needs it.
    Idle,
    /// It has fewer connections than it wants, and knows of nobody else.
    FindCandidates,
    /// Holders that the tracker named and nobody answers at.
    Unreachable(Vec<SocketAddr>),
    /// A connection brought wrong bytes; `outgoing` tells whether we dialled that address.
    Banned { peer_id: PeerId, addr: SocketAddr, outgoing: bool, piece: Piece },
    /// A member shows a newer pass.
    Pass { connection: ConnectionId, pass: Bytes },
    /// What passed between this peer and others since it was told last.
    Transferred(Vec<(OtherEnd, Passed)>),
    /// A piece cannot be read.
    Unreadable { piece: Piece, error: DiskError },
    /// A piece was asked for (while tracing).
    Requested { piece: Piece, peer_id: PeerId, addr: SocketAddr },
    /// A piece arrived whole (while tracing).
    Arrived { piece: Piece, peer_id: PeerId, addr: SocketAddr, verified: bool },
    /// The task is over, with what it received and gave in all.
    Ended { ended: Ended, stats: Stats, served: Served },
}

/// What a swarm gave to others.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// The item's own name.
    pub(crate) name: String,
    /// Payload bytes that sockets took.
    pub(crate) bytes: u64,
    /// How many peers took some.
    pub(crate) takers: u32,
    /// For how long some was given.
    pub(crate) busy: Duration,
    /// For how long the swarm ran.
    pub(crate) ran: Duration,
}

/// Why a swarm's task ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Because it was told to, or was not needed any more.
    Ordered,
    /// The download cannot be written.
    Storage(PartialError),
    /// The item cannot be read, or has changed.
    Read(ReadError),
}

/// How the node reaches a running swarm.
#[derive(Debug)]
pub(crate) struct SwarmHandle {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) progress: watch::Receiver<Progress>,
}

impl SwarmHandle {
    /// Gives an order. One that finds the queue full is lost: those that matter come far too seldom to fill it.
    pub(crate) fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::debug!("a swarm takes no more orders");
        }
    }
}

/// Hands a connection to a swarm; false when it takes no more. However many come, half of its orders are for others.
pub(crate) fn accept(orders: &mpsc::Sender<Order>, stream: Stream, remote: Remote) -> bool {
    orders.capacity() > ORDERS / 2
        && orders.try_send(Order::Accept { stream, remote: Box::new(remote) }).is_ok()
}

/// What a swarm begins with.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) item: InfoHash,
    pub(crate) item_data: ItemData,
    /// Pieces to fetch; `None`: all.
    pub(crate) wanted: Option<Bitfield>,
    /// Whether pieces are to be traced.
    pub(crate) trace: bool,
    /// Takes what it tells.
    pub(crate) events: EventSender<Event>,
}

/// Starts a swarm.
pub(crate) fn spawn(environment: Environment, setup: Setup) -> SwarmHandle {
    let (orders, order_inbox) = mpsc::channel(ORDERS);
    let (incoming, incoming_inbox) = mpsc::channel(INCOMING);
    let (progress, watched) = watch::channel(Progress::default());
    let inbox = Inbox { orders: order_inbox, incoming: incoming_inbox };
    let span = tracing::info_span!("swarm", item = %setup.item.short());
    let task = SwarmTask::new(environment, &setup, inbox, incoming, progress);
    tokio::spawn(task.run(setup).instrument(span));
    SwarmHandle { orders, progress: watched }
}
