//! The tracker's REST interface, as far as the commands need it.

use std::{net::SocketAddr, time::Duration};

use peerpool_api::{Item, ItemKind, ItemPage, ItemQuery, PoolPeer};
use peerpool_wire::id::{InfoHash, PeerId, Sha1Hash, Sha256Hash};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    exit::{Exit, Failure},
    output::{
        size,
        text::{count, safe},
    },
};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long one address of a name may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A tracker.
#[derive(Debug, Clone)]
pub struct Rest {
    http: reqwest::Client,
    address: String,
}

/// What a tracker says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrackerStatus {
    /// Its identity.
    pub tracker: String,
    /// What it calls itself.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// Peers connected.
    pub peers: u64,
    /// Items known.
    pub items: u64,
    /// Seconds since it started.
    pub uptime_seconds: u64,
}

impl TrackerStatus {
    /// For people.
    pub fn human(&self) -> String {
        let (peers, items) = (count(self.peers, "peer", "peers"), count(self.items, "item", "items"));
        format!(
            "tracker  {} ({}), version {}, up for {}\npool     {peers}, {items}",
            safe(&self.name),
            safe(&self.tracker),
            safe(&self.version),
            size::duration(self.uptime_seconds)
        )
    }
}

/// An item as the tracker describes it.
#[derive(Debug, Deserialize)]
struct ItemView {
    name: String,
    v1: Option<Sha1Hash>,
    v2: Option<Sha256Hash>,
    kind: ItemKind,
    length: u64,
    piece_length: u32,
    pieces: u32,
    files: u64,
    seeds: u32,
    partial: u32,
    content_holders: u32,
    variants: u32,
}

#[derive(Debug, Deserialize)]
struct ItemViews {
    items: Vec<ItemView>,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PeerView {
    name: String,
    agent: String,
    peer_id: PeerId,
    address: SocketAddr,
    #[serde(default)]
    reachable: Option<bool>,
    items: u64,
    connected_seconds: u64,
}

#[derive(Debug, Deserialize)]
struct PeerViews {
    peers: Vec<PeerView>,
}

impl ItemView {
    /// Nothing for an item without a hash, which cannot be named.
    fn into_item(self) -> Option<Item> {
        Some(Item {
            hash: InfoHash::from_parts(self.v1, self.v2)?,
            name: self.name,
            kind: self.kind,
            bytes: self.length,
            files: self.files,
            pieces: self.pieces,
            piece_bytes: self.piece_length,
            complete: self.seeds,
            partial: self.partial,
            content_holders: self.content_holders,
            variants: self.variants,
        })
    }
}

impl From<PeerView> for PoolPeer {
    fn from(peer: PeerView) -> Self {
        Self {
            peer: peer.peer_id,
            name: peer.name,
            address: peer.address,
            reachable: peer.reachable,
            agent: peer.agent,
            items: peer.items,
            connected_seconds: peer.connected_seconds,
            this: false,
        }
    }
}

impl Rest {
    /// The tracker at `HOST:PORT`. Nothing is sent yet.
    pub fn new(address: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .no_proxy()
            .build()
            .map_err(|error| Failure::told(Exit::Failed, format!("cannot speak HTTP: {error}")))?;
        Ok(Self { http, address: address.to_owned() })
    }

    /// A page of the catalogue.
    pub async fn items(&self, query: &ItemQuery) -> Result<ItemPage, Failure> {
        let page: ItemViews = self.ask("/api/v1/items", query).await?;
        let items = page.items.into_iter().filter_map(ItemView::into_item).collect();
        Ok(ItemPage { items, next: page.next })
    }

    /// The peers that are connected.
    pub async fn peers(&self) -> Result<Vec<PoolPeer>, Failure> {
        let list: PeerViews = self.ask("/api/v1/peers", &()).await?;
        Ok(list.peers.into_iter().map(PoolPeer::from).collect())
    }

    /// What it says of itself.
    pub async fn status(&self) -> Result<TrackerStatus, Failure> {
        self.ask("/api/v1/health", &()).await
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, Failure> {
        let answer = self.get(path, query).await?;
        let answer = answer.error_for_status().map_err(|error| {
            let status = error.status().map(|status| status.to_string()).unwrap_or_default();
            let message = format!(
                "{} answers, but not as a Peerpool tracker does ({status}): check the address and port",
                self.address
            );
            Failure::told(Exit::Unreachable, message)
        })?;
        let body = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&body).map_err(|error| {
            let message =
                format!("the answer of {} is not understood: is it a tracker? ({error})", self.address);
            Failure::told(Exit::Unreachable, message)
        })
    }

    /// Asks the first address of the name that can be connected to. The request names that address: a tracker answers under
    /// any name only to programs that it can tell from a web page.
    async fn get(&self, path: &str, query: &impl Serialize) -> Result<reqwest::Response, Failure> {
        let addresses = tokio::net::lookup_host(&self.address).await;
        let addresses = addresses.map_err(|error| self.unreachable(&error))?;
        let mut failed = Failure::told(Exit::Unreachable, format!("`{}` means no address", self.address));
        for address in addresses {
            match self.http.get(format!("http://{address}{path}")).query(query).send().await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.is_connect() => failed = self.unreachable(&error),
                Err(error) => return Err(self.unreachable(&error)),
            }
        }
        Err(failed)
    }

    fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        let mut cause = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let message = format!("cannot reach the tracker at {}: {cause}; is the address right?", self.address);
        Failure::told(Exit::Unreachable, message)
    }
}
