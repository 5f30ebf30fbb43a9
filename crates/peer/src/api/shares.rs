//! Shares files and folders, and takes them back.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{Json, extract::State};
use peerpool_api::{Code, ItemKind, Problem, ProblemCode, Share, ShareState, SharedItem, Unshare};
use peerpool_repository::{Cancel, Event, RepositoryError};
use peerpool_wire::metainfo::Metainfo;

use super::{
    App,
    refusal::{Answer, Refusal},
};
use crate::{
    get::read_metainfo,
    node::{Message, Origin},
    scanner,
};

/// How long hashing is waited for; the end of what takes longer is an event.
const HASHING: Duration = Duration::from_secs(2);

pub(super) async fn share(State(app): State<App>, Json(share): Json<Share>) -> Answer<SharedItem> {
    app.stays().await?;
    if let Some(torrent) = &share.torrent {
        let torrent = read_metainfo(torrent)?;
        return share_as(&app, share.path, torrent).await;
    }
    let path = share.path.ok_or_else(|| Refusal::new(Code::BadRequest, "which path is to be shared?"))?;
    let (name, copied) = bring_in(&app, path).await?;
    let looked = tokio::time::timeout(HASHING, app.scanner.refresh_name(name.clone())).await;
    let asked = name.clone();
    // What was taken out a moment ago may stand in the repository's own list still, and be no news to it.
    let shared = app.repository.shared_item(&asked);
    let (item, problem) = app
        .node(move |node| {
            if let Some(shared) = shared.filter(|_| node.view_item(&asked).is_none()) {
                node.add_shared(shared);
            }
            (node.view_item(&asked), node.view_problem(&asked))
        })
        .await?;
    match (item, problem) {
        (Some(item), _) => Ok(Json(item)),
        (None, Some(problem)) => {
            let path = problem.path.as_ref().unwrap_or(&name);
            let message = match copied {
                // A copy that is whole is not thrown away because reading it failed once.
                true => format!(
                    "`{name}` was copied into the repository, but `{path}` cannot be shared yet: {}; \
                     the peer looks at it again by itself, `share {name}` has it look now",
                    problem.message
                ),
                false => format!("`{path}` cannot be shared: {}", problem.message),
            };
            Err(Refusal::new(Code::NotShareable, message))
        }
        (None, None) if looked.is_ok() => {
            Err(Refusal::new(Code::NotShareable, format!("`{name}` is not there any more")))
        }
        (None, None) => Ok(Json(hashing(&app, name))),
    }
}

/// The name under which a path stands in the repository, and whether it was copied there from elsewhere.
async fn bring_in(app: &App, path: String) -> Result<(String, bool), Refusal> {
    let path = PathBuf::from(path);
    let repository = app.repository.clone();
    let asked = Asked(Cancel::default());
    let cancel = asked.0.clone();
    let sharing = tokio::task::spawn_blocking(move || repository.share(&path, &cancel));
    let brought = sharing.await.map_err(|error| Refusal::new(Code::Other, error.to_string()))??;
    let (name, copied) = (brought.name.clone(), brought.copied);
    app.node(move |node| {
        for path in brought.left_out {
            let problem = Problem {
                code: ProblemCode::LeftOut,
                path: Some(path.to_string_lossy().into_owned()),
                message: "neither a file nor a folder: it was not copied".to_owned(),
            };
            node.report_problem(Origin::Part("share"), problem);
        }
    })
    .await?;
    Ok((name, copied))
}

/// A request on its way: when whoever asked gives up, so does what was asked for.
struct Asked(Cancel);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Shares a path, or what the repository has under the torrent's name, by a torrent made elsewhere. Answers when every
/// byte has been compared with it.
async fn share_as(app: &App, path: Option<String>, torrent: Arc<Metainfo>) -> Answer<SharedItem> {
    let inside = || app.repository.root().join(torrent.info.name()).to_string_lossy().into_owned();
    let (name, _) = bring_in(app, path.unwrap_or_else(inside)).await?;
    let cancel = Cancel::default();
    let mut adopting = tokio::task::spawn_blocking({
        let (app, cancel, name) = (app.clone(), cancel.clone(), name.clone());
        move || adopt(&app, &torrent, &name, &cancel)
    });
    let adopted = tokio::select! {
        adopted = &mut adopting => adopted,
        () = app.shutdown.cancelled() => {
            cancel.cancel();
            return Err(Refusal::ending());
        }
    };
    adopted.map_err(|error| Refusal::new(Code::Other, error.to_string()))??;
    let item = app.node(move |node| node.view_item(&name)).await?;
    item.map(Json).ok_or_else(|| Refusal::new(Code::NotShareable, "it was taken away while it was compared"))
}

/// Compares and shares. The node learns of it as of any other look at the repository.
fn adopt(app: &App, torrent: &Arc<Metainfo>, name: &str, cancel: &Cancel) -> Result<(), RepositoryError> {
    let tell = |event| app.node.blocking_send(Message::Scanner(event));
    let progress = |done, total| {
        tell(scanner::Event::Refresh(Event::Hashing { item: name.into(), done, total }));
    };
    let adopted = app.repository.adopt(torrent, name, cancel, &progress);
    if let Ok(item) = &adopted {
        tell(scanner::Event::Refresh(Event::Shared(item.clone())));
    }
    tell(scanner::Event::Done);
    adopted.map(drop)
}

/// An item of which only the name is known yet.
fn hashing(app: &App, name: String) -> SharedItem {
    let found = app.repository.root().join(&name).metadata();
    let folder = found.as_ref().is_ok_and(std::fs::Metadata::is_dir);
    SharedItem {
        name,
        hash: None,
        kind: if folder { ItemKind::Folder } else { ItemKind::File },
        size: found.map_or(0, |found| if found.is_dir() { 0 } else { found.len() }),
        files: u64::from(!folder),
        state: ShareState::Hashing,
        uploaded: 0,
        takers: 0,
        rate_up: 0,
    }
}

pub(super) async fn unshare(State(app): State<App>, Json(unshare): Json<Unshare>) -> Answer<SharedItem> {
    let word = unshare.name;
    let unknown = || Refusal::new(Code::NotFound, format!("`{word}` is not in the repository"));
    let name = app.repository.name_of(Path::new(&word)).ok_or_else(unknown)?;
    if !app.repository.has(&name) {
        return Err(unknown());
    }
    let asked = name.clone();
    // What is being hashed, or cannot be shared as it is, is kept out all the same.
    let item = app.node(move |node| node.view_item(&asked)).await?;
    let item = item.unwrap_or_else(|| hashing(&app, name.clone()));
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
    app.scanner.look_again(name);
    Ok(Json(SharedItem { state: ShareState::Unshared, ..item }))
}
