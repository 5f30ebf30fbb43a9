//! For whoever watches many peers: does it live, and is it of use?

use axum::{Json, extract::State, http::StatusCode};
use peerpool_api::{Readiness, TrackerState};

use super::{
    App,
    refusal::{Answer, Refusal},
};

/// Refused, or not answered at all, when the peer should be started anew.
pub(super) async fn healthz(State(app): State<App>) -> Answer<Readiness> {
    app.node(|_| ()).await?;
    Ok(Json(Readiness::default()))
}

/// Refused while the peer is of no use to the pool.
pub(super) async fn readyz(State(app): State<App>) -> Result<(StatusCode, Json<Readiness>), Refusal> {
    let (leaving, tracker) = app.node(|node| (node.is_leaving(), node.view_tracker())).await?;
    let mut readiness = Readiness::default();
    if leaving {
        readiness.lacks("the peer is ending");
    }
    match tracker.state {
        TrackerState::Connected => {}
        TrackerState::NotStarted => readiness.lacks("no tracker was given"),
        TrackerState::Connecting => readiness.lacks("the tracker does not answer yet"),
        TrackerState::Reconnecting { cause, .. } => readiness.lacks(cause),
    }
    Ok((readiness.status(), Json(readiness)))
}
