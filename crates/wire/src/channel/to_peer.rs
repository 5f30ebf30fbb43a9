//! What the tracker says to a peer.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{
    Access, AskId, CatalogueItem, Cursor, FilesFound, Holder, HoldersFound, ItemsFound, Key, MAX_BATCH,
    MAX_HOLDERS, MAX_LISTENS, MAX_NAME, MAX_NODE, MAX_NODES, MAX_PEERS, MAX_STATEMENT, MAX_TEXT, MAX_TWINS,
    MAX_VARIANTS, MAX_VERSIONS, MetainfoChunk, PeerInfo, PeersFound, RequestId, Twin, bounded,
};
use crate::{
    id::{InfoHash, PeerId, TrackerId},
    networks::{MAX_SITE_NETWORKS, SiteNetwork},
};

/// A message from the tracker to a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToPeer {
    /// Answers `Hello`: the session stands.
    Welcome(Welcome),
    /// Answers `Hello`, or ends a session; the connection closes after it. Its form never changes, so what is added to it can
    /// be left out.
    Refused {
        /// What is wrong, and whether to try again.
        reason: Refusal,
        /// Where to go on at once, as `NAME:PORT`, like [`Welcome::nodes`]: the tracker ends, and sends its peers to the
        /// others one after the other.
        #[serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            deserialize_with = "bounded::texts::<MAX_NODES, MAX_NODE, _>"
        )]
        nodes: Vec<String>,
    },
    /// The tracker has no metainfo of these items: send it (`Metainfo`), or say `NoMetainfo`.
    NeedMetainfo {
        /// Their info-hashes, at most [`MAX_BATCH`].
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        info_hashes: Vec<InfoHash>,
    },
    /// An item that this peer registered is not listed: its metainfo is wrong, or a limit is reached.
    ItemRefused {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// Why, in words.
        #[serde(deserialize_with = "bounded::text::<MAX_TEXT, _>")]
        reason: String,
    },
    /// Asks for the newest state: look at the repository again, `Report` what changed, then `Reported`.
    AskState {
        /// Chosen by the tracker; the answers repeat it.
        ask: AskId,
        /// Milliseconds after which the tracker no longer waits.
        deadline_ms: u64,
    },
    /// Answers `List`.
    Listed {
        /// The number of the question.
        request: RequestId,
        /// A page of items, ordered by name (case folded), then info-hash.
        page: Page,
    },
    /// Answers `Update`: the first page of the refreshed list.
    Updated {
        /// The number of the question.
        request: RequestId,
        /// The first page; go on with `List`.
        page: Page,
        /// How many other peers answered in time.
        answered: u32,
        /// Peers that did not answer before the deadline.
        #[serde(deserialize_with = "bounded::list::<MAX_PEERS, _, _>")]
        silent: Vec<SilentPeer>,
    },
    /// Answers `Locate`.
    Located {
        /// The number of the question.
        request: RequestId,
        /// The item; `None` when only its info-hash is known and no peer gave its metainfo yet.
        item: Option<CatalogueItem>,
        /// Who has it, never the asking peer itself.
        #[serde(deserialize_with = "bounded::list::<MAX_HOLDERS, _, _>")]
        holders: Vec<Holder>,
        /// The same content under other names.
        #[serde(deserialize_with = "bounded::list::<MAX_TWINS, _, _>")]
        twins: Vec<Twin>,
        /// Other items of the same name.
        #[serde(deserialize_with = "bounded::list::<MAX_VARIANTS, _, _>")]
        variants: Vec<CatalogueItem>,
    },
    /// Answers `GetMetainfo`, one chunk at a time.
    Metainfo {
        /// The number of the question.
        request: RequestId,
        /// The next chunk, in order.
        chunk: MetainfoChunk,
    },
    /// Answers `Peers`.
    PeerList {
        /// The number of the question.
        request: RequestId,
        /// Connected peers, at most [`MAX_PEERS`].
        #[serde(deserialize_with = "bounded::list::<MAX_PEERS, _, _>")]
        peers: Vec<PeerInfo>,
        /// How many are connected in all.
        total: u32,
    },
    /// A question that cannot be answered.
    Failed {
        /// The number of the question.
        request: RequestId,
        /// What is wrong, and whether to try again.
        error: Failure,
    },
    /// More holders of an item that this peer follows.
    NewHolders {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// The new holders, at most [`MAX_HOLDERS`].
        #[serde(deserialize_with = "bounded::list::<MAX_HOLDERS, _, _>")]
        holders: Vec<Holder>,
    },
    /// What the tracker found when it connected to the addresses at which this peer listens; each one once. Version 2.
    Reachability {
        /// Others can connect here, as far as the tracker sees.
        #[serde(deserialize_with = "bounded::list::<MAX_LISTENS, _, _>")]
        reachable: Vec<SocketAddr>,
        /// The tracker's probe was not answered here.
        #[serde(deserialize_with = "bounded::list::<MAX_LISTENS, _, _>")]
        unreachable: Vec<SocketAddr>,
    },
    /// Somebody wants an item of this peer and cannot dial it: dial them for that item. Version 2.
    ConnectOut {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// Addresses to dial, at most [`MAX_HOLDERS`].
        #[serde(deserialize_with = "bounded::list::<MAX_HOLDERS, _, _>")]
        peers: Vec<SocketAddr>,
        /// The key that whoever is there proves to have, in a pool for members: nobody else is talked to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Key>,
    },
    /// Somebody received wrong data for this piece: read it again, and withdraw the item if it is wrong. Version 2.
    Verify {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// The piece's index in the item.
        piece: u32,
    },
    /// Answers `Search`. Version 3.
    Found {
        /// The number of the question.
        request: RequestId,
        /// What was found.
        page: ItemsFound,
    },
    /// Answers `Files`. Version 3.
    FileList {
        /// The number of the question.
        request: RequestId,
        /// What was found.
        page: FilesFound,
    },
    /// Answers `Holders`. Version 3.
    HolderList {
        /// The number of the question.
        request: RequestId,
        /// What was found.
        page: HoldersFound,
    },
    /// Answers `FindPeers`. Version 3.
    FoundPeers {
        /// The number of the question.
        request: RequestId,
        /// What was found.
        page: PeersFound,
    },
    /// The keys that speak for the pool, signed by its root: after `Welcome`, and whenever they change. Version 4.
    Keyset {
        /// The statement, at most [`MAX_STATEMENT`] bytes.
        #[serde(
            serialize_with = "serde_bytes::serialize",
            deserialize_with = "bounded::bytes::<MAX_STATEMENT, _>"
        )]
        statement: Vec<u8>,
    },
    /// What this peer shows to others: after `Keyset`, whenever it changes, and in answer to `GetPass`. Version 4.
    Pass {
        /// The statement, at most [`MAX_STATEMENT`] bytes.
        #[serde(
            serialize_with = "serde_bytes::serialize",
            deserialize_with = "bounded::bytes::<MAX_STATEMENT, _>"
        )]
        statement: Vec<u8>,
    },
    /// Who may have what, and whose passes are void: all that concerns this peer after `Pass`, then what changes;
    /// answered by `AccessSeen`. Version 4.
    Access(Access),
    /// The pool has other nodes than its [`Welcome`] said, or `Nodes` after that.
    Nodes {
        /// Where they are reached, as in [`Welcome::nodes`].
        #[serde(deserialize_with = "bounded::texts::<MAX_NODES, MAX_NODE, _>")]
        nodes: Vec<String>,
    },
}

