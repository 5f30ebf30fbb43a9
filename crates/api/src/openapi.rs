//! The description of both APIs (OpenAPI 3.1), generated from the shapes of this crate.
//!
//! The functions below the modules are never called: each stands for a route, and its attribute is what is said of it. What
//! they make is committed as `docs/openapi/peer.json` and `docs/openapi/tracker.json`.

mod access;
mod content;
mod members;
mod parameters;
mod passkeys;
mod peer;
mod people;
mod refusals;
mod shared;
mod stock;
mod tracker;

use utoipa::{OpenApi as _, openapi::OpenApi};

/// The API of a peer, on its control socket and at its door for browsers.
pub fn peer() -> OpenApi {
    refusals::described(parameters::described(peer::Description::openapi()), refusals::BY_A_PEER)
}

/// The API of a tracker, on its port.
pub fn tracker() -> OpenApi {
    refusals::described(parameters::described(tracker::Description::openapi()), refusals::BY_A_TRACKER)
}
