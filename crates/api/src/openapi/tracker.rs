//! What only a tracker answers.

#![allow(dead_code, reason = "utoipa reads the attributes")]

use utoipa::OpenApi;

use super::shared;
use crate::{Health, ItemSort, LiveMessage, LiveRequest, PeerSort, ProblemDetails, paths};

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
        health,
        shared::log,
        shared::openapi,
        shared::docs,
        shared::docs_style,
        shared::healthz,
        shared::readyz,
        shared::live
    ),
    components(schemas(ItemSort, LiveMessage, LiveRequest, PeerSort))
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
