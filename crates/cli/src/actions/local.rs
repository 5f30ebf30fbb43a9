//! Paths that lead into the repository.

use std::{fs, path::Path};

/// The name in the repository that a path means: one from the current folder, or an absolute one. It need not exist.
pub(super) fn name_in(repository: &Path, text: &str) -> Option<String> {
    if !text.contains('/') {
        return None;
    }
    let path = std::path::absolute(text).ok()?;
    let inside = path.parent()?.canonicalize().ok()? == repository.canonicalize().ok()?;
    path.file_name().filter(|_| inside)?.to_str().map(str::to_owned)
}

/// The name that a path to something that is there means, through links on the way, too.
pub(super) fn existing_in(repository: &Path, text: &str) -> Option<String> {
    let path = fs::canonicalize(text).ok().filter(|_| text.contains('/'))?;
    let name = path.strip_prefix(repository.canonicalize().ok()?).ok()?;
    name.to_str().filter(|name| !name.is_empty()).map(str::to_owned)
}
