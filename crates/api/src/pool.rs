//! The pool: joining it, and who is in it.

use std::net::SocketAddr;

use peerpool_wire::{
    channel::PeerInfo,
    id::{PeerId, TrackerId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Download, Item, TrackerUrl};

/// Connect to a tracker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Start {
    /// Where the tracker is; left out, the one that the peer was given before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tracker: Option<TrackerUrl>,
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

/// Peers of the pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PeerPage {
    /// Some of them: a tracker names at most 10,000.
    pub peers: Vec<PoolPeer>,
    /// How many are connected in all.
    pub total: u32,
}

/// A peer of the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PoolPeer {
    /// Its peer id.
    #[schema(value_type = String)]
    pub peer_id: PeerId,
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
    /// Whether it is the peer that was asked. Never so from a tracker.
    #[serde(default)]
    pub this: bool,
}

impl From<PeerInfo> for PoolPeer {
    fn from(peer: PeerInfo) -> Self {
        Self {
            peer_id: peer.peer_id,
            name: peer.name,
            address: SocketAddr::new(peer.ip, peer.port),
            reachable: peer.reachable,
            agent: peer.agent,
            items: peer.items.into(),
            connected_seconds: peer.connected_seconds,
            this: false,
        }
    }
}

/// How a tracker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Its identity, which outlives its process.
    #[schema(value_type = String)]
    pub tracker_id: TrackerId,
    /// What it calls itself.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// Peers connected.
    pub peers: u64,
    /// Items known.
    pub items: u64,
    /// Names of swarms that somebody is in.
    pub swarms: u64,
    /// Seconds since it started.
    pub uptime_seconds: u64,
}
