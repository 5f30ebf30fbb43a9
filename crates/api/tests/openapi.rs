//! The committed descriptions are those that the shapes generate.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{env, fs, path::Path};

use peerpool_api::openapi;

#[test]
fn the_committed_description_of_a_peer_is_current() {
    assert_current("peer.json", &openapi::peer());
}

#[test]
fn the_committed_description_of_a_tracker_is_current() {
    assert_current("tracker.json", &openapi::tracker());
}

/// With `PEERPOOL_WRITE_OPENAPI=1` the file is written instead.
fn assert_current(name: &str, description: &utoipa::openapi::OpenApi) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi").join(name);
    let generated = description.to_pretty_json().unwrap() + "\n";
    if env::var_os("PEERPOOL_WRITE_OPENAPI").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/openapi/{name} is stale: run `PEERPOOL_WRITE_OPENAPI=1 cargo test -p peerpool-api --test openapi`"
    );
}
