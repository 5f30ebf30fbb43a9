//! What a peer says to the tracker.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{
    AskId, Cursor, FileSearch, ItemSearch, ItemState, MAX_BATCH, MAX_LISTENS, MAX_NAME, MAX_QUERY,
    MAX_STOCK_ITEMS, MAX_TRANSFERS, MAX_UNREACHABLE, MAX_VERSIONS, MetainfoChunk, PeerSearch, RequestId,
    SessionSecret, StockTransfer, Transfer, WholeMetainfo, bounded,
};
use crate::{
    digest::ShareDigest,
    id::{InfoHash, PeerId},
};

/// A message from a peer to the tracker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToTracker {
    /// The first message, exactly once. Its form never changes, so that every version can refuse every other.
    Hello(Hello),
    /// What this peer has. Adds items, and replaces earlier statements about them.
    Register {
        /// At most [`MAX_BATCH`] items; send several messages for more.
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        items: Vec<ItemState>,
    },
    /// Items that this peer no longer has or offers.
    Withdraw {
        /// At most [`MAX_BATCH`] items.
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        info_hashes: Vec<InfoHash>,
    },
    /// A part of the metainfo that the tracker asked for with `NeedMetainfo`.
    Metainfo(MetainfoChunk),
    /// The metainfo of several items that the tracker asked for, each one whole. Version 3.
    MetainfoBatch {
        /// At most [`MAX_BATCH`] items, and no more bytes than a frame may have.
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        items: Vec<WholeMetainfo>,
    },
    /// The tracker asked for metainfo that this peer does not have itself (yet).
    NoMetainfo {
        /// Their info-hashes, at most [`MAX_BATCH`].
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        info_hashes: Vec<InfoHash>,
    },
    /// Asks every other peer for its newest state, then lists; answered by `Updated`.
    Update {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
    },
    /// Answers `AskState`: what changed since the last registration. As many as needed, then `Reported`.
    Report {
        /// The number of the question.
        ask: AskId,
        /// Items that are new or have other pieces now.
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        items: Vec<ItemState>,
        /// Items that are gone.
        #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
        withdrawn: Vec<InfoHash>,
    },
    /// The answer to `AskState` is complete.
    Reported {
        /// The number of the question.
        ask: AskId,
    },
    /// Asks for a page of the catalogue; answered by `Listed`.
    List {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// Words that the name contains, in any order and case, with or without accents; empty for every item.
        #[serde(deserialize_with = "bounded::text::<MAX_QUERY, _>")]
        query: String,
        /// Where the page before ended; `None` for the first.
        cursor: Option<Cursor>,
        /// Items wanted, at most [`MAX_BATCH`](super::MAX_BATCH).
        limit: u32,
        /// Whether to include items that nobody online has.
        offline: bool,
    },
    /// Asks who has an item; answered by `Located`.
    Locate {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// The item's info-hash.
        target: Target,
        /// Holders wanted, at most [`MAX_HOLDERS`](super::MAX_HOLDERS); 0 leaves the number to the tracker.
        wanted: u32,
        /// Whether to report holders that come later (`NewHolders`), until `Unfollow`.
        follow: bool,
    },
    /// Ends what `Locate { follow: true }` began.
    Unfollow {
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// Asks for an item's whole metainfo; answered by `Metainfo` chunks.
    GetMetainfo {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// The item's info-hash.
        info_hash: InfoHash,
    },
    /// Asks who is connected; answered by `PeerList`.
    Peers {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
    },
    /// Holders of an item that could not be dialled: the tracker names them last, has them dial out where it can, and
    /// forgets those that only an announce names.
    UnreachableHolders {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// Their addresses, as the tracker named them; at most [`MAX_UNREACHABLE`].
        #[serde(deserialize_with = "bounded::list::<MAX_UNREACHABLE, _, _>")]
        addresses: Vec<SocketAddr>,
    },
    /// A piece that a holder sent was wrong: the tracker has that holder `Verify` it.
    WrongData {
        /// The item's info-hash.
        info_hash: InfoHash,
        /// The piece's index in the item.
        piece: u32,
        /// The peer that sent it.
        holder: PeerId,
    },
    /// Asks for a part of the items that a search finds; answered by `Found`. Version 3.
    Search {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// What is wanted.
        search: ItemSearch,
    },
    /// Asks what is in a folder of an item; answered by `FileList`. Version 3.
    Files {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// What is wanted.
        search: FileSearch,
    },
    /// Asks for a part of an item's holders, in a fixed order; answered by `HolderList`. Version 3.
    Holders {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// The item's info-hash.
        info_hash: InfoHash,
        /// How many holders to leave out.
        offset: u32,
        /// Holders wanted, at most [`MAX_HOLDERS`](super::MAX_HOLDERS).
        limit: u32,
    },
    /// Asks for a part of the peers that a search finds; answered by `FoundPeers`. Version 3.
    FindPeers {
        /// Chosen by the peer; the answer repeats it.
        request: RequestId,
        /// What is wanted.
        search: PeerSearch,
    },
    /// Asks for a newer pass; answered by `Pass`. Version 4.
    GetPass,
    /// Everything up to this epoch is done: what may not pass any more has stopped. Version 4.
    AccessSeen {
        /// That of the last `Access`.
        epoch: u64,
    },
    /// Asks what has changed since this epoch, before the tracker tells by itself; answered by `Access`. Version 4.
    Hear {
        /// That of the last `Access`.
        epoch: u64,
    },
    /// What passed between this peer and others since it told last, for the tracker's record of transfers. Version 4.
    Transfers {
        /// At most [`MAX_TRANSFERS`].
        #[serde(deserialize_with = "bounded::list::<MAX_TRANSFERS, _, _>")]
        transfers: Vec<Transfer>,
        /// What stock clients were given, at most [`MAX_TRANSFERS`]; earlier releases pass over it.
        #[serde(default, deserialize_with = "bounded::list::<MAX_TRANSFERS, _, _>")]
        stock: Vec<StockTransfer>,
    },
    /// This peer takes the connections of stock clients for these items that it was told of ([`Access::stock`]); they may be
    /// told its address from now on. A tracker that tells of no such items is not sent it.
    ///
    /// [`Access::stock`]: super::Access::stock
    TakesStock {
        /// At most [`MAX_STOCK_ITEMS`].
        #[serde(deserialize_with = "bounded::list::<MAX_STOCK_ITEMS, _, _>")]
        info_hashes: Vec<InfoHash>,
    },
    /// This peer leaves; the tracker forgets its session at once.
    Bye,
}

