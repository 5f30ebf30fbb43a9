//! The files that a .torrent file is made of, or is compared with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    exit::{Exit, Failure},
    output::remark,
};

/// A file of an item.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where it is inside the item; empty when it is the item.
    pub(super) inside: Vec<String>,
    /// Where it is on disk.
    pub(super) path: PathBuf,
    /// Its bytes.
    pub(super) length: u64,
}

/// The files of an item on disk. Symbolic links and what is neither file nor folder are left out, with a remark.
pub(super) fn walk(root: &Path) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    let mut waiting = vec![(root.to_owned(), Vec::new())];
    while let Some((path, inside)) = waiting.pop() {
        // The item itself may be reached through a link; what is inside it may not.
        let kind = if inside.is_empty() { path.metadata() } else { path.symlink_metadata() };
        let kind = kind.map_err(Failure::file("read", &path))?;
        if kind.is_file() {
            found.push(Entry { inside, path, length: kind.len() });
        } else if kind.is_dir() {
            for entry in fs::read_dir(&path).map_err(Failure::file("read", &path))? {
                let entry = entry.map_err(Failure::file("read", &path))?;
                let mut below = inside.clone();
                below.push(utf8_name(&entry.path())?);
                waiting.push((entry.path(), below));
            }
        } else {
            remark(&format!("left out: {} is neither a file nor a folder", path.display()));
        }
    }
    Ok(found)
}

/// The last component of a path, which must be UTF-8 in a torrent.
pub(super) fn utf8_name(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    name.ok_or_else(|| {
        Failure::told(Exit::Failed, format!("{} has no name in UTF-8: rename it", path.display()))
    })
}
