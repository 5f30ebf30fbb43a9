//! The routes.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::header,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
    routing::{get, post},
};
use peerpool_api::{
    Download, DownloadQuery, End, HistoryPage, HistoryQuery, LogPage, LogQuery, Repository, RepositoryQuery,
    SetPriority, SharedDetail, Status, Stopped, Window, openapi, paths,
};
use peerpool_web::{docs, log::recent, metrics::CONTENT_TYPE};
use peerpool_wire::id::InfoHash;
use tokio::sync::oneshot;

use super::{
    App, browser_routes, content, events, get as begin, health, limits, live, pool,
    refusal::{Answer, Refusal, as_problems},
    reload, remove,
    serving::{MaxBody, whole_request},
    shares, uploads,
};
use crate::node::{Node, NodeError};

/// Says how many entries of a list match, however many are sent.
const TOTAL: &str = "x-total-count";
/// [`paths::CONTENT`] as axum writes a path with slashes in it …
const CONTENT: &str = "/api/v1/content/{hash}/{*path}";
/// … and without one.
const ONLY_CONTENT: &str = "/api/v1/content/{hash}/";
/// [`paths::ZIP`] as axum writes a part of a path with something behind it.
const ZIP: &str = "/api/v1/content/{name}";

/// Longest request body: a .torrent file of 32 MiB in base64.
pub(super) const MAX_BODY: usize = 48 << 20;

/// Everything, for whoever may open the socket.
pub(super) fn of_control_socket(app: App) -> Router {
    commands()
        .merge(descriptions())
        .merge(health())
        .layer(from_fn(as_problems))
        .layer(from_fn_with_state(MaxBody(MAX_BODY), whole_request))
        .with_state(app)
}

/// What tells people and programs what there is to ask.
pub(super) fn descriptions() -> Router<App> {
    docs::routes(openapi::peer)
}

/// What supervisors and load balancers ask.
pub(super) fn health() -> Router<App> {
    Router::new()
        .route(paths::HEALTHZ, get(health::healthz))
        .route(paths::LIVEZ, get(health::healthz))
        .route(paths::READYZ, get(health::readyz))
}

/// The bytes of items.
pub(super) fn content() -> Router<App> {
    Router::new()
        .route(CONTENT, get(content::file))
        .route(ONLY_CONTENT, get(content::only_file))
        .route(ZIP, get(content::zip))
}

/// All that is to be asked.
pub(super) fn commands() -> Router<App> {
    Router::new()
        .route(paths::START, post(pool::start))
        .route(paths::UPDATE, post(pool::update))
        .route(paths::STOP, post(stop_all))
        .route(paths::END, post(end))
        .route(paths::STATUS, get(status))
        .route(paths::ITEMS, get(pool::items))
        .route(paths::ITEM, get(pool::item))
        .route(paths::FILES, get(pool::files))
        .route(paths::HOLDERS, get(pool::holders))
        .route(paths::PEERS, get(pool::peers))
        .route(paths::REPOSITORY, get(repository))
        .route(paths::SHARED, get(shared_item))
        .route(paths::SHARE, post(shares::share))
        .route(paths::UNSHARE, post(shares::unshare))
        .route(paths::DOWNLOADS, get(downloads).post(begin::get))
        .route(paths::DOWNLOAD, get(download).delete(remove::remove))
        .route(paths::PRIORITY, post(priority))
        .route(paths::PAUSE, post(pause))
        .route(paths::RESUME, post(resume))
        .route(paths::STOP_ONE, post(stop))
        .merge(content())
        .route(paths::UPLOADS, get(uploads::all).post(uploads::begin))
        .route(paths::UPLOAD, get(uploads::find).patch(uploads::write).delete(uploads::abandon))
        .route(paths::LIMITS, get(limits::limits).put(limits::set))
        .route(paths::HISTORY, get(history))
        .route(paths::EVENTS, get(events::events))
        .route(paths::RELOAD, post(reload::reload))
        .route(paths::LIVE, get(live::live))
        .route(paths::METRICS, get(metrics))
        .route(paths::LOG, get(log))
        .route(paths::WEB, post(browser_routes::open_door).delete(browser_routes::close_door))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

impl App {
    /// Has the node do something.
    pub(super) async fn node<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.node.with(call).await.ok_or_else(Refusal::ending)
    }

    /// Refuses while the peer leaves: what would begin now would be cut off.
    pub(super) async fn stays(&self) -> Result<(), Refusal> {
        match self.node(|node| node.is_leaving()).await? {
            true => Err(Refusal::ending()),
            false => Ok(()),
        }
    }

    /// A download as it stands.
    pub(super) async fn download(&self, item: InfoHash) -> Answer<Download> {
        let found = self.node(move |node| node.view_download(&item)).await?;
        Ok(Json(found.ok_or(NodeError::NoDownload(item))?))
    }
}

