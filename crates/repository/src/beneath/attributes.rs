//! Permissions of an entry, and the target of a symbolic link.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
    path::Path,
};

use rustix::{
    fs::{Access, AtFlags, Mode},
    io::Errno,
};

use super::{Directory, plain};
use crate::error::Result;

/// The permissions of a file that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permissions {
    /// Its owner may execute it.
    pub(crate) executable: bool,
    /// Everybody may read it.
    pub(crate) readable_by_all: bool,
}

impl Directory {
    /// What the permissions of a name say; symbolic links are not followed.
    pub(crate) fn permissions(&self, name: &OsStr) -> Result<Permissions> {
        let path = Path::new(name);
        let stat = rustix::fs::statat(&self.handle, plain(path)?, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(self.failed("look at", path))?;
        let mode = Mode::from_raw_mode(stat.st_mode);
        Ok(Permissions {
            executable: mode.contains(Mode::XUSR),
            readable_by_all: mode.contains(Mode::RUSR | Mode::RGRP | Mode::ROTH),
        })
    }

    /// Refuses a file that this process may not read.
    pub(crate) fn ensure_readable(&self, name: &OsStr) -> Result<()> {
        let path = Path::new(name);
        rustix::fs::accessat(&self.handle, plain(path)?, Access::READ_OK, AtFlags::empty())
            .map_err(self.failed("read", path))
    }

    /// The text of the symbolic link of that name.
    pub(crate) fn read_link(&self, name: &OsStr) -> Result<OsString> {
        let path = Path::new(name);
        let text = rustix::fs::readlinkat(&self.handle, plain(path)?, Vec::new())
            .map_err(self.failed("read the link", path))?;
        Ok(OsString::from_vec(text.into_bytes()))
    }

    /// Creates a symbolic link with this text at `path`, and the folders that lead there. Replaces nothing; it is no
    /// error when the same link is there already.
    pub(crate) fn make_link(&self, path: &Path, text: &Path) -> Result<()> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.create_folder(parent)?;
        }
        let (parent, name) = self.parent_of(path)?;
        match rustix::fs::symlinkat(text, &parent.handle, &name) {
            Err(Errno::EXIST) if parent.read_link(&name).is_ok_and(|there| there == text) => Ok(()),
            made => made.map_err(self.failed("make the link", path)),
        }
    }
}
