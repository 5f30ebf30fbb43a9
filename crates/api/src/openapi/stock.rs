//! Stock clients in a pool for members, on a tracker.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use crate::{Changed, MakeAnnounceKey, ProblemDetails, SetStock, Stock, StockQuery, StockTorrent, paths};

/// Tell whether stock clients may fetch an item
///
/// To who may see the item, with one's own announce keys; to an administrator and the owner of the item with all of them.
#[utoipa::path(
    get, path = paths::STOCK, tag = "members", params(StockQuery),
    responses(
        (status = 200, body = Stock),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn stock() {}

/// Let stock clients fetch an item, or keep them out
///
/// An administrator or the owner of the item decides. What stock clients fetch is not encrypted, and whoever has a key can
/// fetch the item until that is revoked.
#[utoipa::path(
    put, path = paths::STOCK, tag = "members", request_body = SetStock,
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn set_stock() {}

/// Make a .torrent file for a stock client
///
/// Who may get the item gets a file with a key of its own in it. It is private: whoever has it can fetch the item.
#[utoipa::path(
    post, path = paths::ANNOUNCE_KEYS, tag = "members", request_body = MakeAnnounceKey,
    responses(
        (status = 200, body = StockTorrent),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn make_announce_key() {}

/// Revoke an announce key
///
/// One's own; an administrator and the owner of the item also others'. Transfers by it end within 5 seconds.
#[utoipa::path(
    delete, path = paths::ANNOUNCE_KEY, tag = "members",
    params(("id" = String, Path, description = "Which key, as it is listed")),
    responses(
        (status = 200, body = Changed),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(super) fn end_announce_key() {}
