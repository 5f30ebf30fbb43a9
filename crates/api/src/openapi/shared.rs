//! What peers and trackers answer alike.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{Holder, ItemPage, ItemQuery, PeerPage, ProblemDetails, paths};

/// List items
///
/// A page of the pool's catalogue, by name.
#[utoipa::path(
    get, path = paths::ITEMS, tag = "pool", params(ItemQuery),
    responses(
        (status = 200, body = ItemPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn items() {}

/// List the holders of an item
///
/// Who has it, and how much of it.
#[utoipa::path(
    get, path = paths::HOLDERS, tag = "pool",
    params(("hash" = String, Path, description = "An info-hash of the item")),
    responses(
        (status = 200, body = [Holder]),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn holders() {}

/// List peers
///
/// The peers that are connected to the tracker.
#[utoipa::path(
    get, path = paths::PEERS, tag = "pool",
    responses(
        (status = 200, body = PeerPage),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn peers() {}
