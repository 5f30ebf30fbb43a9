//! Reading the configuration again, which is the process's.

use axum::{Json, extract::State};
use peerpool_api::{Code, Reloaded};
use tokio::sync::oneshot;

use super::{
    App,
    refusal::{Answer, Refusal},
};

pub(super) async fn reload(State(app): State<App>) -> Answer<Reloaded> {
    let Some(reloads) = app.reloads else {
        let what = "this peer has no configuration to reload: it was not started with --daemon";
        return Err(Refusal::new(Code::Forbidden, what));
    };
    let (answer, answered) = oneshot::channel();
    reloads.send(answer).await.map_err(|_| Refusal::ending())?;
    let reloaded = answered.await.map_err(|_| Refusal::ending())?;
    Ok(Json(reloaded?))
}
