//! The catalogue over HTTP: `/api/v1`.

mod error;
mod handlers;
mod views;

use axum::{Router, routing::get};
pub(crate) use error::ApiError;
pub(crate) use handlers::item_target;
use utoipa::OpenApi;

use crate::router::App;

/// The description that clients are generated from.
#[derive(OpenApi)]
#[openapi(
    info(title = "Peerpool tracker", description = "What the peers of a pool share."),
    paths(handlers::items, handlers::item, handlers::peers, handlers::health),
    components(schemas(
        views::ItemView,
        views::ItemPage,
        views::ItemDetail,
        views::HolderView,
        error::ErrorBody
    ))
)]
struct Description;

/// The routes under `/api/v1`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/items", get(handlers::items))
        .route("/items/{hash}", get(handlers::item))
        .route("/peers", get(handlers::peers))
        .route("/health", get(handlers::health))
        .route("/openapi.json", get(|| async { axum::Json(Description::openapi()) }))
        .fallback(|| async { ApiError::NoSuchPath })
}
