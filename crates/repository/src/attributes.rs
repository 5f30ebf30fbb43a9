//! A file's attributes that a torrent records: executable, and the time of modification. Not every file system keeps
//! them.

use std::{
    fs::File,
    io,
    os::unix::fs::PermissionsExt,
    time::{Duration, SystemTime},
};

use rustix::io::Errno;

use crate::error::{DiskError, Result};

/// Makes a file executable for everybody who may read it.
pub(crate) fn make_executable(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    file.set_permissions(permissions)
}

/// Whether its owner may execute a file.
pub(crate) fn is_executable(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
}

/// Sets the time of the last modification, in seconds since 1970. Ignores a time that the system cannot represent.
pub(crate) fn set_modified(file: &File, seconds: i64) -> io::Result<()> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = match seconds {
        0.. => SystemTime::UNIX_EPOCH.checked_add(distance),
        _ => SystemTime::UNIX_EPOCH.checked_sub(distance),
    };
    time.map_or(Ok(()), |time| file.set_modified(time))
}

/// Whether the file system did what not every one can do. Only other failures are errors.
pub(crate) fn is_kept(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(error) if is_beyond_it(&error) => {
            tracing::warn!(%error, "the file system cannot keep this attribute");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn is_beyond_it(error: &DiskError) -> bool {
    let code = error.io().raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL))
}
