//! Where the control socket stands, however long the repository's path is.
//!
//! A Unix socket's address holds at most 107 bytes of path. On Linux the socket's folder is opened and addressed as
//! `/proc/self/fd/N/control.sock`, which is short whatever the folder is called.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The folder inside a repository that belongs to Peerpool.
pub const FOLDER: &str = ".peerpool";
/// The socket's name in that folder.
pub const NAME: &str = "control.sock";
/// `POST` to the socket of a tracker, and to nothing else: it reads the keys of its pool for members again.
pub const READ_KEYS: &str = "/api/v1/keys/read";

/// The same: it sends the peers of a node to the others, and ends it.
pub const DRAIN: &str = "/api/v1/drain";

/// An address of the control socket that fits into a socket address. Keep it as long as the path is in use.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _folder: File,
}

impl SocketPath {
    /// What to give to `bind` or `connect`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(path: &Path) -> io::Result<Self> {
        let folder = File::open(path)?;
        Ok(Self { path: address(path, &folder), _folder: folder })
    }
}

/// The address for a server: makes the folder, and removes the socket that a killed peer left behind. Call it only
/// while holding the repository's lock, and give the bound socket mode 0600.
pub fn bind_path(repository: &Path) -> io::Result<SocketPath> {
    let folder = repository.join(FOLDER);
    fs::create_dir_all(&folder)?;
    bind_path_in(&folder)
}

/// The same in a folder that is there, such as a tracker's data folder.
pub fn bind_path_in(folder: &Path) -> io::Result<SocketPath> {
    let socket = SocketPath::open(folder)?;
    match fs::remove_file(socket.path()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(socket),
    }
}

/// The address for a client. `NotFound` when no peer ever ran in this repository.
pub fn connect_path(repository: &Path) -> io::Result<SocketPath> {
    connect_path_in(&repository.join(FOLDER))
}

/// The same for a folder in which the socket itself stands.
pub fn connect_path_in(folder: &Path) -> io::Result<SocketPath> {
    SocketPath::open(folder)
}

#[cfg(target_os = "linux")]
fn address(_path: &Path, folder: &File) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()))
}

#[cfg(not(target_os = "linux"))]
fn address(path: &Path, _folder: &File) -> PathBuf {
    path.join(NAME)
}
