//! Names that can be stored safely on every system, and paths that go together.

use std::collections::BTreeMap;

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
    match name
        .chars()
        .find(|char| matches!(char, '/' | '\\') || char.is_control())
    {
        Some(char) => Err(NameFault::Character(char)),
        None if is_device(name) => Err(NameFault::Reserved),
        None => Ok(()),
    }
}

/// Whether Windows would open a device under this name, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end();
    let numbered = |prefix: &str| {
        stem.get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && matches!(
                stem.get(3..),
                Some("0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9")
            )
    };
    let plain = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    plain.iter().any(|device| stem.eq_ignore_ascii_case(device)) || numbered("com") || numbered("lpt")
}

/// Reads one path component from a torrent.
pub(super) fn read_name(bytes: &[u8]) -> Result<String, MetainfoError> {
    let refused = |fault| MetainfoError::Name {
        name: String::from_utf8_lossy(bytes).into_owned(),
        fault,
    };
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
    let mut seen: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.pad && !file.path.is_empty()) {
        let whole = shown(&file.path);
        let fault = match item.len() + 1 + whole.len() {
            _ if file.path.len() > MAX_DEPTH => Some(NameFault::TooDeep),
            length if length > MAX_PATH => Some(NameFault::TooLong),
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(MetainfoError::Name { name: whole, fault });
        }
        let ends = whole.match_indices('/').map(|(end, _)| (end, true));
        for (end, is_folder) in ends.chain([(whole.len(), false)]) {
            let part = whole.get(..end).unwrap_or_default();
            match seen.get(&part.to_lowercase()) {
                Some((first, was_folder)) if first != part || !is_folder || !was_folder => {
                    return Err(MetainfoError::Conflict {
                        first: first.clone(),
                        second: whole,
                    });
                }
                Some(_) => {}
                None => {
                    seen.insert(part.to_lowercase(), (part.to_owned(), is_folder));
                }
            }
        }
    }
    check_links(files, &seen)
}

fn check_links(files: &[File], seen: &BTreeMap<String, (String, bool)>) -> Result<(), MetainfoError> {
    let links: BTreeMap<&[String], &[String]> = files
        .iter()
        .filter_map(|file| Some((file.path.as_slice(), file.symlink.as_deref()?)))
        .collect();
    for (path, target) in &links {
        let exists = seen
            .get(&shown(target).to_lowercase())
            .is_some_and(|(name, _)| *name == shown(target));
        let reason = if path.starts_with(target) {
            "a folder it lies in, or itself"
        } else if links.contains_key(target) {
            "which is a link too"
        } else if !exists {
            "which the item does not have"
        } else {
            continue;
        };
        return Err(MetainfoError::Symlink {
            path: shown(path),
            target: shown(target),
            reason,
        });
    }
    Ok(())
}
