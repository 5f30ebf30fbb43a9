//! What is answered under `/api/v1`.

use axum::{
    Json,
    extract::{
        Extension, Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::HeaderMap,
};
use peerpool_catalogue::Asking;
use peerpool_wire::{
    channel::{Cursor, Target},
    id::InfoHash,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    error::{ApiError, ErrorBody},
    views::{Health, HolderView, ItemDetail, ItemPage, PeerList},
};
use crate::{connection::Connection, router::App, torrent};

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsQuery {
    /// Words of a name, in any order and case.
    #[serde(default)]
    search: String,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Items on the page, at most 1000.
    #[serde(default)]
    limit: u32,
    /// Whether to list items too that nobody online has.
    #[serde(default)]
    offline: bool,
}

/// A page of items.
#[utoipa::path(
    get, path = "/api/v1/items", params(ItemsQuery),
    responses((status = 200, body = ItemPage), (status = 400, body = ErrorBody))
)]
pub(crate) async fn items(
    State(app): State<App>,
    query: Result<Query<ItemsQuery>, QueryRejection>,
) -> Result<Json<ItemPage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::BadQuery(error.body_text()))?;
    let page = app.desk.list(query.search, query.cursor.map(Cursor), query.limit, query.offline).await?;
    Ok(Json(ItemPage {
        items: page.items.into_iter().map(Into::into).collect(),
        next: page.next.map(|cursor| cursor.0),
    }))
}

/// An item and who has it.
#[utoipa::path(
    get, path = "/api/v1/items/{hash}", params(("hash" = String, Path, description = "v1 or v2 info-hash")),
    responses((status = 200, body = ItemDetail), (status = 404, body = ErrorBody))
)]
pub(crate) async fn item(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    hash: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<ItemDetail>, ApiError> {
    let Path(hash) = hash.map_err(|error| ApiError::BadQuery(error.body_text()))?;
    let target = item_target(&hash)?;
    let item = app.desk.find(target.clone()).await??;
    let asking = Asking { session: None, endpoints: connection.endpoints, wanted: 100 };
    let located = app.desk.locate(target, asking).await??;
    let holders = located.holders.into_iter().map(|holder| HolderView::new(holder, item.pieces));
    Ok(Json(ItemDetail {
        holders: holders.collect(),
        twins: located.twins.into_iter().map(|twin| twin.item.into()).collect(),
        variants: located.variants.into_iter().map(Into::into).collect(),
        magnet: torrent::magnet_of(&item, &torrent::announce_url(&headers, &connection)),
        item: item.into(),
    }))
}

/// The connected peers.
#[utoipa::path(get, path = "/api/v1/peers", responses((status = 200, body = PeerList)))]
pub(crate) async fn peers(State(app): State<App>) -> Result<Json<PeerList>, ApiError> {
    let (peers, total) = app.desk.peers().await?;
    Ok(Json(PeerList { peers: peers.into_iter().map(Into::into).collect(), total }))
}

/// How the tracker is.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = Health)))]
pub(crate) async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let counts = app.desk.counts().await?;
    Ok(Json(Health {
        tracker: app.tracker.id.to_string(),
        name: app.tracker.name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        peers: counts.peers,
        items: counts.items,
        swarms: counts.swarms,
        uptime_seconds: app.tracker.started.elapsed().as_secs(),
    }))
}

/// The item that a path names by one of its info-hashes.
pub(crate) fn item_target(hash: &str) -> Result<Target, ApiError> {
    let info_hash: InfoHash = hash.parse().map_err(|_| ApiError::BadHash(hash.to_owned()))?;
    Ok(Target::InfoHash(info_hash))
}
