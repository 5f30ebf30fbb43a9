//! Paths resolved beneath a directory handle.
//!
//! Every path of the repository and of a download is opened from the handle of its folder, and the kernel refuses to
//! leave that folder or to follow a symbolic link on the way (`openat2` with `RESOLVE_BENEATH` and
//! `RESOLVE_NO_SYMLINKS`). Where `openat2` is missing, the components are opened one by one without following links.
//! Paths are never compared as strings to decide where they lead.

mod attributes;
mod copies;
mod probe;
mod stamps;

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, RenameFlags},
    io::Errno,
};

pub(crate) use self::{
    copies::{cannot_link, have_same_bytes},
    probe::{Probe, Tried},
    stamps::Stamps,
};
use crate::{
    error::{DiskError, Result},
    stamp::Stamp,
};

const FILE_MODE: u32 = 0o666;
const FOLDER_MODE: u32 = 0o777;
const PRIVATE_FOLDER_MODE: u32 = 0o700;
const PRIVATE_FILE_MODE: u32 = 0o600;

/// A folder held open. Paths relative to it never leave it.
#[derive(Debug)]
pub struct Directory {
    handle: OwnedFd,
    path: PathBuf,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) name: OsString,
}

impl Directory {
    /// Opens the folder at `path`, which may lie anywhere.
    ///
    /// # Errors
    ///
    /// The path is missing, no folder, or may not be read.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle =
            rustix::fs::open(path, flags, Mode::empty()).map_err(DiskError::on("open folder", path))?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens the folder at `path`, creating it and its parents where they are missing.
    ///
    /// # Errors
    ///
    /// A folder can be neither opened nor created.
    pub fn create(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(DiskError::on("create folder", path))?;
        Self::open(path)
    }

    /// The folder's path when it was opened; for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the folder `path` beneath this one.
    ///
    /// # Errors
    ///
    /// The path is missing, no folder, or leads out of this one ([`Fault::Escapes`](crate::error::Fault::Escapes)).
    pub fn folder(&self, path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = self.resolve(path, flags, Mode::empty()).map_err(self.failed("open folder", path))?;
        Ok(Self { handle, path: self.path.join(path) })
    }

    /// Opens the folder `path` beneath this one, creating what is missing of it.
    ///
    /// # Errors
    ///
    /// A folder can be neither opened nor created, or the path leads out of this one
    /// ([`Fault::Escapes`](crate::error::Fault::Escapes)).
    pub fn create_folder(&self, path: &Path) -> Result<Self> {
        self.create_folder_with(path, FOLDER_MODE)
    }

    /// Like [`Directory::create_folder`], readable only by its owner.
    pub(crate) fn create_private_folder(&self, path: &Path) -> Result<Self> {
        self.create_folder_with(path, PRIVATE_FOLDER_MODE)
    }

    fn create_folder_with(&self, path: &Path, mode: u32) -> Result<Self> {
        let mut folder = self.again()?;
        for component in path.components() {
            let name = Path::new(component.as_os_str());
            match rustix::fs::mkdirat(&folder.handle, plain(name)?, Mode::from_raw_mode(mode)) {
                Ok(()) | Err(Errno::EXIST) => folder = folder.folder(name)?,
                Err(error) => return Err(folder.failed("create folder", name)(error)),
            }
        }
        Ok(folder)
    }

