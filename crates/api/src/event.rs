//! What happens in a peer, as it happens.

use peerpool_wire::id::{InfoHash, PeerId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Download, Hashing, Problem, SharedItem, TrackerStatus};

/// Which events to send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventQuery {
    /// Those of single pieces, too.
    pub trace: bool,
    /// Keep a peer that runs for one command alone from leaving before this stream ends. Nothing is told then but that the
    /// peer leaves nevertheless.
    pub hold: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A download moved (at most four times a second each) or changed its state (at once).
    Download {
        /// As it stands now.
        download: Download,
    },
    /// A download was forgotten.
    Removed {
        /// What identifies the item.
        #[schema(value_type = String)]
        hash: InfoHash,
        /// The name it had.
        name: String,
    },
    /// Hashing moved (at most four times a second).
    Hashing {
        /// How far.
        hashing: Hashing,
    },
    /// An item is hashed and offered; a tracker that is connected is told next.
    Shared {
        /// The item.
        item: SharedItem,
    },
    /// An item is offered no longer.
    Withdrawn {
        /// Its name.
        name: String,
        /// Why: unshared, changed, vanished.
        reason: String,
    },
    /// Something that the owner ought to know of was met.
    Problem {
        /// What it is about, and why.
        problem: Problem,
    },
    /// The connection to the tracker changed.
    Tracker {
        /// As it stands now.
        tracker: TrackerStatus,
    },
    /// A peer lied or broke the protocol and is not spoken to any more.
    Banned {
        /// The item it was about.
        name: String,
        /// The peer's name or address.
        peer_name: String,
        /// What it did.
        reason: String,
    },
    /// Only with `trace`: a piece was asked for.
    Requested {
        /// The item.
        #[schema(value_type = String)]
        hash: InfoHash,
        /// The item's name.
        name: String,
        /// The piece's index.
        piece: u32,
        /// Whom.
        #[schema(value_type = String)]
        peer_id: PeerId,
        /// Its name or address.
        peer_name: String,
    },
    /// Only with `trace`: a piece arrived whole.
    Arrived {
        /// The item.
        #[schema(value_type = String)]
        hash: InfoHash,
        /// The item's name.
        name: String,
        /// The piece's index.
        piece: u32,
        /// From whom (the last block of it).
        #[schema(value_type = String)]
        peer_id: PeerId,
        /// Its name or address.
        peer_name: String,
        /// Whether its hash is right.
        verified: bool,
    },
    /// The reader was too slow and missed this many events; ask for the state anew.
    Missed {
        /// How many.
        count: u64,
    },
    /// The client's last event is too old to go on from, or was another process's; ask for the state anew.
    Reset {
        /// Which of the two, in words.
        why: String,
    },
    /// A download gave way to another version of what its name means, which is fetched in its place.
    Replaced {
        /// What was downloaded.
        #[schema(value_type = String)]
        hash: InfoHash,
        /// What is downloaded from now on.
        #[schema(value_type = String)]
        by: InfoHash,
        /// The name of both.
        name: String,
    },
    /// The peer leaves; the stream ends.
    Ending {
        /// Because somebody said `end`, and not because its process is done or was told to end.
        #[serde(default)]
        asked: bool,
    },
    /// An event this version does not know.
    #[serde(other)]
    Unknown,
}
