//! The folder of the pools' files.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use peerpool_tls::private_file;

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
    private_file::create_folder(folder).map_err(MembershipError::disk("make", folder))?;
    let path = folder.join("lock");
    let locked = OpenOptions::new().create(true).truncate(false).write(true).open(&path).and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    locked.map_err(MembershipError::disk("lock", &path))
}
