//! The folders of a repository's own state.

use std::path::Path;

use rustix::{
    fs::{Mode, RenameFlags},
    io::Errno,
    process::geteuid,
};

use crate::{
    beneath::Directory,
    error::{DiskError, Fault, Result},
    repository::RepositoryError,
};

/// Where unfinished data goes when the state folder is on another file system.
const BESIDE: &str = ".peerpool-work";

/// Mode bits that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// Makes sure that nobody else can write to the state folder, and refuses one that another user made. Returns whether
/// others may write all the same: some file systems have no permissions.
pub(crate) fn make_private(root: &Directory, state: &Directory) -> Result<bool, RepositoryError> {
    let stat =
        |folder: &Directory| rustix::fs::fstat(folder).map_err(DiskError::on("look at", folder.path()));
    let (found, around) = (stat(state)?, stat(root)?);
    let ours = [geteuid().as_raw(), around.st_uid, 0];
    if !ours.contains(&found.st_uid) {
        return Err(RepositoryError::ForeignState { path: state.path().to_owned(), owner: found.st_uid });
    }
    if found.st_mode & OTHERS_WRITE == 0 {
        return Ok(false);
    }
    // If this fails, the check below reports it.
    let _ = rustix::fs::fchmod(state, Mode::from_raw_mode(0o700));
    Ok(stat(state)?.st_mode & OTHERS_WRITE != 0)
}

/// The folder for downloads and copies, from which finished ones can be renamed into the repository.
pub(crate) fn work_folder(root: &Directory, state: &Directory) -> Result<Directory> {
    let probe = Path::new(".peerpool-probe");
    state.remove_whatever(probe)?;
    drop(state.create_private_folder(probe)?);
    let moved = rustix::fs::renameat_with(state, probe, root, probe, RenameFlags::empty());
    let _ = state.remove_whatever(probe);
    match moved {
        Ok(()) => root.remove_whatever(probe)?,
        Err(Errno::XDEV) => match root.create_private_folder(Path::new(BESIDE)) {
            Err(error) if error.fault() == Fault::Denied => {}
            beside => return beside,
        },
        Err(_) => {}
    }
    // If nothing can be created in the repository, whoever tries gets the error.
    state.again()
}
