//! The description of both APIs (OpenAPI 3.1), generated from the shapes of this crate.
//!
//! The functions below the modules are never called: each stands for a route, and its attribute is what is said of it. What
//! they make is committed as `docs/openapi/peer.json` and `docs/openapi/tracker.json`.

mod peer;
mod shared;
mod tracker;

use utoipa::{OpenApi as _, openapi::OpenApi};

/// The API of a peer, on its control socket.
pub fn peer() -> OpenApi {
    peer::Description::openapi()
}

/// The API of a tracker, on its port.
pub fn tracker() -> OpenApi {
    tracker::Description::openapi()
}
