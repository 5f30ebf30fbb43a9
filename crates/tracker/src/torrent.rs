//! `.torrent` files and magnet links of items, for stock clients.

use std::fmt::Write as _;

use axum::{
    extract::{Extension, Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use peerpool_wire::{
    channel::CatalogueItem,
    metainfo::{Kind, Metainfo},
};
use serde::Deserialize;

use crate::{
    app::App,
    connection::Connection,
    files,
    onlooker::Onlooker,
    request_error::{RequestError, item_target},
    viewer::Seen,
};

/// How an item is to be described.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormQuery {
    form: Option<Form>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// For clients that know v1 alone (docs/protocol.md, "The v1 form").
    V1,
}

type FormResult = Result<Query<FormQuery>, QueryRejection>;

/// `GET /items/{hash}.torrent`: the item's metainfo, naming this tracker and the other nodes of the pool.
pub(crate) async fn torrent_file(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Seen(viewer): Seen,
    onlooker: Onlooker,
    Path(file): Path<String>,
    query: FormResult,
    headers: HeaderMap,
) -> Result<Response, RequestError> {
    let hash = file.strip_suffix(".torrent").ok_or(RequestError::NoSuchPath)?;
    let item = app.catalogue.find(item_target(hash)?, viewer).await??;
    let metainfo = metainfo_of(&app, &onlooker, &item, form(query)?).await?;
    let torrent = metainfo.to_torrent(&[announce_urls(&app, &headers, &connection)]);
    let disposition = format!("attachment; filename*=UTF-8''{}.torrent", percent_encode(&item.name));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-bittorrent")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, torrent).into_response())
}

/// `GET /items/{hash}/magnet`: the item's magnet link, naming the same.
pub(crate) async fn magnet(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    Seen(viewer): Seen,
    onlooker: Onlooker,
    Path(hash): Path<String>,
    query: FormResult,
    headers: HeaderMap,
) -> Result<String, RequestError> {
    let mut item = app.catalogue.find(item_target(&hash)?, viewer).await??;
    let form = form(query)?;
    if form.is_some() {
        item.info_hash = metainfo_of(&app, &onlooker, &item, form).await?.info.hash();
    }
    Ok(magnet_of(&item, &announce_urls(&app, &headers, &connection)))
}

fn form(query: FormResult) -> Result<Option<Form>, RequestError> {
    let Query(query) = query.map_err(|error| RequestError::BadQuery(error.body_text()))?;
    Ok(query.form)
}

/// An item's metainfo in the form that is wanted; a v1-only item is its own v1 form.
async fn metainfo_of(
    app: &App,
    onlooker: &Onlooker,
    item: &CatalogueItem,
    form: Option<Form>,
) -> Result<Metainfo, RequestError> {
    onlooker.check_get(item.info_hash).await??;
    let metainfo = files::metainfo(&app.catalogue, &app.store, item.info_hash).await??;
    match (form, metainfo.info.kind()) {
        (Some(Form::V1), Kind::V2) => Err(RequestError::NoV1Form(item.info_hash)),
        (Some(Form::V1), Kind::Hybrid) => metainfo.v1_form().ok_or(RequestError::NoV1Form(item.info_hash)),
        _ => Ok(metainfo),
    }
}

/// Where the asking client reaches this tracker, as it does now, and after it the other nodes: one tier (BEP 12), of which
/// a client asks the next one when one does not answer.
pub(crate) fn announce_urls(app: &App, headers: &HeaderMap, connection: &Connection) -> Vec<String> {
    let all = hosts_of(app, headers, connection).into_iter();
    all.map(|host| format!("http://{host}/announce")).collect()
}

/// The name or address, with the port, by which the asking client reaches this tracker, and those of the other nodes.
pub(crate) fn hosts_of(app: &App, headers: &HeaderMap, connection: &Connection) -> Vec<String> {
    [host_of(headers, connection)].into_iter().chain(app.channels.named_nodes()).collect()
}

/// The name or address, with the port, by which the asking client reaches this tracker.
pub(crate) fn host_of(headers: &HeaderMap, connection: &Connection) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match host.filter(|host| is_plain(host)) {
        Some(host) => host.to_owned(),
        None => connection.local.to_string(),
    }
}

/// Letters, digits and what an address with a port needs: nothing that could mean more inside a link.
fn is_plain(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

/// A magnet link (BEP 9; BEP 52 for `btmh`: a multihash of SHA-256).
pub(crate) fn magnet_of(item: &CatalogueItem, announce: &[String]) -> String {
    let topics = [
        item.info_hash.v1().map(|hash| format!("xt=urn:btih:{hash}")),
        item.info_hash.v2().map(|hash| format!("xt=urn:btmh:1220{hash}")),
        Some(format!("dn={}", percent_encode(&item.name))),
    ];
    let trackers = announce.iter().map(|url| format!("tr={}", percent_encode(url)));
    let topics: Vec<String> = topics.into_iter().flatten().chain(trackers).collect();
    format!("magnet:?{}", topics.join("&"))
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
