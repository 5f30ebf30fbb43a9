//! The v2 part of an info dictionary: the `file tree` (BEP 52).

use crate::{
    bencode::{Limits, Reader, Value},
    geometry::GeometryError,
    id::Sha256Hash,
};

use super::{
    File, MetainfoError,
    attributes::Attributes,
    fields::{Fields, Location},
    names,
};

/// The files of the `file tree` in its order, with paths below the tree's root and offsets still to be given.
pub(super) fn files(tree: &[u8]) -> Result<Vec<File>, MetainfoError> {
    let mut files = Vec::new();
    folder(&mut Reader::new(tree, Limits::TORRENT), &mut Vec::new(), &mut files)?;
    Ok(files)
}

/// Recursion is bounded by the depth that the bencoding may have.
fn folder(tree: &mut Reader<'_>, path: &mut Vec<String>, files: &mut Vec<File>) -> Result<(), MetainfoError> {
    if !tree.at_dict() {
        return Err(MetainfoError::Invalid {
            at: Location::Tree(path).to_string(),
            expected: "a dictionary",
        });
    }
    // A file is a folder whose one child has no name.
    let (mut children, mut is_file) = (0, false);
    let sorted = tree.dict(|tree, key| {
        children += 1;
        is_file |= key.is_empty();
        if is_file && (children > 1 || path.is_empty()) {
            let path = names::shown(path);
            return Err(MetainfoError::Conflict { first: path.clone(), second: format!("{path}/…") });
        }
        if is_file {
            files.push(file(&tree.value()?, path)?);
            return Ok(());
        }
        path.push(names::read_name(key)?);
        folder(tree, path, files)?;
        path.pop();
        Ok(())
    })?;
    if sorted { Ok(()) } else { Err(MetainfoError::Unordered { at: Location::Tree(path).to_string() }) }
}

fn file(leaf: &Value<'_>, path: &[String]) -> Result<File, MetainfoError> {
    let leaf = Fields::ordered(leaf, Location::Tree(path))?;
    let attributes = Attributes::read(&leaf)?;
    if attributes.pad {
        return Err(leaf.invalid("attr", "allowed to be `p`: a v2 file tree has no pads"));
    }
    let length = if attributes.is_link() { 0 } else { leaf.size("length")? };
    let root = if length == 0 { None } else { Some(root(&leaf)?) };
    Ok(File { path: path.to_vec(), length, root, ..attributes.file() })
}

fn root(leaf: &Fields<'_, '_>) -> Result<Sha256Hash, MetainfoError> {
    leaf.required("pieces root")?
        .as_bytes()
        .and_then(Sha256Hash::from_slice)
        .filter(|root| root.0 != [0; 32])
        .ok_or_else(|| leaf.invalid("pieces root", "a SHA-256 hash of 32 bytes, not all of them zero"))
}

/// Lays the files of a v2-only item out in its piece space: each fills whole pieces, with a pad behind it where it does
/// not. The last one too, since libtorrent before 2.0.13 asks for its last piece whole.
pub(super) fn lay_out(files: Vec<File>, piece_length: u32) -> Result<Vec<File>, MetainfoError> {
    let mut laid = Vec::with_capacity(files.len());
    let mut start = 0u64;
    for file in files {
        let end = start.checked_add(file.length).ok_or(GeometryError::Overflow)?;
        laid.push(File { offset: start, ..file });
        start = end.checked_next_multiple_of(u64::from(piece_length)).ok_or(GeometryError::Overflow)?;
        if start > end {
            laid.push(File { offset: end, ..File::pad(start - end) });
        }
    }
    Ok(laid)
}
