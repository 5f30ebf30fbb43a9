//! Brings a file or a folder from elsewhere into the repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    beneath::Directory,
    error::DiskError,
    repository::{RepositoryError, STATE_FOLDER},
    scan,
};

/// The name under which `path` stands in the repository; copied there if it lies elsewhere. A copy is made under
/// `.peerpool` and moved when it is whole, so that no half copy is shared. On file systems that can, it shares the
/// original's blocks.
pub(crate) fn bring_in(root: &Directory, path: &Path) -> Result<String, RepositoryError> {
    let refused = |reason| RepositoryError::Name { name: path.display().to_string(), reason };
    // A bare name of something in the repository means that.
    let inside = root.path().join(path);
    let path =
        if path.components().count() == 1 && fs::symlink_metadata(&inside).is_ok() { &inside } else { path };
    let path = path.canonicalize().map_err(|error| DiskError::new("find", path, error))?;
    let name =
        path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refused("its name is not UTF-8"))?;
    if scan::is_hidden(name) {
        return Err(refused("names that begin with a dot are hidden"));
    }
    let home = root.path().canonicalize().map_err(|error| DiskError::new("find", root.path(), error))?;
    if path.parent() == Some(&home) {
        return Ok(name.to_owned());
    }
    if path.starts_with(&home) || home.starts_with(&path) {
        return Err(refused(
            "it lies inside the repository, or around it: share the top-level file or folder",
        ));
    }
    if root.exists(Path::new(name))? {
        return Err(refused("the repository has an item of that name already: rename one of them"));
    }
    let staging = PathBuf::from(STATE_FOLDER).join("incoming");
    root.remove_tree(&staging)?;
    let folder = root.create_private_folder(&staging)?;
    let copied = copy(&path, &folder.path().join(name)).map_err(|error| DiskError::new("copy", &path, error));
    let moved = copied.and_then(|()| folder.sync_file_system());
    let moved = moved.and_then(|()| folder.move_new(Path::new(name), root, Path::new(name)));
    let removed = root.remove_tree(&staging);
    moved?;
    removed?;
    Ok(name.to_owned())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_file() {
        fs::copy(from, to).map(drop)
    } else if kind.is_dir() {
        fs::create_dir(to)?;
        fs::read_dir(from)?.try_for_each(|entry| {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))
        })
    } else {
        // Links and special files are no part of an item; the next refresh of the original would say so.
        tracing::warn!(path = %from.display(), "neither a file nor a folder: not copied");
        Ok(())
    }
}
