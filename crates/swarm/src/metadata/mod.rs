//! Learning what an item is, from peers: its info dictionary (BEP 9), then its piece layers (BEP 52, "hash request").
//!
//! A [`MetadataFetch`] is driven like a [`Swarm`](crate::Swarm): told what happens by [`MetadataFetch::handle`], it
//! appends what it wants done, and [`MetadataFetch::next_timeout`] says when [`Input::Tick`] is due. It ends with
//! [`Output::Done`] or [`Output::Failed`]; after that it wants nothing any more, and the driver closes its connections.
//!
//! Nothing that a peer says is believed before it is hashed: the info dictionary against the hash that was asked for,
//! each range of a layer against its file's root.

mod assembly;
mod fetch;
mod layers;

use std::{convert::Infallible, net::SocketAddr};

use peerpool_wire::{
    message::Message,
    metainfo::{Metainfo, MetainfoError},
};

pub use self::fetch::MetadataFetch;
use crate::{ConnId, Reason};

/// What a fetch is told: of a swarm's inputs, those about connections, messages and candidates, and the tick. It
/// passes over all others.
pub type Input = crate::Input<Infallible>;

/// Something the driver does, in the order it came out.
#[derive(Debug)]
pub enum Output {
    /// Send a message.
    Send {
        /// On this connection.
        conn: ConnId,
        /// The message.
        message: Message,
    },
    /// Open a connection, with [`MetadataFetch::identity`] as the item; answered by `Connected` or `ConnectFailed`.
    Connect {
        /// Where to.
        addr: SocketAddr,
    },
    /// Close a connection. It exists no longer here.
    Disconnect {
        /// Which one.
        conn: ConnId,
        /// Why.
        reason: Reason,
    },
    /// Everything about the item is known and checked.
    Done(Box<Metainfo>),
    /// It will never be known.
    Failed(MetadataError),
}

/// Why an item cannot be learned, whoever is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The link's two hashes belong to different items.
    #[error("the link names two different items by its v1 and its v2 hash: get another link")]
    TwoItems,
    /// The info dictionary is the right one, and is refused.
    #[error(transparent)]
    Refused(#[from] MetainfoError),
}