/// The identity in a path: a hybrid is named there by its v2 hash alone.
pub(super) async fn identify(app: &App, item: InfoHash) -> Result<InfoHash, Refusal> {
    app.node(move |node| node.identify(&item)).await
}

async fn status(State(app): State<App>) -> Answer<Status> {
    Ok(Json(app.node(|node| node.view_status()).await?))
}

async fn repository(
    State(app): State<App>,
    Query(query): Query<RepositoryQuery>,
    Query(window): Query<Window>,
) -> Answer<Repository> {
    let mut repository = app.node(|node| node.view_repository()).await?;
    let found = query.select(std::mem::take(&mut repository.items));
    repository.total = Some(found.len() as u64);
    repository.items = window.of(found);
    Ok(Json(repository))
}

async fn shared_item(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<SharedDetail> {
    let item = identify(&app, item).await?;
    let found = app.node(move |node| node.view_shared_detail(&item)).await?;
    Ok(Json(found.ok_or(NodeError::NotShared(item))?))
}

async fn downloads(
    State(app): State<App>,
    Query(query): Query<DownloadQuery>,
    Query(window): Query<Window>,
) -> Result<impl IntoResponse, Refusal> {
    let downloads = query.select(app.node(|node| node.view_downloads()).await?);
    Ok(([(TOTAL, downloads.len().to_string())], Json(window.of(downloads))))
}

async fn priority(
    State(app): State<App>,
    Path(item): Path<InfoHash>,
    Json(set): Json<SetPriority>,
) -> Answer<Download> {
    let item = identify(&app, item).await?;
    app.node(move |node| node.set_priority(&item, set.priority)).await??;
    app.download(item).await
}

async fn history(State(app): State<App>, Query(query): Query<HistoryQuery>) -> Answer<HistoryPage> {
    let transfers = app.node(|node| node.history()).await?;
    Ok(Json(query.page(transfers)))
}

async fn download(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<Download> {
    let item = identify(&app, item).await?;
    app.download(item).await
}

async fn pause(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<Download> {
    let item = identify(&app, item).await?;
    app.node(move |node| node.pause(&item)).await??;
    app.download(item).await
}

async fn resume(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<Download> {
    let item = identify(&app, item).await?;
    app.node(move |node| node.resume(&item)).await??;
    app.download(item).await
}

async fn stop(State(app): State<App>, Path(item): Path<InfoHash>) -> Answer<Download> {
    let item = identify(&app, item).await?;
    let stopping = app.node(move |node| node.stop(&item)).await??;
    wait_for(stopping).await;
    app.download(item).await
}

async fn stop_all(State(app): State<App>) -> Answer<Stopped> {
    for stopping in app.node(Node::stop_all).await? {
        wait_for(Some(stopping)).await;
    }
    let downloads = app.node(|node| node.view_downloads()).await?;
    let stopped =
        downloads.into_iter().filter(|download| download.state == peerpool_api::DownloadState::Stopped);
    Ok(Json(Stopped { downloads: stopped.collect() }))
}

pub(super) async fn wait_for(stopping: Option<oneshot::Receiver<()>>) {
    if let Some(stopping) = stopping {
        // A swarm that is gone has stopped, too.
        let _ = stopping.await;
    }
}

async fn log(Query(query): Query<LogQuery>) -> Json<LogPage> {
    Json(recent().page(&query))
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.exporter.render())
}

async fn end(State(app): State<App>, Query(end): Query<End>) -> Answer<serde_json::Value> {
    match end.hand_over {
        true => app.node(Node::hand_over).await??,
        false => app.node(|node| node.shut_down(true)).await?,
    }
    Ok(Json(serde_json::json!({})))
}
