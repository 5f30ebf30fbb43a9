//! The catalogue over HTTP: `/api/v1`.

mod error;
mod handlers;

use axum::{Json, Router, routing::get};
pub(crate) use error::RequestError;
pub(crate) use handlers::item_target;
use peerpool_api::{openapi, paths};

use crate::router::App;

/// The routes under `/api/v1`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(paths::ITEMS, get(handlers::items))
        .route(paths::ITEM, get(handlers::item))
        .route(paths::HOLDERS, get(handlers::holders))
        .route(paths::PEERS, get(handlers::peers))
        .route(paths::HEALTH, get(handlers::health))
        .route(paths::OPENAPI, get(|| async { Json(openapi::tracker()) }))
}
