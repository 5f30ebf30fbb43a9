//! The committed descriptions are those that the shapes generate.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{env, fs, path::Path};

use peerpool_api::openapi;
use serde_json::Value;

#[test]
fn the_committed_description_of_a_peer_is_current() {
    assert_current("peer.json", &openapi::peer());
}

#[test]
fn the_committed_description_of_a_tracker_is_current() {
    assert_current("tracker.json", &openapi::tracker());
}

#[test]
fn every_shape_that_a_description_names_is_in_it() {
    for description in [openapi::peer(), openapi::tracker()] {
        let description = serde_json::to_value(&description).unwrap();
        let known = description.pointer("/components/schemas").unwrap();
        let mut named = Vec::new();
        collect_references(&description, &mut named);
        assert!(!named.is_empty());
        let missing = named.iter().filter(|name| known.get(name.as_str()).is_none());
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|it| it.rsplit('/').next());
            found.extend(name.map(str::to_owned));
            fields.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
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
