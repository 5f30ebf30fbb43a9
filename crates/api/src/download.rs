//! Downloads: what is asked for, and how it goes.

use std::net::SocketAddr;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use peerpool_wire::id::{InfoHash, PeerId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Code;

/// Begin a download. Asking again for what is being downloaded answers with that download (resumed when it was
/// stopped or had failed); asking for what the repository has already answers with one that is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Get {
    /// The item.
    pub what: What,
    /// Only these files of a folder, as paths inside it with `/`; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Save under this name instead of the item's.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub save_as: Option<String>,
}

/// How an item can be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// As people write it: a name, `name@hash`, or a hash. [`readings`](crate::readings) says how to read it.
    Item(String),
    /// The bytes of a .torrent file in base64 (RFC 4648, with padding).
    Torrent(String),
    /// A magnet link.
    Magnet(String),
}

/// Bytes of a .torrent file as they stand in a request.
pub fn torrent_to_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// The bytes of a .torrent file out of a request; `None` when it is not base64.
pub fn torrent_from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// Forget a download.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Remove {
    /// Delete what was fetched of it, too. A completed file in the repository is deleted only with this.
    pub data: bool,
}

/// One download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Download {
    /// What identifies the item.
    #[schema(value_type = String)]
    pub hash: InfoHash,
    /// The name it is saved under.
    pub name: String,
    /// How it stands.
    #[serde(flatten)]
    pub state: DownloadState,
    /// How it counts beside other downloads, where they share a limit.
    #[serde(default)]
    pub priority: Priority,
    /// Bytes asked for; 0 until the metadata is there.
    pub bytes_total: u64,
    /// Of these, verified.
    pub bytes_done: u64,
    /// Pieces asked for.
    pub pieces_total: u32,
    /// Of these, verified.
    pub pieces_done: u32,
    /// Bytes fetched a second; 0 after some seconds without one.
    pub rate_down: u64,
    /// Bytes given of this item a second.
    pub rate_up: u64,
    /// Seconds to go at this rate, when that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_left: Option<u64>,
    /// Why it stands still, while it does: `reason` for programs, `stalled` for people.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub stalled: Option<Stalled>,
    /// Everyone connected for this item, and everyone that gave some of it.
    pub sources: Vec<Source>,
    /// Seconds that were spent fetching.
    pub seconds: f64,
}

/// How a download counts beside others where they share a [limit](crate::Limits): each step gets four times as much as
/// the one before.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A quarter of what others get.
    Low,
    /// As most do.
    #[default]
    Normal,
    /// Four times as much as others.
    High,
    /// Nearly all; others get what it leaves.
    First,
}

/// Set the priority of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetPriority {
    /// How it is to count.
    pub priority: Priority,
}

/// How a download stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DownloadState {
    /// For what [`Download::stalled`] says.
    Waiting,
    /// Pieces are asked for and come.
    Fetching,
    /// Held: connections stay, nothing is asked for.
    Paused,
    /// Stopped: no connections; what was fetched is kept.
    Stopped,
    /// All is verified and is being made durable under its name.
    Completing,
    /// Verified, durable, under its name, and served on.
    Complete,
    /// Given up until it is resumed.
    Failed {
        /// For programs.
        code: Code,
        /// For people, with what to do.
        cause: String,
    },
}

impl DownloadState {
    /// Whether the download still moves towards its end by itself.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Waiting | Self::Fetching | Self::Completing)
    }
}

/// Why a download stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stalled {
    /// For programs.
    pub reason: Reason,
    /// For people, with what to do, or what it waits for.
    #[serde(rename = "stalled")]
    pub message: String,
}

/// What a download that stands still waits for. New reasons may appear; a client that does not know one sees `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its files are being opened, or the tracker is being asked who has it.
    Starting,
    /// The item's metadata is fetched from peers.
    Describing,
    /// No tracker was given, so nobody is known who has it.
    NoTracker,
    /// The connection to the tracker is lost, and nobody who has it is connected.
    TrackerLost,
    /// Nobody who has it is online.
    NoHolder,
    /// Nobody who has it is online, and its name means another version by now.
    Superseded,
    /// Holders are known, and none can be connected to.
    Unreachable,
    /// Whoever is connected lacks the pieces that are missing.
    MissingPieces,
    /// Holders are connected, and serve others first.
    Choked,
    /// Pieces were asked for and do not come.
    Silent,
    /// The disk is slower than what comes.
    SlowDisk,
    /// Somebody paused it.
    Paused,
    /// Somebody stopped it.
    Stopped,
    /// It has failed, as its state says.
    Failed,
    /// A reason this version does not know.
    #[serde(other)]
    Other,
}

/// A peer that one download is exchanged with: what comes from it, and what goes to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Its peer id.
    #[schema(value_type = String)]
    pub peer_id: PeerId,
    /// Its name in the pool, or else its program.
    pub name: String,
    /// Where it is.
    #[schema(value_type = String)]
    pub address: SocketAddr,
    /// Whether it is connected now.
    pub connected: bool,
    /// How many of the item's pieces it has.
    pub pieces: u32,
    /// Bytes that came from it and were verified.
    pub bytes: u64,
    /// Bytes a second that come from it now.
    pub rate: u64,
    /// Bytes that went to it over the present connection.
    pub sent: u64,
    /// Bytes a second that go to it now.
    pub rate_up: u64,
}
