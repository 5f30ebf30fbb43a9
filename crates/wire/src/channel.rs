//! The peer-tracker channel: the messages that a peer and its tracker exchange over a WebSocket at `/channel`.
//!
//! One binary WebSocket message is one frame: one [`ToTracker`] or one [`ToPeer`], as MessagePack with named
//! fields. Unknown fields are ignored, unknown messages end the session. Both sides keep the connection alive by
//! WebSocket pings. The conversation is described in `docs/protocol.md`, "The channel".

mod access;
pub(crate) mod bounded;
mod chunk;
mod item;
mod search;
mod secret;
#[cfg(test)]
mod tests;
mod to_peer;
mod to_tracker;

pub use access::{
    Access, Audience, ItemAudience, Key, StockHost, StockItem, StockTransfer, Transfer, Voided,
};
pub use chunk::{ChunkAssembly, ChunkError, MetainfoChunk, WholeMetainfo};
pub use item::{CatalogueItem, Have, Holder, ItemKind, ItemState, PeerInfo, Twin};
pub use search::{
    FileEntry, FileKind, FileSearch, FilesFound, HoldersFound, ItemSearch, ItemSort, ItemsFound, PeerSearch,
    PeerSort, PeersFound,
};
pub use secret::SessionSecret;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
pub use to_peer::{Failure, Page, Refusal, SilentPeer, ToPeer, Welcome};
pub use to_tracker::{Hello, Target, ToTracker};

/// Protocol versions that this release speaks, newest last. Version 2 adds `Reachability`, `ConnectOut` and `Verify`,
/// which a peer of version 1 is not sent. Version 3 adds `MetainfoBatch`, which a tracker of version 2 is not sent, and
/// `Search`, `Files`, `Holders` and `FindPeers`, which it is not asked. Version 4 adds what members of a pool are told:
/// `Keyset`, `Pass`, `Access`, `GetPass`, `AccessSeen`, `Hear` and `Transfers`; in an open pool it is the same as version 3.
/// Version 5 adds `Nodes`.
pub const VERSIONS: &[u16] = &[1, 2, 3, 4, 5];
/// The first version with [`ToTracker::MetainfoBatch`].
pub const METAINFO_BATCHES: u16 = 3;
/// The first version with [`ToTracker::Search`] and its kin.
pub const SEARCHES: u16 = 3;
/// The first version with [`ToPeer::Access`] and its kin.
pub const MEMBERS: u16 = 4;
/// The first version with [`ToPeer::Nodes`].
pub const NODES: u16 = 5;
/// Path of the WebSocket on the tracker's port.
pub const PATH: &str = "/channel";
/// Longest frame in bytes, in both directions.
pub const MAX_FRAME: usize = 8 << 20;
/// Longest frame of a peer that the tracker asked for no metainfo. A peer that has more to say says it in several
/// messages.
pub const MAX_ORDINARY: usize = 1 << 20;
/// Maximum number of items in one message.
pub const MAX_BATCH: usize = 1000;
/// Longest item, peer or program name in bytes.
pub const MAX_NAME: usize = 1024;
/// Longest search text in bytes.
pub const MAX_QUERY: usize = 1024;
/// Longest path within an item in bytes.
pub const MAX_FILE_PATH: usize = 16 << 10;
/// Longest name of an order of items in bytes.
pub const MAX_ORDER: usize = 32;
/// Longest explanation in bytes.
pub const MAX_TEXT: usize = 4096;
/// Longest bitfield in bytes: 2 Mi pieces.
pub const MAX_BITFIELD: usize = 256 << 10;
/// Maximum number of versions in a `Hello`.
pub const MAX_VERSIONS: usize = 64;
/// Most nodes of a pool that a `Welcome` names.
pub const MAX_NODES: usize = 64;
/// Longest address of a node in bytes: a host name (RFC 1035, 2.3.4), a colon and a port.
pub const MAX_NODE: usize = 255 + 1 + 5;
/// Maximum number of addresses of one holder.
pub const MAX_ADDRESSES: usize = 4;
/// Maximum number of addresses at which a peer says that it listens.
pub const MAX_LISTENS: usize = 16;
/// Maximum number of addresses of unreachable holders in one message.
pub const MAX_UNREACHABLE: usize = 200;
/// Maximum number of holders in one answer.
pub const MAX_HOLDERS: usize = 200;
/// Most twins in one answer.
pub const MAX_TWINS: usize = 16;
/// Most variants in one answer.
pub const MAX_VARIANTS: usize = 100;
/// Maximum number of peers in one answer.
pub const MAX_PEERS: usize = 1000;
/// Longest statement, such as a pass, in bytes.
pub const MAX_STATEMENT: usize = 4096;
/// Most subjects in one list of an audience.
pub const MAX_SUBJECTS: usize = 10_000;
/// Most audiences in one message.
pub const MAX_AUDIENCES: usize = 1000;
/// Most keys in one message whose passes are void.
pub const MAX_VOIDED: usize = 10_000;
/// Most items in one message that stock clients may fetch.
pub const MAX_STOCK_ITEMS: usize = 100;
/// Most addresses of stock clients for one item.
pub const MAX_STOCK_HOSTS: usize = 1000;
/// Most transfers in one message.
pub const MAX_TRANSFERS: usize = 1000;
/// Bytes of metainfo in one frame, where there are more: what is more urgent waits for no more than this.
pub const CHUNK: usize = 256 << 10;
/// Maximum bytes of metainfo in one frame.
pub const MAX_CHUNK: usize = 4 << 20;
/// Longest .torrent file that the channel carries, in bytes.
pub const MAX_METAINFO: usize = 32 << 20;

