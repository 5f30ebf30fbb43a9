//! Who changed what.

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    routing::get,
};
use peerpool_access::{Role, members::CommandError};
use peerpool_api::{AuditEntry, AuditQuery, paths};

use super::{Answer, Asking};
use crate::{app::App, members::MembersError, request_error::RequestError};

/// Entries that are shown when nobody says otherwise, and at most.
const SHOWN: u32 = 100;
const MOST: u32 = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new().route(paths::AUDIT, get(audit))
}

async fn audit(
    State(app): State<App>,
    asking: Asking,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Answer<Vec<AuditEntry>> {
    let Query(AuditQuery { limit, before }) =
        query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    only_admins(asking).await?;
    let entries = app.store.audit(before, shown(limit)).await;
    Ok(Json(entries.map_err(MembersError::from)?))
}

/// Refuses whoever is no administrator.
pub(super) async fn only_admins(asking: Asking) -> Result<(), RequestError> {
    let Json(()) = asking
        .look(|_, member| match member.role {
            Role::Admin => Ok(()),
            _ => Err(CommandError::NotAllowed.into()),
        })
        .await?;
    Ok(())
}

/// How many entries are shown.
pub(super) fn shown(limit: Option<u32>) -> u32 {
    limit.unwrap_or(SHOWN).min(MOST)
}
