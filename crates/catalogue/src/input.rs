//! What the driver tells the catalogue, and what the catalogue wants done.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use peerpool_wire::{
    channel::{Hello, Refusal, RequestId, ToPeer, ToTracker},
    id::{InfoHash, PeerId, WireHash},
};

use crate::facts::ItemFacts;

/// One connection of a peer's channel; the driver numbers them, and never uses a number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// The two ends of a connection. Where a peer is seen on a loopback address, others reach it at the address at
/// which they reach this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoints {
    /// The other side's address.
    pub remote: IpAddr,
    /// Our own address on this connection.
    pub local: IpAddr,
}

/// Something that happened on a channel.
#[derive(Debug)]
pub enum Input {
    /// A peer connected and said hello.
    Connected {
        /// The connection it happened on.
        session: SessionId,
        /// Its first message.
        hello: Hello,
        /// Where it connects from.
        endpoints: Endpoints,
    },
    /// A peer sent a message. `Hello` and `Metainfo` come as `Connected` and `Metainfo` instead.
    Message {
        /// The connection it happened on.
        session: SessionId,
        /// The message, its lists and texts already within their limits.
        message: ToTracker,
    },
    /// A peer sent an item's metainfo whole, and the driver has parsed it.
    Metainfo {
        /// The connection it happened on.
        session: SessionId,
        /// The item that the peer says it is.
        info_hash: InfoHash,
        /// What it is, or why it is refused.
        parsed: Result<NewItem, String>,
    },
    /// A sign of life without content: a pong, or a part of something long.
    Heard {
        /// The connection it happened on.
        session: SessionId,
    },
    /// The store has no .torrent of an item that it should have.
    Unstored {
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// What became of an [`Output::Probe`].
    Probed {
        /// The probe as it was asked for.
        probe: Probe,
        /// Whether somebody answered, and proved what was to be proved.
        reachable: bool,
    },
    /// The connection is gone.
    Disconnected {
        /// The connection it happened on.
        session: SessionId,
    },
}

/// An address to connect to once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The address to dial.
    pub address: SocketAddr,
    /// Who says that it listens there.
    pub of: Probed,
    /// What the other side has to show. An address that a peer only stated may be a stranger's.
    pub proof: Option<Proof>,
}

/// Whose address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probed {
    /// A connected peer's.
    Session(SessionId),
    /// That of a stock client in this swarm.
    Announced(WireHash),
}

/// A BitTorrent handshake that only the peer itself can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// A swarm in which it is.
    pub swarm: WireHash,
    /// The peer id with which it answers.
    pub peer_id: PeerId,
}

/// An item for the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// What its metainfo states.
    pub facts: ItemFacts,
    /// The .torrent file; the catalogue hands it through to the store.
    pub torrent: Arc<[u8]>,
}

/// Something for the driver to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send a message.
    Send {
        /// The connection to send on.
        session: SessionId,
        /// The message.
        message: ToPeer,
    },
    /// Read the item's .torrent from the store and send it in chunks.
    SendMetainfo {
        /// The connection to send on.
        session: SessionId,
        /// The number of the question.
        request: RequestId,
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// End a connection; say why first, if there is a reason. No further input of this session is expected.
    Close {
        /// The connection to end.
        session: SessionId,
        /// Why; nothing after the peer's own `Bye`.
        reason: Option<Refusal>,
    },
    /// Ping a peer: it is to be known soon whether it is alive.
    Ping {
        /// The connection to ping.
        session: SessionId,
    },
    /// Connect to an address once, soon, and say what came of it ([`Input::Probed`]).
    Probe(Probe),
    /// Record this durably.
    Store(Change),
}

/// A change of what lasts. A store that replays all changes has the items of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An item was listed for the first time.
    Added(NewItem),
    /// An item that is to be forgotten.
    Removed(InfoHash),
    /// Somebody came online with this item, or the last who had it left.
    Seen(InfoHash),
}
