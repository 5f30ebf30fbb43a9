//! Errors on disk, with the path, the cause and what to do.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// The result of an operation on disk.
pub type Result<T, E = DiskError> = std::result::Result<T, E>;

/// An operation on a path that the operating system refused.
#[derive(Debug)]
pub struct DiskError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Kinds of disk errors. Each needs something else from the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No space or no quota is left, or the file would grow over a limit.
    Full,
    /// The process or the system has no file handle left.
    NoFileHandles,
    /// The file system is read-only or denies access.
    Denied,
    /// The path does not exist.
    Missing,
    /// A path led through a symbolic link, or out of its folder.
    Escapes,
    /// The device failed, or anything else.
    Other,
}

impl DiskError {
    /// An error of `doing` (as in "cannot `read`") on `path`.
    pub fn new(doing: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self { doing, path: path.into(), source: source.into() }
    }

    /// For `map_err`: wraps the system's error of `doing` on `path`.
    pub(crate) fn on<E: Into<io::Error>>(doing: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        move |source| Self::new(doing, path, source)
    }

    /// The path that was worked on.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the operating system said.
    pub fn io(&self) -> &io::Error {
        &self.source
    }

    /// The kind of error.
    pub fn fault(&self) -> Fault {
        use rustix::io::Errno;
        match self.source.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => Fault::Full,
            Some(Errno::MFILE | Errno::NFILE) => Fault::NoFileHandles,
            Some(Errno::ROFS | Errno::ACCESS | Errno::PERM) => Fault::Denied,
            Some(Errno::NOENT | Errno::NOTDIR) => Fault::Missing,
            Some(Errno::LOOP | Errno::XDEV) => Fault::Escapes,
            _ => Fault::Other,
        }
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} `{}`: {}", self.doing, self.path.display(), self.source)?;
        f.write_str(match self.fault() {
            Fault::Full => "; free some space and resume",
            Fault::NoFileHandles => "; raise the limit of open files (`ulimit -n`)",
            Fault::Denied => "; check the permissions of the folder and that it is mounted writable",
            Fault::Escapes => "; symbolic links are not followed",
            Fault::Missing | Fault::Other => "",
        })
    }
}

impl std::error::Error for DiskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
