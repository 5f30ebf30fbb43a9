//! The pool: joining it, and who is in it.

use std::net::SocketAddr;

use peerpool_wire::id::PeerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Download, Item};

/// Connect to a tracker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Start {
    /// `ADDR:PORT`; the one the peer was given before when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracker: Option<String>,
}

/// What the pool has, after `start` or `update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PoolList {
    /// The first items by name; [`paths::ITEMS`](crate::paths::ITEMS) pages through all.
    pub items: Vec<Item>,
    /// Whether there are more.
    #[serde(default)]
    pub more: bool,
    /// Names of the peers that did not answer an update in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<String>,
}

/// The downloads that were stopped.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stopped {
    /// As they stand now.
    pub downloads: Vec<Download>,
}

/// A peer of the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PoolPeer {
    /// Which peer.
    #[schema(value_type = String)]
    pub peer: PeerId,
    /// What it calls itself.
    pub name: String,
    /// Where it listens; port 0 when it cannot be reached.
    #[schema(value_type = String)]
    pub address: SocketAddr,
    /// Whether the tracker could connect to it; left out while it has not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reachable: Option<bool>,
    /// Its program and version.
    pub agent: String,
    /// How many items it shares.
    pub items: u64,
    /// Seconds since it connected.
    pub connected_seconds: u64,
    /// Whether it is the peer that was asked.
    pub this: bool,
}
