//! The catalogue over HTTP: `/api/v1`, and what a tracker says of itself.

mod events;
mod handlers;
mod members;

use axum::{Router, routing::get};
use peerpool_api::{openapi, paths};
use peerpool_web::docs;

pub(crate) use self::{
    handlers::{health_of, is_here},
    members::Operator,
};
use crate::app::App;

/// The routes under `/api/v1`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(paths::ITEMS, get(handlers::items))
        .route(paths::ITEM, get(handlers::item))
        .route(paths::FILES, get(handlers::files))
        .route(paths::HOLDERS, get(handlers::holders))
        .route(paths::PEERS, get(handlers::peers))
        .route(paths::HEALTH, get(handlers::health))
        .route(paths::LOG, get(handlers::log))
        .route(paths::EVENTS, get(events::events))
        .merge(members::routes())
        .merge(vital_signs())
        .merge(docs::routes(openapi::tracker))
}

/// Whether it lives and serves: what a service manager or a load balancer asks, and what tells nothing of the pool.
pub(crate) fn vital_signs() -> Router<App> {
    Router::new()
        .route(paths::HEALTHZ, get(handlers::healthz))
        .route(paths::LIVEZ, get(handlers::healthz))
        .route(paths::READYZ, get(handlers::readyz))
}
