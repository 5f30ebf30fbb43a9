//! What only a tracker answers.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use utoipa::OpenApi;

use super::{access, content, members, passkeys, people, shared, stock};
use crate::{Health, ItemSort, LiveMessage, LiveRequest, PeerSort, PoolEvent, ProblemDetails, paths};

/// The whole description.
#[derive(OpenApi)]
#[openapi(
    info(title = "Peerpool tracker", description = "Tells what the peers of a pool share."),
    paths(
        shared::items,
        shared::item,
        shared::files,
        shared::holders,
        shared::peers,
        content::content,
        content::zip,
        health,
        events,
        torrent,
        magnet,
        members::keyset,
        members::join,
        members::me,
        members::invites,
        members::make_invite,
        members::withdraw_invite,
        members::members,
        members::alter_member,
        members::remove_member,
        members::devices,
        members::revoke_device,
        members::rekey,
        people::sign_in,
        people::sign_in_ways,
        people::to_provider,
        people::from_provider,
        people::link_account,
        passkeys::to_passkey,
        passkeys::from_passkey,
        passkeys::add_passkey,
        people::sign_ins,
        people::remove_sign_in,
        people::sign_up,
        people::sign_out,
        people::set_password,
        people::sessions,
        people::end_session_of_member,
        people::tokens,
        people::make_token,
        people::end_token,
        access::groups,
        access::add_group,
        access::remove_group,
        access::enter_group,
        access::leave_group,
        access::rules,
        access::allow,
        access::deny,
        access::why,
        stock::stock,
        stock::set_stock,
        stock::make_announce_key,
        stock::end_announce_key,
        access::audit,
        access::transfers,
        shared::log,
        shared::openapi,
        shared::docs,
        shared::docs_style,
        shared::healthz,
        shared::livez,
        shared::readyz,
        shared::metrics,
        shared::live
    ),
    components(schemas(ItemSort, LiveMessage, LiveRequest, PeerSort, PoolEvent))
)]
pub(super) struct Description;

/// Show the tracker's health
#[utoipa::path(
    get, path = paths::HEALTH, tag = "tracker",
    responses(
        (status = 200, body = Health),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn health() {}

/// Follow events
///
/// Server-sent events, each `data:` line one event of the pool. Each has an `id:`, by which a client goes on that lost its
/// connection; where it cannot, an event of the type `reset` comes first.
#[utoipa::path(
    get, path = paths::EVENTS, tag = "pool",
    params(("last-event-id" = Option<String>, Header, description = "The last `id:` that the client saw")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn events() {}

/// Fetch the .torrent file of an item
///
/// It names this tracker, as the client reached it.
#[utoipa::path(
    get, path = paths::TORRENT, tag = "pool",
    params(
        ("hash" = String, Path, description = "An info-hash of the item"),
        ("form" = Option<String>, Query, description = "`v1`: for clients that know v1 alone"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/x-bittorrent"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn torrent() {}

/// Fetch the magnet link of an item
#[utoipa::path(
    get, path = paths::MAGNET, tag = "pool",
    params(
        ("hash" = String, Path, description = "An info-hash of the item"),
        ("form" = Option<String>, Query, description = "`v1`: for clients that know v1 alone"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = "default", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
fn magnet() {}
