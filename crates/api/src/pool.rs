//! The pool: joining it, and who is in it.

use std::net::SocketAddr;

use peerpool_wire::{
    channel::{self, PeerInfo, PeerSearch},
    id::{PeerId, TrackerId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Download, Item, Trackers};

/// Connect to a tracker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Start {
    /// Where the tracker is; left out, the one that the peer was given before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tracker: Option<Trackers>,
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

/// Which peers to list, in which order, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PeerQuery {
    /// Only peers in whose name or address each of these words stands, or whose program begins with it, without regard to
    /// case and accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// What decides the order; `name` when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<PeerSort>,
    /// Whether the greatest comes first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
    /// How many peers to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// At most so many, up to 1000, which is also meant when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What decides the order of peers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeerSort {
    /// The name, without case and accents.
    #[default]
    Name,
    /// How many items it shares.
    Items,
    /// How long it has been connected.
    Connected,
    /// Its address.
    Address,
}

impl From<PeerQuery> for PeerSearch {
    fn from(query: PeerQuery) -> Self {
        let sort = match query.sort.unwrap_or_default() {
            PeerSort::Name => channel::PeerSort::Name,
            PeerSort::Items => channel::PeerSort::Items,
            PeerSort::Connected => channel::PeerSort::Connected,
            PeerSort::Address => channel::PeerSort::Address,
        };
        Self {
            text: query.search.unwrap_or_default(),
            sort,
            desc: query.desc,
            offset: query.offset.unwrap_or_default(),
            limit: query.limit.unwrap_or_default(),
        }
    }
}

/// Peers of the pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PeerPage {
    /// Those of this page.
    pub peers: Vec<PoolPeer>,
    /// How many the search found in all.
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
    /// Whether the pool is for members alone; left out in an open one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub members: bool,
    /// Whether it gives content, through a gateway; left out where it does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gateway: bool,
    /// The certificate that an authority signs for it; left out where none is to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<AuthorityCertificate>,
}

/// The certificate that an authority signs for a tracker (ACME), for browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorityCertificate {
    /// The names that it is for.
    pub names: Vec<String>,
    /// When it ends, in seconds since 1970; left out while there is none, and browsers are shown the tracker's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<u64>,
    /// Why the last try brought none; left out when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
