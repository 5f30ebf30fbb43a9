//! Names that nothing has yet.

use std::path::Path;

/// Most numbers that are tried.
const MOST: u32 = 1000;

/// A name like this one that nothing in the folder has: `a (2).txt` for `a.txt`. `None` when very many are taken.
pub fn free_name(folder: &Path, name: &str) -> Option<String> {
    (2..MOST).map(|number| numbered(name, number)).find(|other| !is_taken(folder, other))
}

/// Whether something of this name, of any kind, is in the folder.
pub fn is_taken(folder: &Path, name: &str) -> bool {
    folder.join(name).symlink_metadata().is_ok()
}

/// `a.txt` and 2 make `a (2).txt`.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem} ({number}).{extension}"),
        _ => format!("{name} ({number})"),
    }
}
