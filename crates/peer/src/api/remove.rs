//! Forgets downloads.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use peerpool_api::{Code, Download, DownloadState, Remove};
use peerpool_wire::id::InfoHash;

use super::{
    App,
    refusal::{Answer, Refusal},
    routes::{identify, wait_for},
};

pub(super) async fn remove(
    State(app): State<App>,
    Path(item): Path<InfoHash>,
    Query(remove): Query<Remove>,
) -> Answer<Download> {
    let item = identify(&app, item).await?;
    let stopping = app.node(move |node| node.stop(&item)).await??;
    wait_for(stopping).await;
    let Json(download) = app.download(item).await?;
    if download.state == DownloadState::Completing {
        let message = format!("`{}` is just being completed: try again in a moment", download.name);
        return Err(Refusal::new(Code::BadRequest, message));
    }
    let keep = !remove.data && download.state != DownloadState::Complete;
    app.node(move |node| node.forget(&item, keep)).await?;
    if remove.data {
        delete(&app, item, &download).await?;
    }
    Ok(Json(download))
}

async fn delete(app: &App, item: InfoHash, download: &Download) -> Result<(), Refusal> {
    let repository = app.repository.clone();
    let completed = download.state == DownloadState::Complete;
    let name = download.name.clone();
    let deleting = tokio::task::spawn_blocking(move || {
        repository.remove_partial(item)?;
        if completed {
            let path = repository.root().join(&name);
            let failed = |error: std::io::Error| {
                Refusal::new(Code::Disk, format!("cannot delete `{}`: {error}", path.display()))
            };
            match path.symlink_metadata() {
                Ok(found) if found.is_dir() => std::fs::remove_dir_all(&path).map_err(failed)?,
                Ok(_) => std::fs::remove_file(&path).map_err(failed)?,
                Err(_) => {}
            }
        }
        Ok::<(), Refusal>(())
    });
    deleting.await.map_err(|error| Refusal::new(Code::Other, error.to_string()))??;
    app.scanner.refresh_name(download.name.clone()).await;
    Ok(())
}
