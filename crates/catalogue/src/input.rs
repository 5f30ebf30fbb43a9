//! The catalogue's inputs and outputs.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use peerpool_wire::{
    channel::{Hello, Key, Refusal, RequestId, ToPeer, ToTracker},
    id::{InfoHash, PeerId, WireHash},
    link::News,
};

use crate::{
    facts::ItemFacts,
    viewer::{Audience, Viewer},
};

/// One connection of a peer's channel. The driver numbers them below 2³¹ and never uses a number twice; the catalogue
/// itself numbers the peers that are connected to other nodes, from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

impl SessionId {
    /// The first number of a peer that is connected to another node.
    pub(crate) const FIRST_ELSEWHERE: u32 = 1 << 31;

    /// Whether the peer is connected to this node.
    pub(crate) fn is_here(self) -> bool {
        self.0 < Self::FIRST_ELSEWHERE
    }
}

/// Another node of the pool, as long as its process lives. The driver numbers them; a node that has started anew, and
/// remembers nothing, has a number that was never used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// The two ends of a connection. Others reach a peer with a loopback address at the address at which they reach this
/// machine.
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
        /// The key that it has proved to have, in a pool for members.
        key: Option<Key>,
        /// What it may see, until [`Input::Sight`] says otherwise.
        viewer: Viewer,
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
        /// Who may see it, should it be new.
        audience: Audience,
    },
    /// Other people may see these items, or these sessions may see other items. All of it comes to pass at once.
    Sight {
        /// Items with their audiences; those that are not known are passed over, as are sessions that are gone.
        items: Vec<(InfoHash, Audience)>,
        /// Sessions with what they may see.
        viewers: Vec<(SessionId, Viewer)>,
    },
    /// A sign of life: a pong, or part of a long message.
    Heard {
        /// The connection it happened on.
        session: SessionId,
    },
    /// The store lacks the .torrent of an item that it should have.
    Unstored {
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// The outcome of an [`Output::Probe`].
    Probed {
        /// The probe as it was asked for.
        probe: Probe,
        /// Whether somebody answered, with the proof where one was asked for.
        reachable: bool,
    },
    /// The connection is gone.
    Disconnected {
        /// The connection it happened on.
        session: SessionId,
    },
    /// Something happened on the link to another node.
    Link {
        /// The node.
        link: LinkId,
        /// What happened.
        event: LinkEvent,
    },
}

/// What happens on a link. Its news come in the order in which they were told.
#[derive(Debug)]
pub enum LinkEvent {
    /// It was made: from now on what is told goes there, and beside it a snapshot ([`Catalogue::snapshot`]).
    ///
    /// [`Catalogue::snapshot`]: crate::Catalogue::snapshot
    Up {
        /// The node's address, as seen from here.
        address: IpAddr,
    },
    /// The other node told this.
    News(Vec<News>),
    /// All of the other node's snapshot has come.
    Complete,
    /// It broke. The node may be gone, or only out of reach.
    Lost,
}

/// An address to connect to once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The address to dial.
    pub address: SocketAddr,
    /// Who claims to listen there.
    pub of: Probed,
    /// What the other side must show. An address that a peer only stated may be a stranger's.
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
    /// A swarm that the peer is in.
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
    /// When it became known, in seconds since 1970; 0 when that was not recorded. The catalogue sets it when it takes a new
    /// item, whatever stands here.
    pub added: u64,
    /// The number of the member who brought it in, in a pool for members.
    pub owner: Option<u32>,
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
    /// End a connection, after telling the peer the reason, if there is one. The session has no further input.
    Close {
        /// The connection to end.
        session: SessionId,
        /// Why the session ends; `None` after the peer's own `Bye`.
        reason: Option<Refusal>,
    },
    /// Ping a peer now, to learn soon whether it is alive.
    Ping {
        /// The connection to ping.
        session: SessionId,
    },
    /// Connect to an address once, soon, and report the outcome ([`Input::Probed`]).
    Probe(Probe),
    /// Record this durably.
    Store(Change),
    /// Another node has changed this, and records it.
    Heard(Change),
    /// Tell another node, or all whose links are up. Never where the policy knows of no pool.
    Tell {
        /// The node; `None` for all.
        to: Option<LinkId>,
        /// What it is to know.
        news: News,
    },
}

/// A durable change. Replaying all changes gives the items of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An item was listed for the first time.
    Added(NewItem),
    /// An item was forgotten.
    Removed(InfoHash),
    /// Somebody came online with this item, or the last who had it left.
    Seen(InfoHash),
}
