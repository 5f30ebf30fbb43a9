//! Uploads: what browsers bring.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use peerpool_api::{ApiError, BeginUpload, Code, Upload, UploadAt, UploadWritten, UploadedFile};
use peerpool_repository::{
    Repository,
    uploads::{self, Begun, Plan, UploadError, UploadId},
};

use super::{
    App,
    refusal::{Answer, Refusal},
};
use crate::code::Coded as _;

/// Most bytes that are taken at once.
const MAX_CHUNK: usize = 8 << 20;
/// How often what rests for too long is looked for.
const GLANCE: Duration = Duration::from_secs(60 * 60);

pub(super) async fn all(State(app): State<App>) -> Answer<Vec<Upload>> {
    let begun = blocking(&app, |repository| Ok(repository.uploads())).await?;
    Ok(Json(begun.into_iter().map(shown).collect()))
}

pub(super) async fn begin(State(app): State<App>, Json(wanted): Json<BeginUpload>) -> Answer<Upload> {
    app.stays().await?;
    let BeginUpload { name, length, files } = wanted;
    let plan = match (length, files) {
        (Some(length), None) => Plan::file(name, length)?,
        (None, Some(files)) => Plan::folder(name, files.into_iter().map(|file| (file.path, file.length)))?,
        _ => {
            let detail = "an upload is a file, with its `length`, or a folder, with its `files`";
            return Err(Refusal::new(Code::BadRequest, detail));
        }
    };
    let id = UploadId(rand::random());
    let begun =
        blocking(&app, move |repository| repository.begin_upload(id, plan, SystemTime::now())).await?;
    Ok(Json(shown(begun)))
}

pub(super) async fn find(State(app): State<App>, Path(id): Path<String>) -> Answer<Upload> {
    let id = read(&id)?;
    Ok(Json(match blocking(&app, move |repository| repository.upload(id)).await? {
        uploads::Upload::Begun(begun) => shown(begun),
        uploads::Upload::Complete { name, length, item } => {
            Upload { id: id.to_string(), name, length, offset: length, files: Vec::new(), item: Some(item) }
        }
    }))
}

pub(super) async fn write(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(at): Query<UploadAt>,
    bytes: Bytes,
) -> Answer<UploadWritten> {
    app.stays().await?;
    let id = read(&id)?;
    if bytes.len() > MAX_CHUNK {
        return Err(Refusal::new(Code::TooLarge, format!("at most {MAX_CHUNK} bytes are taken at once")));
    }
    let write = move |repository: &Repository| {
        repository.write_upload(id, at.file as usize, at.offset, &bytes, SystemTime::now())
    };
    let written = blocking(&app, write).await?;
    if let Some(item) = &written.item {
        app.scanner.look_again(item.clone());
    }
    Ok(Json(UploadWritten { offset: written.offset, item: written.item }))
}

pub(super) async fn abandon(State(app): State<App>, Path(id): Path<String>) -> Answer<serde_json::Value> {
    let id = read(&id)?;
    blocking(&app, move |repository| repository.abandon_upload(id)).await?;
    Ok(Json(serde_json::json!({})))
}

/// Removes uploads that nobody goes on with, for as long as it runs.
pub(crate) async fn expire_uploads(repository: Arc<Repository>) {
    let mut glance = tokio::time::interval(GLANCE);
    loop {
        glance.tick().await;
        let repository = repository.clone();
        let expiring = tokio::task::spawn_blocking(move || repository.expire_uploads(SystemTime::now()));
        if let Err(error) = expiring.await {
            tracing::warn!(%error, "uploads that rest were not looked for");
        }
    }
}

/// Has the repository do something on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    app: &App,
    call: impl FnOnce(&Repository) -> Result<T, UploadError> + Send + 'static,
) -> Result<T, Refusal> {
    let repository = app.repository.clone();
    let called = tokio::task::spawn_blocking(move || call(&repository)).await;
    Ok(called.map_err(|error| Refusal::new(Code::Other, error.to_string()))??)
}

fn read(id: &str) -> Result<UploadId, Refusal> {
    id.parse().map_err(|error: uploads::ParseUploadIdError| Refusal::new(Code::BadRequest, error.to_string()))
}

fn shown(begun: Begun) -> Upload {
    let (name, length, offset) = (begun.plan.name().to_owned(), begun.plan.length(), begun.offset());
    // A file alone has no path.
    let files = begun.plan.files().iter().zip(&begun.offsets).filter(|(file, _)| !file.path.is_empty());
    let files = files.map(|(file, offset)| UploadedFile {
        path: file.path.join("/"),
        length: file.length,
        offset: *offset,
    });
    Upload { id: begun.id.to_string(), name, length, offset, files: files.collect(), item: None }
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        let refused = ApiError::new(error.code(), error.to_string());
        match error {
            UploadError::Offset { offset } => ApiError { offset: Some(offset), ..refused }.into(),
            _ => refused.into(),
        }
    }
}