/// Names a question of a peer and its answer; the peer chooses it, unique among its open questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u32);

/// Names a question of the tracker (`AskState`) and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AskId(pub u64);

/// Where a page of the catalogue ended. Opaque to whoever did not make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(#[serde(deserialize_with = "bounded::text::<{ 4 * MAX_NAME }, _>")] pub String);

/// A message that cannot cross the channel.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`MAX_FRAME`].
    #[error("a channel frame of {bytes} bytes is over the limit of {MAX_FRAME}")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// Not a message of this protocol, or over one of its limits.
    #[error("not a channel message: {0}")]
    Malformed(#[from] rmp_serde::decode::Error),
    /// Bytes after the message.
    #[error("{bytes} bytes follow the channel message")]
    Trailing {
        /// Bytes left over.
        bytes: usize,
    },
    /// Could not be written as MessagePack.
    #[error("cannot write the channel message: {0}")]
    Unwritable(#[from] rmp_serde::encode::Error),
}

impl ToTracker {
    /// The frame of this message.
    ///
    /// # Errors
    ///
    /// The frame would be longer than [`MAX_FRAME`].
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        encode(self)
    }

    /// Reads a frame from a peer.
    ///
    /// # Errors
    ///
    /// The frame is too long, is not MessagePack of a known message, breaks the limit of a field, or goes on after the
    /// message.
    pub fn decode(frame: &[u8]) -> Result<Self, FrameError> {
        decode(frame)
    }
}

impl ToPeer {
    /// The frame of this message.
    ///
    /// # Errors
    ///
    /// The frame would be longer than [`MAX_FRAME`].
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        encode(self)
    }

    /// Reads a frame from the tracker.
    ///
    /// # Errors
    ///
    /// The frame is too long, is not MessagePack of a known message, breaks the limit of a field, or goes on after the
    /// message.
    pub fn decode(frame: &[u8]) -> Result<Self, FrameError> {
        decode(frame)
    }
}

/// The newest protocol version that both sides speak.
pub fn negotiate(offered: &[u16]) -> Option<u16> {
    newest_common(VERSIONS, offered)
}

pub(crate) fn newest_common(ours: &[u16], offered: &[u16]) -> Option<u16> {
    ours.iter().copied().filter(|version| offered.contains(version)).max()
}

fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, FrameError> {
    let frame = rmp_serde::to_vec_named(message)?;
    if frame.len() > MAX_FRAME { Err(FrameError::TooLong { bytes: frame.len() }) } else { Ok(frame) }
}

fn decode<M: DeserializeOwned>(frame: &[u8]) -> Result<M, FrameError> {
    if frame.len() > MAX_FRAME {
        return Err(FrameError::TooLong { bytes: frame.len() });
    }
    let mut decoder = rmp_serde::Deserializer::new(std::io::Cursor::new(frame));
    let message = M::deserialize(&mut decoder)?;
    match frame.len() as u64 - decoder.position() {
        0 => Ok(message),
        bytes => Err(FrameError::Trailing { bytes: bytes as usize }),
    }
}