/// Who a peer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Protocol versions that the peer speaks; the tracker takes the newest that it speaks too.
    #[serde(deserialize_with = "bounded::list::<MAX_VERSIONS, _, _>")]
    pub versions: Vec<u16>,
    /// Its peer id, the same that it uses towards peers.
    pub peer_id: PeerId,
    /// A name for people; not unique.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub name: String,
    /// Its program and version.
    #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
    pub agent: String,
    /// Where it listens for peers, at the address it connects from; 0 when it cannot be reached.
    pub port: u16,
    /// Proves that a later connection is of the same peer. Without it a session is never taken over.
    #[serde(default)]
    pub secret: Option<SessionSecret>,
    /// Every address at which it listens: no unspecified ones, at most [`MAX_LISTENS`]; empty when it does not say.
    #[serde(default, deserialize_with = "bounded::list::<MAX_LISTENS, _, _>")]
    pub listens: Vec<SocketAddr>,
    /// Numbers the peer's connections to its pool, so that several nodes know which one is the newest; 0 when it does not
    /// say.
    #[serde(default)]
    pub connection: u64,
    /// What it shares, if it may have registered that with another node of the pool before; answered by
    /// [`Welcome::kept`](super::Welcome::kept).
    #[serde(default)]
    pub digest: Option<ShareDigest>,
}

/// How an item is named in a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// By its info-hash; one of the two hashes of a hybrid is enough.
    InfoHash(InfoHash),
    /// By its name, in the closest spelling: exact; else in any case, accents and normal form; else as the
    /// beginning of one.
    Name {
        /// The name, or its beginning.
        #[serde(deserialize_with = "bounded::text::<MAX_NAME, _>")]
        name: String,
        /// The first hexadecimal digits of the info-hash (v2 or v1), to tell variants apart; empty for any.
        #[serde(deserialize_with = "bounded::text::<64, _>")]
        hash_prefix: String,
    },
}
