//! What happens in the pool, as its tracker sees it.

use peerpool_wire::id::{InfoHash, PeerId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Item, PoolPeer};

/// Something that happened in the pool. A tracker looks four times a second what has changed: what came and went in between
/// is not told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PoolEvent {
    /// A peer has connected.
    Joined {
        /// As it stands now.
        peer: PoolPeer,
    },
    /// A peer has left.
    Left {
        /// Which.
        #[schema(value_type = String)]
        peer_id: PeerId,
        /// What it called itself.
        name: String,
    },
    /// The pool has an item that it did not have: somebody online has all or some of it.
    Appeared {
        /// As it stands now.
        item: Item,
    },
    /// Somebody online has all of an item, of which there were parts alone.
    Complete {
        /// As it stands now.
        item: Item,
    },
    /// The pool has an item no longer: nobody online has any of it.
    Gone {
        /// What identifies it.
        #[schema(value_type = String)]
        hash: InfoHash,
        /// Its name.
        name: String,
    },
    /// The client's last event is too old to go on from; ask for the state anew.
    Reset {
        /// Why, in words.
        why: String,
    },
    /// The tracker ends, and so does the stream.
    Ending,
    /// An event this version does not know.
    #[serde(other)]
    Unknown,
}
