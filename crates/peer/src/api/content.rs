//! The bytes of files, in order, as they arrive.

mod conditions;
mod kind;
mod place;
mod range;
mod reader;
mod zip;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use peerpool_api::Code;
use peerpool_wire::{id::InfoHash, metainfo::Metainfo};
use tokio::time::Instant;

pub(super) use self::zip::{ENDING as ZIP_ENDING, zip};
use self::{
    place::place,
    range::{Part, part},
    reader::Reader,
};
use super::{App, refusal::Refusal};
use crate::node::NodeError;

/// How long a download that begins is waited for …
const BEGINNING: Duration = Duration::from_secs(10);
/// … and the pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// Kept by whoever asked, and asked for anew with its tag.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The whole file of an item that is one file.
pub(super) async fn only_file(
    app: State<App>,
    Path(item): Path<InfoHash>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    file(app, Path((item, String::new())), query, headers).await
}

/// One file of an item.
pub(super) async fn file(
    State(app): State<App>,
    Path((item, path)): Path<(InfoHash, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let item = app.node(move |node| node.identify(&item)).await?;
    let metainfo = metainfo(&app, item).await?;
    let info = &metainfo.info;
    let place = place(info, &path).ok_or_else(|| unknown(&metainfo, &path))?;
    let wanted = app.node(move |node| node.readable(&item)).await?;
    if !wanted.has_file(place.index) {
        let detail = format!("`{path}` is not among the files of `{}` that are fetched", info.name());
        return Err(Refusal::new(Code::NotFound, detail));
    }
    let (offset, length) = (place.file.offset, place.file.length);
    let (tag, name) = (place.tag(&item), place.name(info));
    if conditions::has_already(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let asked = asked.filter(|_| conditions::may_go_on(&headers, &tag));
    let (status, range) = match part(asked, length) {
        Part::Whole => (StatusCode::OK, 0..length),
        Part::Range(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Nothing => return Ok(nothing(length)),
    };
    let reader = Reader::new(&app, item, offset + range.start..offset + range.end).await?;
    let mut response = Response::new(Body::from_stream(bytes_of(reader, offset + range.end)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    put(headers, header::CONTENT_LENGTH, (range.end - range.start).to_string());
    put(headers, header::CONTENT_TYPE, kind::media_type(name).to_owned());
    put(headers, header::CONTENT_DISPOSITION, kind::disposition(name, wants_inline(query.as_deref())));
    put(headers, header::ETAG, tag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    common(headers);
    if status == StatusCode::PARTIAL_CONTENT {
        put(headers, header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1));
    }
    Ok(response)
}

/// What an item consists of that is here or on its way. A download that begins is waited for: a player asks once.
async fn metainfo(app: &App, item: InfoHash) -> Result<Arc<Metainfo>, Refusal> {
    let deadline = Instant::now() + BEGINNING;
    loop {
        match app.node(move |node| node.reading(&item)).await? {
            Ok(reading) => return Ok(reading.item_data.metainfo()),
            Err(NodeError::NotDescribed) if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// What a reader gives until `end`.
fn bytes_of(reader: Reader, end: u64) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(reader, move |mut reader| async move {
        let next = reader.next_until(end).await?;
        Ok(next.map(|bytes| (bytes, reader)))
    })
}

/// The headers of every answer that bears what somebody else made.
fn common(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, kind::POLICY);
    headers.insert(header::CACHE_CONTROL, CACHE);
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    // All of them are made of letters, digits and signs that a header may have.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// Whether `?inline` is among what was asked.
fn wants_inline(query: Option<&str>) -> bool {
    let mut parts = query.unwrap_or_default().split('&');
    parts.any(|part| matches!(part, "inline" | "inline=" | "inline=1" | "inline=true"))
}

fn unknown(metainfo: &Metainfo, path: &str) -> Refusal {
    let name = metainfo.info.name();
    match path {
        "" => Refusal::new(Code::BadRequest, format!("`{name}` is a folder: name one of its files")),
        path => Refusal::new(Code::NotFound, format!("`{name}` has no file `{path}`")),
    }
}

/// RFC 9110, "416 Range Not Satisfiable".
fn nothing(length: u64) -> Response {
    let mut response = Refusal::new(Code::BadRequest, format!("the file has {length} bytes")).into_response();
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    put(response.headers_mut(), header::CONTENT_RANGE, format!("bytes */{length}"));
    response
}
