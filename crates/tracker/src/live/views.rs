//! The views of a tracker.

use std::collections::BTreeMap;

use peerpool_api::{ApiError, Code, Item, ItemQuery, PeerQuery, PoolPeer};
use peerpool_web::live::{Answer, Ask, Fresh, Key, Order, Page, Recount, Row, Rows, Source, View};
use peerpool_wire::channel::{ItemSearch, ItemsFound, PeerSearch};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{app::App, request_error::RequestError, rest, search::Asker};

/// What somebody can follow of a tracker.
pub(super) struct Views {
    app: App,
    asker: Asker,
}

impl Views {
    pub(super) fn new(app: App, asker: Asker) -> Self {
        Self { app, asker }
    }
}

/// One view of a tracker.
pub(super) struct TrackerView {
    app: App,
    asker: Asker,
    kind: Kind,
}

enum Kind {
    Items(ItemSearch),
    Peers(PeerSearch),
    Health,
}

impl Source for Views {
    type View = TrackerView;

    fn open(&self, view: &str, query: Map<String, Value>) -> Result<TrackerView, ApiError> {
        let kind = match view {
            "items" => Kind::Items(read::<ItemQuery>(query)?.into()),
            "peers" => Kind::Peers(read::<PeerQuery>(query)?.into()),
            "health" => Kind::Health,
            _ => {
                return Err(ApiError::new(Code::NotFound, "a tracker has the views items, peers and health"));
            }
        };
        Ok(TrackerView { app: self.app.clone(), asker: self.asker, kind })
    }
}

impl View for TrackerView {
    async fn answer(&self, ask: Ask) -> Result<Answer, ApiError> {
        Ok(match &self.kind {
            Kind::Items(search) => self.items(search, ask).await?,
            Kind::Peers(search) => self.peers(search, ask).await?,
            Kind::Health => {
                let health = row(&rest::health_of(&self.app).await?)?;
                Answer::of_one(ask, || Some(health.clone()))
            }
        })
    }
}

impl TrackerView {
    async fn items(&self, search: &ItemSearch, ask: Ask) -> Result<Answer, RequestError> {
        match ask {
            Ask::Page { order, from, count } => {
                let order = order.map(|order| order.name.to_string());
                let found = self.search(search, order, from, count).await?;
                let order = Order { name: found.order.as_str().into(), keys: [].into() };
                let rows = found.items.into_iter().map(|item| {
                    let item = Item::from(item);
                    Ok((Key::from(item.hash.to_string()), Some(row(&item)?)))
                });
                let rows = rows.collect::<Result<_, RequestError>>()?;
                Ok(Answer::Page(Page { order, total: found.total.into(), rows }))
            }
            Ask::Rows { keys, recount } => {
                let hashes = keys.iter().map(|key| key.parse().ok()).collect();
                let found = self.app.catalogue.items(hashes).await?;
                let rows = found.into_iter().map(|item| item.and_then(|item| row(&Item::from(item)).ok()));
                let fresh = match recount {
                    Some(Recount { from, count }) => {
                        let found = self.search(search, None, from, count).await?;
                        let keys = found.items.iter().map(|item| item.info_hash.to_string().into());
                        Some(Fresh { total: found.total.into(), keys: keys.collect() })
                    }
                    None => None,
                };
                Ok(Answer::Rows(Rows { rows: rows.collect(), fresh }))
            }
        }
    }

    /// A part of what a search finds, out of an earlier order where the tracker still has it.
    async fn search(
        &self,
        search: &ItemSearch,
        order: Option<String>,
        from: u64,
        count: u32,
    ) -> Result<ItemsFound, RequestError> {
        // No list has more rows than a `u32` counts.
        let offset = u32::try_from(from).unwrap_or(u32::MAX);
        let search = ItemSearch { order, cursor: None, offset, limit: count.max(1), ..search.clone() };
        Ok(self.app.search.page(self.asker, search).await?.into())
    }

    async fn peers(&self, search: &PeerSearch, ask: Ask) -> Result<Answer, RequestError> {
        let found = match &ask {
            Ask::Page { .. } | Ask::Rows { recount: Some(_), .. } => {
                self.app.catalogue.find_peers(search.clone()).await?.peers
            }
            Ask::Rows { keys, recount: None } => {
                let ids = keys.iter().filter_map(|key| key.parse().ok()).collect();
                self.app.catalogue.peers_of(ids).await?
            }
        };
        let keys: Vec<Key> = found.iter().map(|peer| peer.peer_id.to_string().into()).collect();
        let peers: BTreeMap<Key, PoolPeer> =
            keys.iter().cloned().zip(found.into_iter().map(PoolPeer::from)).collect();
        Ok(Answer::out_of_list(ask, || keys, |key| row(peers.get(key)?).ok()))
    }
}

/// A query, as the path of the same list takes it.
fn read<T: DeserializeOwned>(query: Map<String, Value>) -> Result<T, RequestError> {
    serde_json::from_value(Value::Object(query)).map_err(|error| RequestError::BadQuery(error.to_string()))
}

fn row(shape: &impl Serialize) -> Result<Row, RequestError> {
    Row::new(shape).map_err(RequestError::Json)
}
