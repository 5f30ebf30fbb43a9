//! The views of a tracker.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use peerpool_api::{ApiError, Code, Item, ItemQuery, LogQuery, PeerQuery};
use peerpool_web::{
    live::{Answer, Ask, Fresh, Order, Page, Recount, Row, Rows, Source, View},
    log::recent,
};
use peerpool_wire::channel::{ItemSearch, ItemsFound};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::peers::PeersView;
use crate::{
    app::App,
    feed::{Circle, Following, ShownItems},
    onlooker::Onlooker,
    request_error::RequestError,
    rest,
    search::Asker,
};

/// What somebody can follow of a tracker.
pub(super) struct Views {
    pub(super) app: App,
    pub(super) onlooker: Onlooker,
    pub(super) ip: IpAddr,
    pub(super) circle: Circle,
    /// Whether whoever follows is on this machine.
    pub(super) is_here: bool,
    pub(super) _following: Following,
}

/// One view of a tracker.
pub(super) enum TrackerView {
    Items(ItemsView),
    Peers(PeersView),
    Health(App, Onlooker),
    /// The last lines of this process.
    Log(LogQuery),
}

impl Source for Views {
    type View = TrackerView;

    fn open(&self, view: &str, query: Map<String, Value>) -> Result<TrackerView, ApiError> {
        let (app, onlooker, circle) = (self.app.clone(), self.onlooker.clone(), self.circle.clone());
        Ok(match view {
            "items" => {
                let search = read::<ItemQuery>(query)?.into();
                let (ip, shown) = (self.ip, Mutex::default());
                TrackerView::Items(ItemsView { app, onlooker, ip, circle, search, shown })
            }
            "peers" => {
                let search = read::<PeerQuery>(query)?.into();
                TrackerView::Peers(PeersView::new(app, onlooker, circle, search))
            }
            "health" => TrackerView::Health(app, onlooker),
            "log" if !self.is_here => return Err(RequestError::NotHere.into()),
            "log" => TrackerView::Log(read(query)?),
            _ => {
                let views = "items, peers, health and log";
                return Err(ApiError::new(Code::NotFound, format!("a tracker has the views {views}")));
            }
        })
    }
}

impl View for TrackerView {
    async fn answer(&self, ask: Ask) -> Result<Answer, ApiError> {
        Ok(match self {
            Self::Items(items) => items.answer(ask).await?,
            Self::Peers(peers) => peers.answer(ask).await?,
            Self::Health(app, onlooker) => {
                let viewer = onlooker.viewer().await.map_err(RequestError::from)?;
                let health = row(&rest::health_of(app, viewer).await?)?;
                Answer::of_one(ask, || Some(health.clone()))
            }
            Self::Log(query) => recent().view(query, ask),
        })
    }
}

/// Items that a search finds. Pages come from the search; how their rows stand afterwards, from what changes.
pub(super) struct ItemsView {
    app: App,
    onlooker: Onlooker,
    ip: IpAddr,
    circle: Circle,
    search: ItemSearch,
    shown: Mutex<Option<Shown<ShownItems>>>,
}

/// What a window shows.
pub(super) struct Shown<T> {
    /// Has it kept current.
    pub(super) _rows: T,
    /// How often the list had changed when the window was last compared with it.
    pub(super) compared: u64,
}

impl ItemsView {
    async fn answer(&self, ask: Ask) -> Result<Answer, RequestError> {
        let changed = self.circle.changed().items;
        match ask {
            Ask::Page { order, from, count } => {
                let order = order.map(|order| order.name.to_string());
                let found = self.search(order, from, count).await?;
                let order = Order { name: found.order.as_str().into(), keys: [].into() };
                let rows = found.items.into_iter().map(|item| {
                    let item = Item::from(item);
                    Ok((item.hash, row(&item)?))
                });
                let rows = rows.collect::<Result<Vec<_>, RequestError>>()?;
                let shown = self.circle.show_items(rows.iter().cloned());
                show(&self.shown, Shown { _rows: shown, compared: changed });
                let rows = rows.into_iter().map(|(hash, row)| (hash.to_string().into(), Some(row)));
                Ok(Answer::Page(Page { order, total: found.total.into(), rows: rows.collect() }))
            }
            Ask::Rows { keys, recount } => {
                let rows = self.circle.items(keys.iter().map(|key| key.parse().ok()));
                let fresh = match recount.filter(|_| is_due(&self.shown, changed)) {
                    Some(Recount { from, count }) => {
                        let found = self.search(None, from, count).await?;
                        let keys = found.items.iter().map(|item| item.info_hash.to_string().into());
                        Some(Fresh { total: found.total.into(), keys: keys.collect() })
                    }
                    None => None,
                };
                Ok(Answer::Rows(Rows { rows, fresh }))
            }
        }
    }

    /// A part of what the search finds, out of an earlier order where the tracker still has it.
    async fn search(&self, order: Option<String>, from: u64, count: u32) -> Result<ItemsFound, RequestError> {
        // No list has more rows than a `u32` counts.
        let offset = u32::try_from(from).unwrap_or(u32::MAX);
        let search = ItemSearch { order, cursor: None, offset, limit: count.max(1), ..self.search.clone() };
        let asker = Asker::at(self.ip, self.onlooker.viewer().await?);
        Ok(self.app.search.page(asker, search).await?.into())
    }
}

/// What the window shows from now on.
pub(super) fn show<T>(window: &Mutex<Option<Shown<T>>>, shown: Shown<T>) {
    let before = window.lock().unwrap_or_else(PoisonError::into_inner).replace(shown);
    // Not while the lock is held: what is shown no longer has a lock of its own.
    drop(before);
}

/// Whether a window is to be compared with its list, because that has changed since; it counts as compared then.
pub(super) fn is_due<T>(window: &Mutex<Option<Shown<T>>>, changed: u64) -> bool {
    let mut shown = window.lock().unwrap_or_else(PoisonError::into_inner);
    shown.as_mut().is_some_and(|shown| std::mem::replace(&mut shown.compared, changed) != changed)
}

/// A query, as the path of the same list takes it.
fn read<T: DeserializeOwned>(query: Map<String, Value>) -> Result<T, RequestError> {
    serde_json::from_value(Value::Object(query)).map_err(|error| RequestError::BadQuery(error.to_string()))
}

pub(super) fn row(shape: &impl Serialize) -> Result<Row, RequestError> {
    Row::new(shape).map_err(RequestError::Json)
}