/// What a peer has to know about its session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol version of this session.
    pub version: u16,
    /// Who the tracker is; it keeps this id over restarts.
    pub tracker_id: TrackerId,
    /// The tracker's display name.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// The peer's address as the tracker sees it.
    pub your_ip: IpAddr,
    /// Seconds between the tracker's pings.
    pub keep_alive_seconds: u32,
    /// Seconds without any frame after which either side gives the connection up.
    pub lease_seconds: u32,
    /// How many items a peer may register.
    pub max_items: u32,
    /// Whether all that the peer's [`digest`](super::Hello::digest) is of is registered, and nothing else. Which pieces it has of
    /// the items of which it has a part is not known: those it registers anew.
    #[serde(default)]
    pub kept: bool,
    /// Where the other nodes of the pool are reached, as `NAME:PORT`: at most [`MAX_NODES`], of at most
    /// [`MAX_NODE`] bytes each. Empty where the tracker is the only one.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "bounded::texts::<MAX_NODES, MAX_NODE, _>"
    )]
    pub nodes: Vec<String>,
    /// Which networks are one site, where an administrator says so: at most [`MAX_SITE_NETWORKS`].
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "bounded::list::<MAX_SITE_NETWORKS, _, _>"
    )]
    pub sites: Vec<SiteNetwork>,
}

