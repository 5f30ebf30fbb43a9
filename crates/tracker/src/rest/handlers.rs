//! What is answered under `/api/v1`.

use axum::{
    Json,
    extract::{
        Extension, Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
};
use peerpool_api::{Health, Holder, Item, ItemDetail, ItemPage, ItemQuery, PeerPage, Readiness};
use peerpool_catalogue::{Asking, Located};
use peerpool_wire::channel::{CatalogueItem, Cursor};

use crate::{
    app::App,
    connection::Connection,
    request_error::{RequestError, item_target},
    torrent,
};

/// Holders named of an item.
const MAX_HOLDERS: u32 = 100;

type Answer<T> = Result<Json<T>, RequestError>;
type Hash = Result<Path<String>, PathRejection>;

pub(crate) async fn items(
    State(app): State<App>,
    query: Result<Query<ItemQuery>, QueryRejection>,
) -> Answer<ItemPage> {
    let Query(query) = query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    let (search, cursor) = (query.search.unwrap_or_default(), query.cursor.map(Cursor));
    let page = app.catalogue.list(search, cursor, query.limit.unwrap_or_default(), query.offline).await?;
    Ok(Json(page.into()))
}

pub(crate) async fn item(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    hash: Hash,
    headers: HeaderMap,
) -> Answer<ItemDetail> {
    let (item, located) = locate(&app, &connection, hash).await?;
    let announce = torrent::announce_url(&headers, &connection);
    Ok(Json(ItemDetail {
        magnet: torrent::magnet_of(&item, &announce),
        holders: located.holders.into_iter().map(|holder| Holder::new(holder, item.pieces)).collect(),
        twins: located.twins.into_iter().map(|twin| twin.item.into()).collect(),
        variants: located.variants.into_iter().map(Item::from).collect(),
        item: item.into(),
    }))
}

pub(crate) async fn holders(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    hash: Hash,
) -> Answer<Vec<Holder>> {
    let (item, located) = locate(&app, &connection, hash).await?;
    Ok(Json(located.holders.into_iter().map(|holder| Holder::new(holder, item.pieces)).collect()))
}

pub(crate) async fn peers(State(app): State<App>) -> Answer<PeerPage> {
    let (peers, total) = app.catalogue.peers().await?;
    Ok(Json(PeerPage { peers: peers.into_iter().map(Into::into).collect(), total }))
}

pub(crate) async fn health(State(app): State<App>) -> Answer<Health> {
    Ok(Json(health_of(&app).await?))
}

/// How the tracker is.
pub(crate) async fn health_of(app: &App) -> Result<Health, RequestError> {
    let counts = app.catalogue.counts().await?;
    Ok(Health {
        tracker_id: app.tracker.id,
        name: app.catalogue.name().await?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        peers: counts.peers as u64,
        items: counts.items as u64,
        swarms: counts.swarms as u64,
        uptime_seconds: app.tracker.started.elapsed().as_secs(),
    })
}

/// Answers as long as the catalogue does.
pub(crate) async fn healthz(State(app): State<App>) -> Answer<Readiness> {
    app.catalogue.counts().await?;
    Ok(Json(Readiness::default()))
}

/// 503 while queues are so long that peers and clients wait, or the database takes nothing.
pub(crate) async fn readyz(State(app): State<App>) -> Result<(StatusCode, Json<Readiness>), RequestError> {
    app.catalogue.counts().await?;
    let mut readiness = Readiness::default();
    if app.catalogue.queue().is_nearly_full() {
        readiness.lacks("the catalogue does not keep up with announces and messages");
    }
    if app.store.queue().is_nearly_full() {
        readiness.lacks("the database does not keep up, or cannot be written");
    }
    Ok((readiness.status(), Json(readiness)))
}

async fn locate(
    app: &App,
    connection: &Connection,
    hash: Hash,
) -> Result<(CatalogueItem, Located), RequestError> {
    let Path(hash) = hash.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    let target = item_target(&hash)?;
    let item = app.catalogue.find(target.clone()).await??;
    let asking = Asking { session: None, endpoints: connection.endpoints, wanted: MAX_HOLDERS };
    Ok((item, app.catalogue.locate(target, asking).await??))
}
