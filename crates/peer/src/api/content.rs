//! The bytes of files, in order, as they arrive.

mod range;
mod reader;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use peerpool_api::Code;
use peerpool_wire::{id::InfoHash, metainfo::Metainfo};

use self::{
    range::{Part, part},
    reader::Reader,
};
use super::{App, refusal::Refusal};

/// A file in the piece space of its item.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    length: u64,
}

/// The whole file of an item that is one file.
pub(super) async fn only_file(
    app: State<App>,
    Path(item): Path<InfoHash>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    file(app, Path((item, String::new())), headers).await
}

pub(super) async fn file(
    State(app): State<App>,
    Path((item, path)): Path<(InfoHash, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let item = app.node(move |node| node.identify(&item)).await?;
    let reading = app.node(move |node| node.reading(&item)).await??;
    let metainfo = reading.item_data.metainfo();
    let Place { offset, length } = place(&metainfo, &path).ok_or_else(|| unknown(&metainfo, &path))?;
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let (status, range) = match part(asked, length) {
        Part::Whole => (StatusCode::OK, 0..length),
        Part::Range(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Nothing => return Ok(nothing(length)),
    };
    let reader = Reader::new(app, item, offset + range.start..offset + range.end).await?;
    let bytes = stream::try_unfold(reader, async |mut reader| {
        let next = reader.next().await?;
        Ok::<_, std::io::Error>(next.map(|bytes| (bytes, reader)))
    });
    let mut response = Response::new(Body::from_stream(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status == StatusCode::PARTIAL_CONTENT {
        let of = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        headers.extend(HeaderValue::try_from(of).map(|of| (header::CONTENT_RANGE, of)));
    }
    Ok(response)
}

/// The file that a path names; without one, the only file.
fn place(metainfo: &Metainfo, path: &str) -> Option<Place> {
    let info = &metainfo.info;
    let is_named = |components: &[String]| components.join("/") == path;
    let single = info.is_single_file() && (path.is_empty() || path == info.name());
    let mut offset = 0;
    for file in info.files() {
        if !file.pad && (single || is_named(&file.path)) {
            return Some(Place { offset, length: file.length });
        }
        offset += file.length;
    }
    None
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
    let of = HeaderValue::try_from(format!("bytes */{length}"));
    response.headers_mut().extend(of.map(|of| (header::CONTENT_RANGE, of)));
    response
}
