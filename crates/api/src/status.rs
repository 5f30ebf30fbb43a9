//! What a peer is and does, at a glance.

use std::net::SocketAddr;

use peerpool_wire::id::PeerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Download, Hashing, LimitsNow, Problem, TrackerUrl};

/// How a peer is to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct End {
    /// Only if it is the peer of a command: that goes on with the peer that takes its place.
    pub hand_over: bool,
}

/// What a peer is and does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Its peer id, a new one at each start.
    #[schema(value_type = String)]
    pub peer_id: PeerId,
    /// What it calls itself.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Absolute path of its repository.
    pub repository: String,
    /// Where it listens for peers.
    #[schema(value_type = String)]
    pub listen: SocketAddr,
    /// Where browsers are let in, while the door is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub web: Option<SocketAddr>,
    /// Its tracker.
    pub tracker: TrackerStatus,
    /// How many items it shares.
    pub items: u64,
    /// Bytes of all of them.
    pub size: u64,
    /// Hashing, while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashing: Option<Hashing>,
    /// What its owner ought to know of.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// The addresses on which it listens, and whether others reach it there.
    #[serde(default)]
    pub reachability: Vec<Reachability>,
    /// The limits of rates in force, where anything is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsNow>,
    /// Its downloads, oldest first.
    pub downloads: Vec<Download>,
    /// Peers connected now.
    pub connections: u32,
    /// Bytes fetched a second, over all downloads.
    pub rate_down: u64,
    /// Bytes given a second, over all items.
    pub rate_up: u64,
    /// Bytes fetched in this run.
    pub downloaded: u64,
    /// Bytes given in this run.
    pub uploaded: u64,
}

/// An address of the peer, as the tracker found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reachability {
    /// Where the peer listens.
    #[schema(value_type = String)]
    pub address: SocketAddr,
    /// Whether a connection to it succeeded.
    pub state: Reach,
}

/// Whether an address can be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The tracker connected to it.
    Reachable,
    /// The tracker could not connect to it.
    Unreachable,
    /// Nobody tried, or the outcome is not known yet.
    #[default]
    #[serde(other)]
    Unknown,
}

/// The tracker as the peer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrackerStatus {
    /// Where it is, when one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub url: Option<TrackerUrl>,
    /// What it calls itself, once it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The connection to it.
    #[serde(flatten)]
    pub state: TrackerState,
}

/// The connection to the tracker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TrackerState {
    /// Nobody said `start`.
    NotStarted,
    /// On the way for the first time.
    Connecting,
    /// Connected and registered.
    Connected,
    /// Lost or not reached; the peer tries again by itself.
    Reconnecting {
        /// Why, in words.
        cause: String,
        /// Seconds until the next attempt.
        retry_in: u64,
    },
}
