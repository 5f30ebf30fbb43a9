//! The folder of the pools' files.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::{MembershipError, file};

/// The pools' files; none where there is no folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, MembershipError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(MembershipError::disk("read", folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(MembershipError::disk("read", folder))?.path();
        if file::is_one(&path) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Keeps others from changing what is in the folder, which it makes, until the file is let go of.
pub(super) fn lock(folder: &Path) -> Result<File, MembershipError> {
    create(folder).map_err(MembershipError::disk("make", folder))?;
    let path = folder.join("lock");
    let locked = OpenOptions::new().create(true).truncate(false).write(true).open(&path).and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    locked.map_err(MembershipError::disk("lock", &path))
}

#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Has a change of the folder survive a power cut.
#[cfg(unix)]
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
