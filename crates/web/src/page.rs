//! The web page, which is part of the program: its files are built by `build.rs` and embedded.
//!
//! There is one page with two faces. Files below `assets/` have a hash of their content in their names and may be kept
//! forever; the page itself is asked for anew each time, and answered with 304 while it is the same.

mod answer;
mod asset;
mod encoding;

use axum::{
    Router,
    extract::{Path, Request},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};

use self::asset::Asset;

/// Where a provider of accounts sends browsers back to: the page of a tracker.
pub const SIGNED_IN: &str = "/signed-in";

/// Whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The pool's catalogue, its peers and its tracker.
    Tracker,
    /// The pool, and a peer's own downloads and repository.
    Peer,
}

impl Face {
    fn file(self) -> &'static str {
        match self {
            Self::Tracker => "tracker.html",
            Self::Peer => "peer.html",
        }
    }
}

/// Whether this program was built with its page.
pub fn is_embedded() -> bool {
    !asset::ALL.is_empty()
}

/// Serves the page at `/`, and its files beside it. They are the same for everybody and need no key.
pub fn routes<S: Clone + Send + Sync + 'static>(face: Face) -> Router<S> {
    let document = get(move |request: Request| async move { index(face, request.headers()) });
    let routes = match face {
        Face::Tracker => Router::new().route(SIGNED_IN, document.clone()),
        Face::Peer => Router::new(),
    };
    routes
        .route("/", document)
        .route("/icon.svg", get(async |headers: HeaderMap| file("icon.svg", &headers)))
        .route(
            "/assets/{name}",
            get(async |Path(name): Path<String>, headers: HeaderMap| {
                file(&format!("assets/{name}"), &headers)
            }),
        )
}

fn index(face: Face, headers: &HeaderMap) -> Response {
    match Asset::find(face.file()) {
        Some(page) => answer::page(page, headers),
        None => answer::no_page(),
    }
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    match Asset::find(path) {
        Some(asset) => answer::file(asset, headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests;
