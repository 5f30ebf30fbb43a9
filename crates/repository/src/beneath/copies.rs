//! Copying, where a file can be neither moved nor linked.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use super::{Directory, FILE_MODE, rename_without_replacing};
use crate::error::{DiskError, Result};

/// Bytes that are copied or compared at once.
const STEP: usize = 1 << 20;

/// Whether linking failed because of another file system, or one without hard links.
pub(crate) fn cannot_link(error: &DiskError) -> bool {
    let code = error.io().raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::XDEV | Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK))
}

/// Whether two files have the same bytes.
pub(crate) fn have_same_bytes(one: &File, other: &File) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut here, mut there) = (vec![0; STEP], vec![0; STEP]);
    let mut at = 0;
    loop {
        let read = one.read_at(&mut here, at)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact_at(&mut there[..read], at)?;
        if here[..read] != there[..read] {
            return Ok(false);
        }
        at += read as u64;
    }
}

impl Directory {
    /// Copies a file to `to` beneath this folder, durably and with its permissions and its time of modification: under
    /// a hidden name first, then by a rename that replaces nothing.
    pub(crate) fn copy_new(&self, from: &File, to: &Path) -> Result<()> {
        let (parent, name) = self.parent_of(to)?;
        // The name is always the same, so that the next copy removes what a killed process left.
        let hidden = OsString::from(".peerpool-part");
        parent.remove_file(Path::new(&hidden))?;
        let copied = parent.copy_hidden(from, Path::new(&hidden)).and_then(|()| {
            let renamed = rename_without_replacing(&parent, &hidden, &parent, &name);
            renamed.map_err(self.failed("put the finished file at", to))
        });
        if copied.is_err() {
            // The copy has failed already; a leftover is hidden.
            let _ = parent.remove_file(Path::new(&hidden));
        }
        copied?;
        parent.sync()
    }

    fn copy_hidden(&self, from: &File, to: &Path) -> Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let copy = self.resolve(to, flags, Mode::from_raw_mode(FILE_MODE));
        let mut copy = File::from(copy.map_err(self.failed("create", to))?);
        let copied = (|| {
            let mut buffer = vec![0; STEP];
            let mut at = 0;
            loop {
                let read = from.read_at(&mut buffer, at)?;
                if read == 0 {
                    break;
                }
                copy.write_all(&buffer[..read])?;
                at += read as u64;
            }
            let found = from.metadata()?;
            copy.set_permissions(found.permissions())?;
            copy.set_modified(found.modified()?)?;
            copy.sync_all()
        })();
        copied.map_err(self.failed("copy the finished file to", to))
    }
}
