//! What is answered under `/api/v1`.

use axum::{
    Json,
    extract::{
        Extension, Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
};
use peerpool_api::{
    FilePage, FileQuery, Health, Holder, HolderPage, HolderQuery, Item, ItemDetail, ItemPage, ItemQuery,
    LogPage, LogQuery, PeerPage, PeerQuery, Readiness,
};
use peerpool_catalogue::{Asking, Located, Viewer};
use peerpool_web::log::recent;
use peerpool_wire::{
    channel::{
        CatalogueItem, ItemSearch, ItemsFound, MAX_FILE_PATH, MAX_NAME, MAX_QUERY, PeerSearch, Target,
    },
    id::InfoHash,
};

use crate::{
    app::App, connection::Connection, files, https::Https, onlooker::Onlooker, request_error::RequestError,
    search::Asker, torrent, viewer::Seen,
};

/// Holders named of an item.
const MAX_HOLDERS: u32 = 100;

type Answer<T> = Result<Json<T>, RequestError>;
type Asked<T> = Result<Query<T>, QueryRejection>;
type Hash = Result<Path<String>, PathRejection>;

pub(crate) async fn items(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Seen(viewer): Seen,
    query: Asked<ItemQuery>,
) -> Answer<ItemPage> {
    let search = ItemSearch::from(given(query)?);
    check("search", &search.text, MAX_QUERY)?;
    check("holder", search.holder.as_deref().unwrap_or_default(), MAX_NAME)?;
    let page = app.search.page(Asker::at(connection.endpoints.remote, viewer), search).await?;
    Ok(Json(ItemsFound::from(page).into()))
}

pub(crate) async fn item(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Seen(viewer): Seen,
    hash: Hash,
    headers: HeaderMap,
) -> Answer<ItemDetail> {
    let (item, located) = locate(&app, asking(&connection, viewer, MAX_HOLDERS), hash).await?;
    let announce = torrent::announce_urls(&app, &headers, &connection);
    Ok(Json(ItemDetail {
        magnet: torrent::magnet_of(&item, &announce),
        holders: located.holders.into_iter().map(|holder| Holder::new(holder, item.pieces)).collect(),
        twins: located.twins.into_iter().map(|twin| twin.item.into()).collect(),
        variants: located.variants.into_iter().map(Item::from).collect(),
        item: item.into(),
    }))
}

pub(crate) async fn files(
    State(app): State<App>,
    onlooker: Onlooker,
    Seen(viewer): Seen,
    hash: Hash,
    query: Asked<FileQuery>,
) -> Answer<FilePage> {
    let search = given(query)?.of(info_hash(hash)?);
    check("under", &search.under, MAX_FILE_PATH)?;
    let under = search.under.clone();
    let found = files::files(&app.catalogue, &app.store, search, (&onlooker, viewer)).await??;
    Ok(Json(FilePage::new(found, &under)))
}

pub(crate) async fn holders(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Seen(viewer): Seen,
    hash: Hash,
    query: Asked<HolderQuery>,
) -> Answer<HolderPage> {
    let query = given(query)?;
    let info_hash = info_hash(hash)?;
    let item = app.catalogue.find(Target::InfoHash(info_hash), viewer.clone()).await??;
    let (offset, limit) = (query.offset.unwrap_or_default(), query.limit.unwrap_or(MAX_HOLDERS));
    let found = app.catalogue.holders(info_hash, asking(&connection, viewer, limit), offset).await??;
    Ok(Json(HolderPage::new(found, item.pieces)))
}

pub(crate) async fn peers(
    State(app): State<App>,
    Seen(viewer): Seen,
    query: Asked<PeerQuery>,
) -> Answer<PeerPage> {
    let search = PeerSearch::from(given(query)?);
    check("search", &search.text, MAX_QUERY)?;
    let found = app.catalogue.find_peers(search, viewer).await?;
    Ok(Json(PeerPage { peers: found.peers.into_iter().map(Into::into).collect(), total: found.total }))
}

pub(crate) async fn health(State(app): State<App>, Seen(viewer): Seen) -> Answer<Health> {
    Ok(Json(health_of(&app, viewer).await?))
}

/// How the tracker is; what it has is counted as the viewer sees it.
pub(crate) async fn health_of(app: &App, viewer: Viewer) -> Result<Health, RequestError> {
    let counts = app.catalogue.counts(viewer).await?;
    Ok(Health {
        tracker_id: app.tracker.id,
        name: app.catalogue.name().await?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        peers: counts.peers as u64,
        items: counts.items as u64,
        swarms: counts.swarms as u64,
        uptime_seconds: app.tracker.started.elapsed().as_secs(),
        members: app.members.is_some(),
        gateway: app.gateway.is_open(),
        certificate: app.https.as_ref().and_then(Https::authority),
    })
}

/// A log may tell of more than the catalogue does: it is shown on this machine alone, and through no proxy.
pub(crate) async fn log(
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Answer<LogPage> {
    if !is_here(&connection, &headers) {
        return Err(RequestError::NotHere);
    }
    let Query(query) = query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(Json(recent().page(&query)))
}

/// Whether whoever asks is on this machine, as far as it can be told.
pub(crate) fn is_here(connection: &Connection, headers: &HeaderMap) -> bool {
    let handed_on = ["forwarded", "x-forwarded-for", "via"].iter().any(|name| headers.contains_key(*name));
    !handed_on && connection.endpoints.remote.is_loopback()
}

/// Answers as long as the catalogue does.
pub(crate) async fn healthz(State(app): State<App>) -> Answer<Readiness> {
    app.catalogue.counts(Viewer::All).await?;
    Ok(Json(Readiness::default()))
}

/// 503 while queues are so long that peers and clients wait, or the database takes nothing.
pub(crate) async fn readyz(State(app): State<App>) -> Result<(StatusCode, Json<Readiness>), RequestError> {
    app.catalogue.counts(Viewer::All).await?;
    let mut readiness = Readiness::default();
    if app.catalogue.queue().is_nearly_full() {
        readiness.lacks("the catalogue does not keep up with announces and messages");
    }
    if app.store.queue().is_nearly_full() {
        readiness.lacks("the database does not keep up, or cannot be written");
    }
    if app.channels.draining.is_cancelled() {
        readiness.lacks("it is being drained, and its peers go on at other nodes");
    }
    if app.links.is_some_and(|links| !links.is_ready()) {
        readiness.lacks("what other nodes know has not come yet");
    }
    Ok((readiness.status(), Json(readiness)))
}

async fn locate(app: &App, asking: Asking, hash: Hash) -> Result<(CatalogueItem, Located), RequestError> {
    let target = Target::InfoHash(info_hash(hash)?);
    let item = app.catalogue.find(target.clone(), asking.viewer.clone()).await??;
    Ok((item, app.catalogue.locate(target, asking).await??))
}

/// Somebody without a session.
fn asking(connection: &Connection, viewer: Viewer, wanted: u32) -> Asking {
    Asking { session: None, viewer, endpoints: connection.endpoints, wanted }
}

fn info_hash(hash: Hash) -> Result<InfoHash, RequestError> {
    let Path(hash) = hash.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    hash.parse().map_err(|_| RequestError::BadHash(hash))
}

/// What a query says, if it makes sense.
fn given<T>(query: Asked<T>) -> Result<T, RequestError> {
    let Query(query) = query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(query)
}

/// Refuses a text that is longer than the channel would carry.
fn check(parameter: &str, text: &str, most: usize) -> Result<(), RequestError> {
    match text.len() > most {
        true => Err(RequestError::BadQuery(format!("`{parameter}` has more than {most} bytes"))),
        false => Ok(()),
    }
}
