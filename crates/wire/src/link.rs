//! What the nodes of a pool tell each other: several trackers that share one database.
//!
//! Each node speaks for the peers that talk to it. What it tells is absolute, so that hearing it twice, or late, does
//! no harm: a piece of [`News`] says how something stands, not what became of it. No time crosses: the node that a peer
//! talks to runs its lease, and says when it is gone.
//!
//! Two nodes speak over TLS, each with the key that [`LINK_KEY`] makes of the pool's secret, and within it by frames of
//! WebSocket. A binary WebSocket message is one frame: one [`Message`] after the other, each as MessagePack with named fields. Unknown fields are ignored; an unknown message ends the link. First both ends
//! prove that they know the pool's secret ([`Opening`]), then each tells all that it has to say, [`Message::Complete`],
//! and from there on what changes. `docs/protocol.md`, "Links", has the conversation.

mod message;
mod opening;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub use message::{
    FrameError, MAX_DEVICE, MAX_DEVICES, MAX_LINK_FRAME, MAX_MESSAGES, MAX_OPENING, MAX_TAKERS, Message,
    Refusal, StockClient, Writer, read,
};
pub use opening::{Hello, NodeId, Nonce, Opening, PoolSecret, ProcessId, Proof, Role};
use serde::{Deserialize, Serialize};

use crate::{
    channel::{
        ItemKind, Key, MAX_BATCH, MAX_LISTENS, MAX_NAME, MAX_PEERS, SilentPeer, bounded, newest_common,
    },
    id::{InfoHash, PeerId, Sha1Hash, Sha256Hash, WireHash},
};

/// What [`PoolSecret::derive`] makes the seed of the Ed25519 key for, by which both ends of a link know each other (RFC 8032,
/// 5.1.5).
pub const LINK_KEY: &str = "links";
/// Versions of the conversation that this release speaks, newest last.
pub const VERSIONS: &[u16] = &[1];

/// The newest version that both ends speak.
pub fn negotiate(offered: &[u16]) -> Option<u16> {
    newest_common(VERSIONS, offered)
}

/// A stock client as all nodes of a pool know it: a hash, keyed by the pool's secret, of what only the client itself
/// repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub u64);

/// The number of a question to other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GatherId(pub u64);

/// How something stands at the node that tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Items that it knows, for a node that may not.
    Known {
        /// Each with when it became known, in seconds since 1970; at most [`MAX_BATCH`].
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        items: Vec<(InfoHash, u64)>,
    },
    /// Items that it does not know; answered by `Item`.
    Wanted {
        /// At most [`MAX_BATCH`]. A name of an item's swarm, as if it were a v1 hash, is enough.
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        items: Vec<InfoHash>,
    },
    /// An item.
    Item(Item),
    /// An item that nobody had any more, and that it has forgotten.
    Forgotten {
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// How often an item was downloaded.
    Completed {
        /// A name of the swarm.
        swarm: WireHash,
        /// Downloads that were completed.
        count: u32,
    },
    /// A peer is connected to it.
    Session(Session),
    /// A peer is no longer connected to it, and with it goes all that it has.
    SessionGone {
        /// The peer.
        peer_id: PeerId,
        /// The connection that ended.
        connection: u64,
    },
    /// A peer that is connected to it has an item.
    Holder {
        /// The peer.
        peer_id: PeerId,
        /// A name of the item's swarm.
        swarm: WireHash,
        /// Whether it has all of the item.
        is_all: bool,
    },
    /// It no longer has it.
    HolderGone {
        /// The peer.
        peer_id: PeerId,
        /// A name of the item's swarm.
        swarm: WireHash,
    },
    /// A stock client has announced itself to it.
    Client(Client),
    /// The client's lease has ended, or it has stopped.
    ClientGone {
        /// A name of the swarm.
        swarm: WireHash,
        /// The client.
        client: ClientId,
    },
    /// A client that announced itself elsewhere has stopped here: whoever speaks for it lets go of it.
    ClientStopped {
        /// A name of the swarm.
        swarm: WireHash,
        /// The client.
        client: ClientId,
    },
    /// Have a peer that nobody can dial connect to somebody who wants what it has.
    Dial {
        /// The peer, connected to another node.
        holder: PeerId,
        /// The item.
        info_hash: InfoHash,
        /// Where to connect to.
        #[serde(deserialize_with = "bounded::list::<MAX_LISTENS, _, _>")]
        addresses: Vec<SocketAddr>,
        /// The key that will be proved there, in a pool for members.
        key: Option<Key>,
    },
    /// Ask your peers for their newest state; answered by `Gathered`, behind what they say.
    Gather {
        /// The question's number, one of the node that asks.
        ask: GatherId,
    },
    /// The peers were asked.
    Gathered {
        /// The number of the question.
        ask: GatherId,
        /// How many of them answered.
        answered: u32,
        /// Those that did not, at most [`MAX_PEERS`].
        #[serde(deserialize_with = "bounded::list::<MAX_PEERS, _, _>")]
        silent: Vec<SilentPeer>,
    },
}

/// What the metainfo of an item states, as the node that first saw it has read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The v1 or v2 info-hash, or both for a hybrid.
    pub info_hash: InfoHash,
    /// Name of the top-level file or folder.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// Whether it is one file or a folder.
    pub kind: ItemKind,
    /// Bytes of content, without padding.
    pub length: u64,
    /// Bytes in a piece.
    pub piece_length: u32,
    /// Number of pieces.
    pub pieces: u32,
    /// How many files, without pad files.
    pub files: u32,
    /// Whether it is private (BEP 27).
    pub private: bool,
    /// The content of a single-file item.
    pub root: Option<Sha256Hash>,
    /// The info-hash of a hybrid's v1 form.
    pub v1_form: Option<Sha1Hash>,
    /// When it became known, in seconds since 1970.
    pub added: u64,
    /// How often it was superseded, or was no longer: it is while this is odd. Of two statements, that with the higher
    /// number is the newer.
    pub turns: u32,
    /// The number of the member who brought it in, in a pool for members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u32>,
}

/// A connected peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The peer.
    pub peer_id: PeerId,
    /// Numbers the peer's connections; of two, the one with the higher number is the newer.
    pub connection: u64,
    /// A hash of its secret, keyed by the pool's; another node accepts it by that alone.
    pub secret: Option<u64>,
    /// A name for people; not unique.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// Its program and version.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub agent: String,
    /// Its address; a loopback address when it is on the node's own machine.
    pub ip: IpAddr,
    /// Where it listens for peers; 0 when it cannot be reached.
    pub port: u16,
    /// Every address at which it says that it listens.
    #[serde(deserialize_with = "bounded::list::<MAX_LISTENS, _, _>")]
    pub listens: Vec<SocketAddr>,
    /// Where it was reached, and where it was not.
    #[serde(deserialize_with = "bounded::list::<MAX_LISTENS, _, _>")]
    pub found: Vec<(SocketAddr, bool)>,
    /// The key that it has proved to have, in a pool for members.
    pub key: Option<Key>,
}

/// A stock client in a swarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The name of the swarm under which it announced itself.
    pub swarm: WireHash,
    /// The client.
    pub client: ClientId,
    /// The peer id that it announced.
    pub peer_id: PeerId,
    /// Its IPv4 address, if it announced itself from one.
    pub v4: Option<Ipv4Addr>,
    /// Its IPv6 address, if it announced itself from one.
    pub v6: Option<Ipv6Addr>,
    /// Its port.
    pub port: u16,
    /// Whether it has all of the item.
    pub is_all: bool,
}
