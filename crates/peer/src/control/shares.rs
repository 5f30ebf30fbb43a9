//! Shares files and folders, and takes them back.

use std::{path::PathBuf, time::Duration};

use axum::{Json, extract::State};
use peerpool_control::{Code, ItemKind, Share, ShareState, SharedItem, Unshare};

use super::{
    App,
    refusal::{Answer, Refusal},
};

/// How long hashing is waited for; the end of what takes longer is an event.
const HASHING: Duration = Duration::from_secs(2);

pub(super) async fn share(State(app): State<App>, Json(share): Json<Share>) -> Answer<SharedItem> {
    if share.torrent.is_some() {
        let message = "sharing as a given torrent is not possible; share the path alone";
        return Err(Refusal::new(Code::BadRequest, message));
    }
    let path = PathBuf::from(share.path);
    if !path.is_absolute() {
        return Err(Refusal::new(Code::BadRequest, "the path to share must be absolute"));
    }
    let repository = app.repository.clone();
    let name = tokio::task::spawn_blocking(move || repository.share(&path))
        .await
        .map_err(|error| Refusal::new(Code::Other, error.to_string()))??;
    let looked = tokio::time::timeout(HASHING, app.library.refresh_name(name.clone())).await;
    let asked = name.clone();
    let (item, problem) = app.node(move |node| (node.view_item(&asked), node.view_problem(&asked))).await?;
    match (item, problem) {
        (Some(item), _) => Ok(Json(item)),
        (None, Some(problem)) => {
            let message = format!("`{}` cannot be shared: {}", problem.path, problem.reason);
            Err(Refusal::new(Code::NotShareable, message))
        }
        (None, None) if looked.is_ok() => {
            Err(Refusal::new(Code::NotShareable, format!("`{name}` is not there any more")))
        }
        (None, None) => Ok(Json(hashing(&app, name))),
    }
}

/// An item of which only the name is known yet.
fn hashing(app: &App, name: String) -> SharedItem {
    let found = app.repository.root().join(&name).metadata();
    let folder = found.as_ref().is_ok_and(std::fs::Metadata::is_dir);
    SharedItem {
        name,
        hash: None,
        kind: if folder { ItemKind::Folder } else { ItemKind::File },
        bytes: found.map_or(0, |found| if found.is_dir() { 0 } else { found.len() }),
        files: u64::from(!folder),
        state: ShareState::Hashing,
        uploaded: 0,
    }
}

pub(super) async fn unshare(State(app): State<App>, Json(unshare): Json<Unshare>) -> Answer<SharedItem> {
    let name = unshare.name;
    let asked = name.clone();
    let item = app.node(move |node| node.view_item(&asked)).await?;
    let item = item.ok_or_else(|| {
        Refusal::new(Code::NotFound, format!("`{name}` is not shared; `status` lists what is"))
    })?;
    let repository = app.repository.clone();
    let keeping = name.clone();
    tokio::task::spawn_blocking(move || repository.unshare(&keeping))
        .await
        .map_err(|error| Refusal::new(Code::Other, error.to_string()))??;
    app.node({
        let name = name.clone();
        move |node| node.withdraw(&name, "it was unshared")
    })
    .await?;
    app.library.look_again(name);
    Ok(Json(SharedItem { state: ShareState::Unshared, ..item }))
}