/// Why a session is refused or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No common protocol version.
    #[error(
        "the tracker speaks channel version {supported:?}, this peer does not: use the same release on both"
    )]
    UnsupportedVersion {
        /// What the tracker speaks.
        #[serde(deserialize_with = "bounded::list::<MAX_VERSIONS, _, _>")]
        supported: Vec<u16>,
    },
    /// Another connection holds this peer id, is alive, and has not told the same secret.
    #[error("another peer is connected as {peer_id}: restart this peer to give it an identity of its own")]
    PeerIdTaken {
        /// The peer id that both claim.
        peer_id: PeerId,
    },
    /// The same peer connected anew; this connection is its old one.
    #[error("the same peer has connected again")]
    Replaced,
    /// The tracker serves as many peers as it may.
    #[error("the tracker is full ({limit} peers): try again later")]
    Full {
        /// How many peers it serves.
        limit: u32,
    },
    /// A frame that the protocol does not allow.
    #[error("the tracker could not read a message: {reason}")]
    Malformed {
        /// What the tracker could not read.
        #[serde(deserialize_with = "bounded::text::<MAX_TEXT, _>")]
        reason: String,
    },
    /// The peer did not read what it was sent, or said nothing for too long.
    #[error("the tracker gave up waiting for this peer: {reason}")]
    TooSlow {
        /// What it waited for.
        #[serde(deserialize_with = "bounded::text::<MAX_TEXT, _>")]
        reason: String,
    },
    /// The tracker shuts down; connect again later.
    #[error("the tracker is shutting down")]
    ShuttingDown,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The pool does not know the item.
    #[error("the pool has no item `{target}`")]
    NotFound {
        /// What was asked for.
        #[serde(deserialize_with = "bounded::text::<MAX_TEXT, _>")]
        target: String,
    },
    /// Several items have that name, or several names begin so.
    #[error("{}", ambiguous(name, variants))]
    Ambiguous {
        /// What was asked for.
        #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
        name: String,
        /// The items that the name may mean, at most [`MAX_VARIANTS`].
        #[serde(deserialize_with = "bounded::list::<MAX_VARIANTS, _, _>")]
        variants: Vec<CatalogueItem>,
    },
    /// The item is known, its metainfo is not.
    #[error("the tracker has no metainfo of {info_hash} yet")]
    NoMetainfo {
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// The peer's member may see the item and not get it: neither its files nor its metainfo.
    #[error(
        "you may see {info_hash} and not get it: ask whoever brought it in, or an administrator of the pool"
    )]
    MayNotGet {
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// The peer registered more items than it may.
    #[error("a peer may register {limit} items at most")]
    TooManyItems {
        /// How many are allowed.
        limit: u32,
    },
    /// A question makes no sense.
    #[error("{reason}")]
    BadQuestion {
        /// What is wrong with it.
        #[serde(deserialize_with = "bounded::text::<MAX_TEXT, _>")]
        reason: String,
    },
    /// The tracker has too much to do for this question now.
    #[error("the tracker is busy: ask again later")]
    Busy,
}

/// Explains how a name is ambiguous, and what to write instead.
fn ambiguous(name: &str, variants: &[CatalogueItem]) -> String {
    let count = variants.len();
    match variants {
        [first, rest @ ..] if rest.iter().all(|other| other.name == first.name) => {
            format!("{count} items are called `{}`: ask for one of them as `{}@HASH`", first.name, first.name)
        }
        _ => format!("{count} items fit `{name}`: write the whole name of one of them"),
    }
}

/// A page of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The items of this page, in order; at most [`MAX_BATCH`].
    #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
    pub items: Vec<CatalogueItem>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Cursor>,
}

/// A peer that did not answer in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilentPeer {
    /// The peer id that it told in its hello.
    pub peer_id: PeerId,
    /// A name for people; not unique.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// Its address as the tracker sees it.
    pub ip: IpAddr,
}
