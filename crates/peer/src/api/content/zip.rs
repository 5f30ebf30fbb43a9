//! A folder as one archive, file after file as they arrive.

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use peerpool_api::{Code, ZipQuery};
use peerpool_repository::Wanted;
use peerpool_wire::{id::InfoHash, metainfo::Info};

use super::{common, kind, metainfo, put, reader::Reader};
use crate::{
    api::{App, refusal::Refusal},
    zip::{Archive, Entry},
};

/// How the name of an archive ends.
pub(in crate::api) const ENDING: &str = ".zip";

/// What is under a folder of an item, or all of it. Links, and files that nobody asked for, are left out.
pub(in crate::api) async fn zip(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<ZipQuery>,
) -> Result<Response, Refusal> {
    let unknown = || Refusal::new(Code::NotFound, "there is nothing at this path: see /api/v1/openapi.json");
    let item: InfoHash = name.strip_suffix(ENDING).and_then(|hash| hash.parse().ok()).ok_or_else(unknown)?;
    let item = app.node(move |node| node.identify(&item)).await?;
    let metainfo = metainfo(&app, item).await?;
    let wanted = app.node(move |node| node.readable(&item)).await?;
    let info = &metainfo.info;
    let under = query.under.unwrap_or_default();
    let files = Files::below(info, &under, &wanted);
    let (Some(first), Some(last)) = (files.offsets.first(), files.offsets.last()) else {
        let detail = format!("`{}` has no files under `{under}`", info.name());
        return Err(Refusal::new(Code::NotFound, detail));
    };
    let end = files.archive.entries().last().map_or(*last, |entry| last + entry.length);
    let reader = Reader::new(&app, item, *first..end).await?;
    let length = files.archive.length();
    let writing =
        Writing { files, reader, crc: crc32fast::Hasher::new(), crcs: Vec::new(), next: Part::Header };
    let bytes = stream::try_unfold(writing, async |mut writing| {
        let next = writing.next().await?;
        Ok::<_, std::io::Error>(next.map(|bytes| (bytes, writing)))
    });
    let mut response = Response::new(Body::from_stream(bytes));
    let headers = response.headers_mut();
    let folder = under.trim_matches('/').rsplit('/').next().filter(|name| !name.is_empty());
    let name = format!("{}{ENDING}", folder.unwrap_or(info.name()));
    put(headers, header::CONTENT_LENGTH, length.to_string());
    put(headers, header::CONTENT_DISPOSITION, kind::disposition(&name, false));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    common(headers);
    Ok(response)
}

/// What an archive has, and where it lies in the piece space.
struct Files {
    archive: Archive,
    offsets: Vec<u64>,
}

impl Files {
    fn below(info: &Info, under: &str, wanted: &Wanted) -> Self {
        let under: Vec<&str> = under.split('/').filter(|part| !part.is_empty()).collect();
        // The folder itself is the first part of each name.
        let above = under.len().saturating_sub(1);
        let top = if under.is_empty() { Some(info.name()) } else { None };
        let (mut entries, mut offsets) = (Vec::new(), Vec::new());
        for (index, file) in info.files().iter().enumerate() {
            let is_below =
                file.path.len() >= under.len() && under.iter().zip(&file.path).all(|(a, b)| a == b);
            if !file.is_stored() || !wanted.has_file(index) || !is_below {
                continue;
            }
            let parts = top.into_iter().chain(file.path.iter().skip(above).map(String::as_str));
            entries.push(Entry {
                name: parts.map(safe).collect::<Vec<_>>().join("/"),
                length: file.length,
                executable: file.executable,
            });
            offsets.push(file.offset);
        }
        Self { archive: Archive::new(entries), offsets }
    }
}

/// A name that every program takes for one: some read a backslash as the end of a folder's name.
fn safe(name: &str) -> String {
    name.replace('\\', "_")
}

/// An archive that is being written.
struct Writing {
    files: Files,
    reader: Reader,
    /// Of the file at hand.
    crc: crc32fast::Hasher,
    /// Of those before it.
    crcs: Vec<u32>,
    next: Part,
}

/// What comes next of the file at hand, or behind all of them.
enum Part {
    Header,
    Payload,
    End,
}

impl Writing {
    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        let file = self.crcs.len();
        let (Some(entry), Some(offset)) =
            (self.files.archive.entries().get(file), self.files.offsets.get(file).copied())
        else {
            return Ok(self.last());
        };
        match self.next {
            Part::Header => {
                self.next = Part::Payload;
                self.reader.skip_to(offset);
                Ok(Some(self.files.archive.header(file).into()))
            }
            Part::Payload | Part::End => match self.reader.next_until(offset + entry.length).await? {
                Some(bytes) => {
                    self.crc.update(&bytes);
                    Ok(Some(bytes))
                }
                None => {
                    let crc = std::mem::take(&mut self.crc).finalize();
                    self.crcs.push(crc);
                    self.next = Part::Header;
                    Ok(Some(self.files.archive.descriptor(file, crc).into()))
                }
            },
        }
    }

    /// The directory, once.
    fn last(&mut self) -> Option<Bytes> {
        match std::mem::replace(&mut self.next, Part::End) {
            Part::End => None,
            Part::Header | Part::Payload => Some(self.files.archive.directory(&self.crcs).into()),
        }
    }
}
