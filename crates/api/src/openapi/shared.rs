//! What peers and trackers answer alike.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{
    FilePage, FileQuery, HolderPage, HolderQuery, ItemDetail, ItemPage, ItemQuery, LogPage, LogQuery,
    PeerPage, PeerQuery, ProblemDetails, Readiness, paths,
};

/// Tell that the server lives
///
/// Answers as long as the server does its work. When it does not, start it anew.
#[utoipa::path(
    get, path = paths::HEALTHZ, tag = "operation",
    responses(
        (status = 200, body = Readiness),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn healthz() {}

/// Tell the same as `/healthz`
///
/// Under the name by which others look for it.
#[utoipa::path(
    get, path = paths::LIVEZ, tag = "operation",
    responses(
        (status = 200, body = Readiness),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn livez() {}

/// Tell whether the server is of use
///
/// A peer is while it is connected to its tracker, a tracker while its catalogue and its store keep up.
#[utoipa::path(
    get, path = paths::READYZ, tag = "operation",
    responses(
        (status = 200, body = Readiness),
        (status = 503, description = "Not now", body = Readiness),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn readyz() {}

/// Show the counters
///
/// In Prometheus' text format; docs/operations.md explains the names.
#[utoipa::path(
    get, path = paths::METRICS, tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn metrics() {}

/// Show the log
///
/// The last lines, 2,000 at most, oldest first. A tracker shows them to programs on its own machine alone.
#[utoipa::path(
    get, path = paths::LOG, tag = "operation", params(LogQuery),
    responses(
        (status = 200, body = LogPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn log() {}

/// Describe this API
///
/// For programs: this description itself (OpenAPI 3.1).
#[utoipa::path(
    get, path = paths::OPENAPI, tag = "api",
    responses((status = 200, body = Object))
)]
pub(super) fn openapi() {}

/// Show this API
///
/// For people: this description as a page.
#[utoipa::path(
    get, path = paths::DOCS, tag = "api",
    responses((status = 200, body = String, content_type = "text/html; charset=utf-8"))
)]
pub(super) fn docs() {}

/// Style the page of this API
#[utoipa::path(
    get, path = paths::DOCS_STYLE, tag = "api",
    responses((status = 200, body = String, content_type = "text/css; charset=utf-8"))
)]
pub(super) fn docs_style() {}

/// Follow what somebody looks at
///
/// A WebSocket of text messages, each a JSON object: the client sends a `LiveRequest` at a time, the server a
/// `LiveMessage`.
#[utoipa::path(
    get, path = paths::LIVE, tag = "live",
    responses(
        (status = 101, description = "The connection is a WebSocket from now on"),
        (status = 426, description = "The request asks for no WebSocket", body = String, content_type = "text/plain"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn live() {}

/// List items
///
/// A part of the pool's catalogue, searched, sorted and counted by the tracker.
#[utoipa::path(
    get, path = paths::ITEMS, tag = "pool", params(ItemQuery),
    responses(
        (status = 200, body = ItemPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn items() {}

/// Show an item
///
/// With some of its holders, and what is like it.
#[utoipa::path(
    get, path = paths::ITEM, tag = "pool",
    params(("hash" = String, Path, description = "An info-hash of the item")),
    responses(
        (status = 200, body = ItemDetail),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn item() {}

/// List the files of an item
///
/// A folder of it at a time: what is in there, folders first.
#[utoipa::path(
    get, path = paths::FILES, tag = "pool",
    params(("hash" = String, Path, description = "An info-hash of the item"), FileQuery),
    responses(
        (status = 200, body = FilePage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn files() {}

/// List the holders of an item
///
/// Who has it, and how much of it.
#[utoipa::path(
    get, path = paths::HOLDERS, tag = "pool",
    params(("hash" = String, Path, description = "An info-hash of the item"), HolderQuery),
    responses(
        (status = 200, body = HolderPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn holders() {}

/// List peers
///
/// The peers that are connected to the tracker.
#[utoipa::path(
    get, path = paths::PEERS, tag = "pool", params(PeerQuery),
    responses(
        (status = 200, body = PeerPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn peers() {}