    /// Bytes that this user may still write on the folder's file system; `None` where it does not say.
    pub(crate) fn free(&self) -> Result<Option<u64>> {
        let found = rustix::fs::fstatvfs(&self.handle).map_err(DiskError::on("look at", &self.path))?;
        // A file system without blocks counts none: one in memory without a bound, or one of somebody's own making.
        Ok((found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize)))
    }

    /// A second handle of the same folder.
    pub(crate) fn again(&self) -> Result<Self> {
        let handle = self.handle.try_clone().map_err(DiskError::on("open folder", &self.path))?;
        Ok(Self { handle, path: self.path.clone() })
    }

    /// Opens the file `path` for reading. Does not wait for the writer of a named pipe.
    ///
    /// # Errors
    ///
    /// The path is missing, may not be read, or leads out of this folder
    /// ([`Fault::Escapes`](crate::error::Fault::Escapes)).
    pub fn open_file(&self, path: &Path) -> Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let handle = self.resolve(path, flags, Mode::empty()).map_err(self.failed("open", path))?;
        Ok(File::from(handle))
    }

    /// Opens the file `path` for reading and writing, creating it, but not its folders, where it is missing.
    ///
    /// # Errors
    ///
    /// The file can be neither opened nor created, or the path leads out of this folder
    /// ([`Fault::Escapes`](crate::error::Fault::Escapes)).
    pub fn open_for_writing(&self, path: &Path) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mode = Mode::from_raw_mode(FILE_MODE);
        let handle = self.resolve(path, flags, mode).map_err(self.failed("open for writing", path))?;
        Ok(File::from(handle))
    }

    /// Opens the file `path` for reading and writing, if it is there.
    pub(crate) fn open_to_change(&self, path: &Path) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let handle =
            self.resolve(path, flags, Mode::empty()).map_err(self.failed("open for writing", path))?;
        Ok(File::from(handle))
    }

    /// Opens a file that only its owner may read, creating it empty if it is missing.
    pub(crate) fn open_private(&self, path: &Path) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(PRIVATE_FILE_MODE);
        let handle = self.resolve(path, flags, mode).map_err(self.failed("open for writing", path))?;
        Ok(File::from(handle))
    }

    /// The names in this folder, in byte order.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        let failed = |error: Errno| DiskError::new("list", &self.path, error);
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.handle).map_err(failed)? {
            let name = OsString::from_vec(entry.map_err(failed)?.file_name().to_bytes().to_vec());
            if name != "." && name != ".." {
                entries.push(Entry { name });
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// The type of the entry of that name, and its stamp; symbolic links are not followed.
    pub(crate) fn look(&self, name: &OsStr) -> Result<(FileType, Stamp)> {
        let path = plain(Path::new(name))?;
        Stamp::look(&self.handle, name).map_err(self.failed("look at", path))
    }

    /// The stamp of the regular file at `path`; `None` when nothing or something else is there.
    pub(crate) fn stamp(&self, path: &Path) -> Result<Option<Stamp>> {
        Stamps::new(self).of(path)
    }

    /// Whether anything, of any kind, stands at `path`.
    pub(crate) fn exists(&self, path: &Path) -> Result<bool> {
        match self.parent_of(path).and_then(|(parent, name)| parent.look(&name)) {
            Ok(_) => Ok(true),
            Err(error) if error.fault() == crate::error::Fault::Missing => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a small file; `None` when it does not exist. Refuses more than `limit` bytes.
    pub(crate) fn read_small(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
        use std::io::Read;
        let file = match self.open_file(path) {
            Ok(file) => file,
            Err(error) if error.fault() == crate::error::Fault::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(self.failed("read", path))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
            let source = io::Error::new(io::ErrorKind::InvalidData, "the file is longer than allowed");
            return Err(self.failed("read", path)(source));
        }
        Ok(Some(bytes))
    }

    /// Writes a small private file so that after a crash either the old or the new content stands there:
    /// a new file, synced, then renamed over the old one, then the folder synced.
    pub(crate) fn replace_durably(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let fresh = PathBuf::from(format!("{name}.new"));
        // Never write to what is there: it may be a link to somebody else's file.
        self.remove_file(&fresh)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(PRIVATE_FILE_MODE);
        let handle = self.resolve(&fresh, flags, mode).map_err(self.failed("open for writing", &fresh))?;
        let mut file = File::from(handle);
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(self.failed("write", &fresh))?;
        rustix::fs::renameat(&self.handle, &fresh, &self.handle, name)
            .map_err(self.failed("replace", Path::new(name)))?;
        self.sync()
    }

    /// The name of a damaged file once it is put aside.
    pub(crate) fn aside(name: &str) -> String {
        format!("{name}.damaged")
    }

    /// Puts a damaged file aside, for whoever wants to look at it.
    pub(crate) fn put_aside(&self, name: &str) -> Result<()> {
        rustix::fs::renameat(&self.handle, name, &self.handle, Self::aside(name))
            .map_err(self.failed("put aside", Path::new(name)))
    }

    /// Fails if nothing can be created in the folder: the file system is read-only, or the folder is somebody else's.
    pub(crate) fn ensure_writable(&self) -> Result<()> {
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::accessat(&self.handle, ".", access, AtFlags::EACCESS)
            .map_err(DiskError::on("write to", &self.path))
    }

    /// Moves `from` to `to` beneath another folder of the same file system, durably; refuses to replace anything.
    pub(crate) fn move_new(&self, from: &Path, target: &Directory, to: &Path) -> Result<()> {
        let (from_parent, from_name) = self.parent_of(from)?;
        let (to_parent, to_name) = target.parent_of(to)?;
        let renamed = rename_without_replacing(&from_parent, &from_name, &to_parent, &to_name);
        renamed.map_err(target.failed("move the finished download to", to))?;
        let synced = to_parent.sync().and_then(|()| from_parent.sync());
        if synced.is_err() {
            // An error must mean that nothing moved. If undoing fails, too, the item stays and is found there.
            let _ = rename_without_replacing(&to_parent, &to_name, &from_parent, &from_name);
        }
        synced
    }

    /// Gives the file `from` the second name `to` beneath another folder of the same file system; the caller makes that
    /// name durable.
    pub(crate) fn link(&self, from: &Path, target: &Directory, to: &Path) -> Result<()> {
        let (from_parent, from_name) = self.parent_of(from)?;
        let (to_parent, to_name) = target.parent_of(to)?;
        rustix::fs::linkat(&from_parent.handle, &from_name, &to_parent.handle, &to_name, AtFlags::empty())
            .map_err(target.failed("put the finished file at", to))
    }

    /// Removes the file `path`; it is no error when there is none.
    pub(crate) fn remove_file(&self, path: &Path) -> Result<()> {
        let (parent, name) = self.parent_of(path)?;
        match rustix::fs::unlinkat(&parent.handle, &name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.failed("remove", path)(error)),
        }
    }

    /// Removes a file, or a folder with everything in it. It is no error when nothing is there.
    pub(crate) fn remove_whatever(&self, path: &Path) -> Result<()> {
        match self.remove_file(path) {
            Err(error) if error.io().raw_os_error() == Some(Errno::ISDIR.raw_os_error()) => {
                self.remove_tree(path)
            }
            removed => removed,
        }
    }

    /// Removes the folder `path` and everything in it, following no link; it is no error when there is none.
    pub(crate) fn remove_tree(&self, path: &Path) -> Result<()> {
        let folder = match self.folder(path) {
            Ok(folder) => folder,
            Err(error) if error.fault() == crate::error::Fault::Missing => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in folder.entries()? {
            let name = Path::new(&entry.name);
            match folder.look(&entry.name)? {
                (FileType::Directory, ..) => folder.remove_tree(name)?,
                _ => folder.remove_file(name)?,
            }
        }
        let (parent, name) = self.parent_of(path)?;
        rustix::fs::unlinkat(&parent.handle, &name, AtFlags::REMOVEDIR)
            .map_err(self.failed("remove folder", path))
    }

    /// Makes the names in this folder durable.
    pub(crate) fn sync(&self) -> Result<()> {
        rustix::fs::fsync(&self.handle).map_err(DiskError::on("sync folder", &self.path))
    }

    /// Makes the name at `path` durable, and those of the folders that lead to it.
    pub(crate) fn sync_names_of(&self, path: &Path) -> Result<()> {
        for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            self.folder(parent)?.sync()?;
        }
        self.sync()
    }

    /// Makes everything on this folder's file system durable.
    pub(crate) fn sync_file_system(&self) -> Result<()> {
        #[cfg(target_os = "linux")]
        return rustix::fs::syncfs(&self.handle).map_err(DiskError::on("sync file system of", &self.path));
        #[cfg(not(target_os = "linux"))]
        return self.sync();
    }

    /// The folder that holds `path`, and the last name of `path`.
    fn parent_of(&self, path: &Path) -> Result<(Directory, OsString)> {
        let name = path.file_name().ok_or_else(|| self.failed("open", path)(Errno::INVAL))?;
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => self.folder(parent)?,
            _ => self.again()?,
        };
        Ok((parent, name.to_owned()))
    }

    fn failed<E: Into<io::Error>>(
        &self,
        doing: &'static str,
        path: &Path,
    ) -> impl FnOnce(E) -> DiskError + use<E> {
        let path = self.path.join(path);
        move |source| DiskError::new(doing, path, source)
    }

    #[cfg(target_os = "linux")]
    fn resolve(&self, path: &Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let mode = if flags.contains(OFlags::CREATE) { mode } else { Mode::empty() };
        match rustix::fs::openat2(&self.handle, path, flags, mode, resolve) {
            // A kernel before 5.6, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => self.resolve_by_component(path, flags, mode),
            // The kernel lost a race with a rename elsewhere and asks to try again.
            Err(Errno::AGAIN) => self.resolve_by_component(path, flags, mode),
            opened => opened,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn resolve(&self, path: &Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
        self.resolve_by_component(path, flags, mode)
    }

    /// The portable way opens one component at a time and follows no link.
    fn resolve_by_component(&self, path: &Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        let mut components = path.components().peekable();
        while let Some(component) = components.next() {
            let Component::Normal(name) = component else {
                return Err(Errno::XDEV);
            };
            let from = at.as_ref().map_or(self.handle.as_fd(), AsFd::as_fd);
            let step = if components.peek().is_some() {
                OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC
            } else {
                flags
            };
            at = Some(rustix::fs::openat(from, name, step | OFlags::NOFOLLOW, mode)?);
        }
        at.ok_or(Errno::INVAL)
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// The only component of a path that has just one.
fn plain(name: &Path) -> Result<&Path> {
    let mut components = name.components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(_)), None) => Ok(name),
        _ => Err(DiskError::new("use", name, Errno::XDEV)),
    }
}

fn rename_without_replacing(
    from: &Directory,
    from_name: &OsStr,
    to: &Directory,
    to_name: &OsStr,
) -> rustix::io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::renameat_with(from, from_name, to, to_name, RenameFlags::NOREPLACE) {
        // A file system that does not know the flag.
        Err(Errno::INVAL | Errno::NOSYS) => {}
        renamed => return renamed,
    }
    match rustix::fs::statat(to, to_name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => rustix::fs::renameat(from, from_name, to, to_name),
        Ok(_) => Err(Errno::EXIST),
        Err(error) => Err(error),
    }
}
