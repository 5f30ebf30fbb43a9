//! The v1 part of an info dictionary (BEP 3, BEP 47).

use crate::{
    bencode::{Limits, Reader},
    id::Sha1Hash,
};

use super::{
    File, MetainfoError,
    attributes::Attributes,
    fields::{Fields, Location},
    names::read_name,
};

/// The item's name; `name.utf-8` is how some old clients wrote what `name` has in another encoding.
pub(super) fn name(info: &Fields<'_, '_>) -> Result<String, MetainfoError> {
    let bytes = match info.bytes("name.utf-8")? {
        Some(bytes) => bytes,
        None => info.required("name")?.as_bytes().ok_or_else(|| info.invalid("name", "a string"))?,
    };
    read_name(bytes)
}

/// The entries of a v1 item in their order, pads included; `files` is the list of that name.
pub(super) fn files(info: &Fields<'_, '_>, files: Option<&[u8]>) -> Result<Vec<File>, MetainfoError> {
    let Some(files) = files else {
        let attributes = Attributes::read(info)?;
        return Ok(vec![File { path: Vec::new(), length: info.size("length")?, ..attributes.file() }]);
    };
    if info.get("length").is_some() {
        return Err(info.invalid("length", "allowed beside `files`"));
    }
    let mut list = Reader::new(files, Limits::TORRENT);
    if !list.at_list() {
        return Err(info.invalid("files", "a list"));
    }
    let mut entries = Vec::new();
    let mut offset = 0u64;
    list.list(|list| {
        let value = list.value()?;
        let entry = Fields::ordered(&value, Location::Entry(entries.len()))?;
        let file = File { offset, ..file(&entry)? };
        offset = offset.saturating_add(file.length);
        entries.push(file);
        Ok::<_, MetainfoError>(())
    })?;
    Ok(entries)
}

fn file(entry: &Fields<'_, '_>) -> Result<File, MetainfoError> {
    let attributes = Attributes::read(entry)?;
    if attributes.pad {
        return Ok(File::pad(entry.size("length")?));
    }
    let key = if entry.get("path.utf-8").is_some() { "path.utf-8" } else { "path" };
    let length = if attributes.is_link() { 0 } else { entry.size("length")? };
    Ok(File { path: entry.path(key)?, length, ..attributes.file() })
}

/// The piece hashes.
pub(super) fn pieces(info: &Fields<'_, '_>) -> Result<Vec<Sha1Hash>, MetainfoError> {
    let expected = "a string of SHA-1 hashes, 20 bytes each";
    match info.required("pieces")?.as_bytes().map(<[u8]>::as_chunks::<20>) {
        Some((hashes, [])) => Ok(hashes.iter().copied().map(Sha1Hash).collect()),
        _ => Err(info.invalid("pieces", expected)),
    }
}
