//! The folders that a repository keeps for itself.

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

/// Where data on its way is kept when the folder of state lies on another file system.
const BESIDE: &str = ".peerpool-work";

/// Modes that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// Makes sure that nobody else can write to the folder of state. Refuses one that another user made. True when others may
/// write all the same: some file systems have no permissions.
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
    // Where it fails, the look after it tells.
    let _ = rustix::fs::fchmod(state, Mode::from_raw_mode(0o700));
    Ok(stat(state)?.st_mode & OTHERS_WRITE != 0)
}

/// The folder in which downloads and copies are made: one from which a finished one can be renamed into the repository.
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
    // Where nothing can be put into the repository as it is, who tries hears why.
    state.again()
}
