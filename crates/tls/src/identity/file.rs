//! Reads the file of a key, which is for its owner alone.

use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use zeroize::Zeroizing;

use super::IdentityError;

/// A key takes 119 bytes; whatever is longer is something else.
const LONGEST: u64 = 1024;

/// Reads the file, if nobody else can.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let failed = |source| IdentityError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    // The open file and not the path: a file may stand elsewhere a moment later.
    check_access(path, &file.metadata().map_err(failed)?)?;
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
    file.take(LONGEST).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

#[cfg(unix)]
fn check_access(path: &Path, metadata: &fs::Metadata) -> Result<(), IdentityError> {
    use std::os::unix::fs::MetadataExt as _;

    let (mode, owner, user) = (metadata.mode() & 0o777, metadata.uid(), rustix::process::geteuid().as_raw());
    if mode & 0o077 != 0 {
        return Err(IdentityError::Exposed { path: path.to_owned(), mode });
    }
    if owner != user {
        return Err(IdentityError::Owner { path: path.to_owned(), owner, user });
    }
    Ok(())
}

/// Elsewhere a user's own folder of data keeps others out.
#[cfg(not(unix))]
fn check_access(_: &Path, _: &fs::Metadata) -> Result<(), IdentityError> {
    Ok(())
}
