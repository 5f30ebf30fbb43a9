//! The views of a peer: its own lists come from the node, the pool's from the tracker.

use peerpool_api::{
    ApiError, Code, DownloadQuery, HistoryQuery, Item, ItemQuery, LogQuery, PeerQuery, PoolPeer,
    RepositoryQuery,
};
use peerpool_web::{
    live::{Answer, Ask, Key, Order, Page, Row, Source, View},
    log::recent,
};
use peerpool_wire::{
    channel::{ItemSearch, PeerSearch},
    id::InfoHash,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    super::{App, refusal::Refusal},
    relay::{Part, Relay},
};
use crate::node::Node;

/// What somebody can follow of a peer.
pub(super) struct Views {
    app: App,
}

impl Views {
    pub(super) fn new(app: App) -> Self {
        Self { app }
    }
}

/// One view of a peer.
pub(super) struct PeerView {
    app: App,
    kind: Kind,
}

enum Kind {
    Own(Own),
    Items(ItemSearch, Relay),
    Peers(PeerSearch, Relay),
    /// The last lines of this process.
    Log(LogQuery),
}

/// What the node has.
#[derive(Clone)]
enum Own {
    Status,
    Downloads(DownloadQuery),
    /// One download, by any of its hashes.
    Download(InfoHash),
    Repository(RepositoryQuery),
    /// One item of the repository, by any of its hashes.
    Shared(InfoHash),
    /// Transfers that are over, by their numbers.
    History(HistoryQuery),
}

impl Source for Views {
    type View = PeerView;

    fn open(&self, view: &str, query: Map<String, Value>) -> Result<PeerView, ApiError> {
        let kind = match view.split_once('/') {
            Some(("download", hash)) => Kind::Own(Own::Download(hash.parse().map_err(|_| bad_hash(hash))?)),
            Some(("shared", hash)) => Kind::Own(Own::Shared(hash.parse().map_err(|_| bad_hash(hash))?)),
            None if view == "status" => Kind::Own(Own::Status),
            None if view == "downloads" => Kind::Own(Own::Downloads(read(query)?)),
            None if view == "repository" => Kind::Own(Own::Repository(read(query)?)),
            None if view == "history" => Kind::Own(Own::History(read(query)?)),
            None if view == "items" => Kind::Items(read::<ItemQuery>(query)?.into(), Relay::default()),
            None if view == "peers" => Kind::Peers(read::<PeerQuery>(query)?.into(), Relay::default()),
            None if view == "log" => Kind::Log(read(query)?),
            _ => {
                let views = "status, downloads, download/HASH, repository, shared/HASH, history, items, peers and log";
                return Err(ApiError::new(Code::NotFound, format!("a peer has the views {views}")));
            }
        };
        Ok(PeerView { app: self.app.clone(), kind })
    }
}

impl View for PeerView {
    async fn answer(&self, ask: Ask) -> Result<Answer, ApiError> {
        match &self.kind {
            Kind::Own(own) => {
                let own = own.clone();
                Ok(self.app.node(move |node| own.answer(node, ask)).await?)
            }
            Kind::Items(search, relay) => relay.answer(ask, |part| self.items(search, part)).await,
            Kind::Log(query) => Ok(recent().view(query, ask)),
            Kind::Peers(search, relay) => relay.answer(ask, |part| self.peers(search, part)).await,
        }
    }
}

impl PeerView {
    async fn items(&self, search: &ItemSearch, part: Part) -> Result<Page, ApiError> {
        let Part { order, from, count } = part;
        let search = ItemSearch { order, offset: place(from), limit: count.max(1), ..search.clone() };
        let found = self.app.channel.search(search).await.map_err(Refusal::from)?;
        let rows = found.items.iter().map(|item: &Item| (item.hash.to_string().into(), row(item)));
        // A tracker of an earlier version keeps no order, and does not count.
        let name = found.order.clone().unwrap_or_else(unlike_any);
        let total = found.total.map_or(from + found.items.len() as u64, u64::from);
        let order = Order { name: name.into(), keys: [].into() };
        Ok(Page { order, total, rows: rows.collect() })
    }

    /// The tracker keeps no order of peers: two pages fit together only if they show all of them.
    async fn peers(&self, search: &PeerSearch, part: Part) -> Result<Page, ApiError> {
        let search = PeerSearch { offset: place(part.from), limit: part.count.max(1), ..search.clone() };
        let found = self.app.channel.find_peers(search).await.map_err(Refusal::from)?;
        let this = self.app.node(|node| node.peer_id()).await?;
        let peers =
            found.peers.into_iter().map(|peer| PoolPeer { this: peer.peer_id == this, ..peer.into() });
        let rows = peers.map(|peer| (peer.peer_id.to_string().into(), row(&peer)));
        let is_all = part.from == 0 && found.total <= part.count;
        let name = if is_all { "all".to_owned() } else { unlike_any() };
        let order = Order { name: name.into(), keys: [].into() };
        Ok(Page { order, total: found.total.into(), rows: rows.collect() })
    }
}

impl Own {
    /// Runs where the node runs: what is looked at again costs as much as the rows that are shown.
    fn answer(&self, node: &Node, ask: Ask) -> Answer {
        match self {
            Self::Status => Answer::of_one(ask, || row(&node.view_glance())),
            Self::Download(hash) => {
                let item = node.identify(hash);
                Answer::of_one(ask, || row(&node.view_detail(&item)?))
            }
            Self::Shared(hash) => {
                let item = node.identify(hash);
                Answer::of_one(ask, || row(&node.view_shared_detail(&item)?))
            }
            Self::Downloads(query) => {
                let list = || {
                    let downloads = query.select(node.view_downloads());
                    downloads.into_iter().map(|download| download.hash.to_string().into()).collect()
                };
                // A key names a hybrid by one of its hashes.
                let item = |key: &Key| Some(node.identify(&key.parse().ok()?));
                Answer::out_of_list(ask, list, |key| row(&node.view_followed(&item(key)?)?))
            }
            Self::Repository(query) => {
                let list = || {
                    let items = query.select(node.view_repository().items);
                    items.into_iter().map(|item| item.name.into()).collect()
                };
                Answer::out_of_list(ask, list, |name| row(&node.view_entry(name)?))
            }
            Self::History(query) => {
                let list = || {
                    let transfers = query.select(node.history());
                    transfers.into_iter().map(|transfer| transfer.number.to_string().into()).collect()
                };
                Answer::out_of_list(ask, list, |number| row(node.transfer(number.parse().ok()?)?))
            }
        }
    }
}

/// A query, as the path of the same list takes it.
fn read<T: DeserializeOwned>(query: Map<String, Value>) -> Result<T, ApiError> {
    let read = serde_json::from_value(Value::Object(query));
    read.map_err(|error| ApiError::new(Code::BadRequest, format!("the query is wrong: {error}")))
}

fn bad_hash(hash: &str) -> ApiError {
    let shown: String = hash.chars().take(80).collect();
    ApiError::new(
        Code::BadRequest,
        format!("`{shown}` is not an info-hash: write 40 or 64 hexadecimal digits"),
    )
}

fn row(shape: &impl Serialize) -> Option<Row> {
    Row::new(shape).inspect_err(|error| tracing::error!(%error, "a row that cannot be written")).ok()
}

/// The name of an order that nothing else comes out of.
fn unlike_any() -> String {
    format!("{:016x}", rand::random::<u64>())
}

/// No list has more rows than a `u32` counts.
fn place(from: u64) -> u32 {
    u32::try_from(from).unwrap_or(u32::MAX)
}
