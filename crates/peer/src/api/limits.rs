//! Shows and sets limits of rates.

use axum::{Json, extract::State};
use peerpool_api::{Code, Limits};

use super::{
    App,
    refusal::{Answer, Refusal},
};
use crate::code::Coded as _;

pub(super) async fn limits(State(app): State<App>) -> Json<Limits> {
    Json(app.limits.settings())
}

pub(super) async fn set(State(app): State<App>, Json(limits): Json<Limits>) -> Answer<Limits> {
    limits.check().map_err(|error| Refusal::new(Code::BadRequest, error.to_string()))?;
    let handle = app.limits.clone();
    let setting = tokio::task::spawn_blocking(move || handle.set(limits));
    let set = setting.await.map_err(|error| Refusal::new(Code::Other, error.to_string()))?;
    set.map_err(|error| Refusal::new(error.code(), error.to_string()))?;
    Ok(Json(app.limits.settings()))
}
