//! Names that are safe, and paths that can exist beside one another.
//!
//! Only dangerous names are refused. Whoever fetches an item finds out whether its file system can hold them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry as Slot},
    fmt::Write as _,
};

use super::{File, MetainfoError, NameFault};

/// Longest path component in bytes.
pub const MAX_NAME: usize = 255;

/// Longest path in bytes, the item's name and separators included.
pub const MAX_PATH: usize = 3072;

/// Maximum number of components of a path, the item's name not counted.
pub const MAX_DEPTH: usize = 90;

/// Checks one path component.
///
/// # Errors
///
/// The name is empty, `.` or `..`, too long, or has a slash or NUL.
pub fn check_name(name: &str) -> Result<(), NameFault> {
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    if name == "." || name == ".." {
        return Err(NameFault::Relative);
    }
    if name.len() > MAX_NAME {
        return Err(NameFault::TooLong);
    }
    match name.chars().find(|char| matches!(char, '/' | '\0')) {
        Some(char) => Err(NameFault::Character(char)),
        None => Ok(()),
    }
}

/// Reads one path component from a torrent. What is not UTF-8 (BEP 3 demands it, old programs wrote other encodings)
/// is read as `%` and the byte in hexadecimal.
pub(super) fn read_name(bytes: &[u8]) -> Result<String, MetainfoError> {
    let name = text(bytes);
    match check_name(&name) {
        Ok(()) => Ok(name.into_owned()),
        Err(fault) => Err(MetainfoError::Name { name: name.into_owned(), fault }),
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(name) = str::from_utf8(bytes) {
        return Cow::Borrowed(name);
    }
    let mut name = String::new();
    for chunk in bytes.utf8_chunks() {
        name.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to memory does not fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    Cow::Owned(name)
}

/// A path as text, for messages.
pub(super) fn shown(path: &[String]) -> String {
    path.join("/")
}

/// Checks that the paths of an item can exist beside one another.
pub(super) fn check_paths(item: &str, files: &[File]) -> Result<(), MetainfoError> {
    let mut paths = Paths::default();
    for file in files.iter().filter(|file| !file.pad && !file.path.is_empty()) {
        let length = file.path.iter().fold(item.len(), |length, component| length + 1 + component.len());
        let fault = match length {
            _ if file.path.len() > MAX_DEPTH => Some(NameFault::TooDeep),
            length if length > MAX_PATH => Some(NameFault::TooLong),
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(MetainfoError::Name { name: shown(&file.path), fault });
        }
        paths.insert(&file.path)?;
    }
    Ok(())
}

/// The files and folders of an item, each by its folder and its name.
#[derive(Default)]
struct Paths<'f> {
    entries: BTreeMap<(usize, &'f str), Entry>,
}

struct Entry {
    id: usize,
    is_folder: bool,
}

/// Stands for the item's own folder; the others are numbered from 1.
const TOP: usize = 0;

impl<'f> Paths<'f> {
    fn insert(&mut self, path: &'f [String]) -> Result<(), MetainfoError> {
        let mut folder = TOP;
        for (depth, name) in path.iter().enumerate() {
            let is_folder = depth + 1 < path.len();
            let id = self.entries.len() + 1;
            match self.entries.entry((folder, name)) {
                Slot::Vacant(slot) => {
                    slot.insert(Entry { id, is_folder });
                    folder = id;
                }
                Slot::Occupied(slot) if is_folder && slot.get().is_folder => folder = slot.get().id,
                Slot::Occupied(_) => {
                    return Err(MetainfoError::Conflict {
                        first: shown(&path[..=depth]),
                        second: shown(path),
                    });
                }
            }
        }
        Ok(())
    }
}
