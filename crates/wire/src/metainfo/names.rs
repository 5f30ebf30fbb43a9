//! Names that can be stored safely on every system, and paths that go together.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry as Slot},
};

use super::{File, MetainfoError, NameFault};

/// Longest path component in bytes.
pub const MAX_NAME: usize = 255;

/// Longest path in bytes, the item's name and separators included.
pub const MAX_PATH: usize = 3072;

/// Most components of a path, the item's name not counted.
pub const MAX_DEPTH: usize = 90;

/// Checks one path component.
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
    match name.chars().find(|char| matches!(char, '/' | '\\') || char.is_control()) {
        Some(char) => Err(NameFault::Character(char)),
        None if is_device(name) => Err(NameFault::Reserved),
        None => Ok(()),
    }
}

/// Whether Windows would open a device under this name, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end();
    let numbered = |prefix: &str| {
        stem.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && matches!(stem.get(3..), Some("0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
    };
    let plain = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    plain.iter().any(|device| stem.eq_ignore_ascii_case(device)) || numbered("com") || numbered("lpt")
}

/// Reads one path component from a torrent.
pub(super) fn read_name(bytes: &[u8]) -> Result<String, MetainfoError> {
    let refused = |fault| MetainfoError::Name { name: String::from_utf8_lossy(bytes).into_owned(), fault };
    let name = str::from_utf8(bytes).map_err(|_| refused(NameFault::NotUtf8))?;
    check_name(name).map_err(refused)?;
    Ok(name.to_owned())
}

/// A path as text, for messages.
pub(super) fn shown(path: &[String]) -> String {
    path.join("/")
}

/// Checks that the paths of an item can exist beside one another on a file system that does not tell upper from
/// lower case, and that links stay inside the item and lead to something that is no link.
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
    check_links(files, &paths)
}

/// The files and folders of an item, each by its folder and its name in lower case.
#[derive(Default)]
struct Paths<'f> {
    entries: BTreeMap<(usize, Cow<'f, str>), Entry<'f>>,
}

struct Entry<'f> {
    id: usize,
    name: &'f str,
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
            match self.entries.entry((folder, lower_case(name))) {
                Slot::Vacant(slot) => {
                    slot.insert(Entry { id, name, is_folder });
                    folder = id;
                }
                Slot::Occupied(slot) if slot.get().name == *name && is_folder && slot.get().is_folder => {
                    folder = slot.get().id;
                }
                Slot::Occupied(slot) => {
                    let mut first = path[..depth].to_vec();
                    first.push(slot.get().name.to_owned());
                    return Err(MetainfoError::Conflict { first: shown(&first), second: shown(path) });
                }
            }
        }
        Ok(())
    }

    fn contains(&self, path: &'f [String]) -> bool {
        let found = path.iter().try_fold(TOP, |folder, name| {
            let entry = self.entries.get(&(folder, lower_case(name)))?;
            (entry.name == *name).then_some(entry.id)
        });
        found.is_some()
    }
}

fn lower_case(name: &str) -> Cow<'_, str> {
    match name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(name.to_lowercase()),
    }
}

fn check_links<'f>(files: &'f [File], paths: &Paths<'f>) -> Result<(), MetainfoError> {
    let links: BTreeMap<&[String], &[String]> =
        files.iter().filter_map(|file| Some((file.path.as_slice(), file.symlink.as_deref()?))).collect();
    for (path, target) in &links {
        let reason = if path.starts_with(target) {
            "a folder it lies in, or itself"
        } else if links.contains_key(target) {
            "which is a link too"
        } else if !paths.contains(target) {
            "which the item does not have"
        } else {
            continue;
        };
        return Err(MetainfoError::Symlink { path: shown(path), target: shown(target), reason });
    }
    Ok(())
}
