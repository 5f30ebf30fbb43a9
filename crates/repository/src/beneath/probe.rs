//! Tries names out: only the file system knows which it can hold, and which it takes for the same.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::OsStr,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use super::{Directory, PRIVATE_FILE_MODE};
use crate::error::{DiskError, Result};

/// A temporary folder in which names are tried.
pub(crate) struct Probe<'d> {
    parent: &'d Directory,
    name: String,
    folder: Directory,
    /// The files made so far, by inode, to find those that are listed under another spelling.
    made: RefCell<BTreeMap<String, u64>>,
}

/// The outcome of making a file of some name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The name was made.
    Stands,
    /// The file system takes it for the same as one that was made before.
    Taken,
    /// The file system does not hold such a name.
    Refused,
}

impl<'d> Probe<'d> {
    /// Begins on the file system of `parent`.
    pub(crate) fn new(parent: &'d Directory) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // The next trial removes what a killed process left.
        let name = format!("probe-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        parent.remove_tree(Path::new(&name))?;
        let folder = parent.create_private_folder(Path::new(&name))?;
        Ok(Self { parent, name, folder, made: RefCell::default() })
    }

    /// Makes a file of that name, beside those that were made before.
    pub(crate) fn try_name(&self, name: &str) -> Result<Tried> {
        let path = Path::new(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        match self.folder.resolve(path, flags, Mode::from_raw_mode(PRIVATE_FILE_MODE)) {
            Ok(_) => {
                if let Ok((_, stamp)) = self.folder.look(OsStr::new(name)) {
                    self.made.borrow_mut().insert(name.to_owned(), stamp.inode);
                }
                Ok(Tried::Stands)
            }
            Err(Errno::EXIST) => Ok(Tried::Taken),
            Err(error) if is_about_the_name(error) => Ok(Tried::Refused),
            Err(error) => Err(DiskError::new("create", self.folder.path().join(path), error)),
        }
    }

    /// The names that the file system lists in another spelling, with that spelling.
    pub(crate) fn respelled(&self) -> Result<Vec<(String, String)>> {
        let made = self.made.borrow();
        let mut absent: BTreeMap<u64, &String> = made.iter().map(|(name, inode)| (*inode, name)).collect();
        let mut others = Vec::new();
        for entry in self.folder.entries()? {
            match entry.name.to_str().and_then(|name| made.get(name)) {
                Some(inode) => drop(absent.remove(inode)),
                None => others.push(entry.name),
            }
        }
        let mut respelled = Vec::new();
        for other in others {
            let (_, stamp) = self.folder.look(&other)?;
            if let (Some(name), Ok(other)) = (absent.remove(&stamp.inode), other.into_string()) {
                respelled.push((name.clone(), other));
            }
        }
        // A name that is listed under no readable spelling cannot be found again.
        respelled.extend(absent.into_values().map(|name| (name.clone(), String::new())));
        Ok(respelled)
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.parent.remove_tree(Path::new(&self.name)) {
            tracing::warn!(%error, "a temporary folder for trying names stays on disk");
        }
    }
}

/// Whether another name may succeed where this one was refused. The folder is new and ours, so permissions are no
/// reason.
fn is_about_the_name(error: Errno) -> bool {
    matches!(
        error,
        Errno::INVAL
            | Errno::NAMETOOLONG
            | Errno::ILSEQ
            | Errno::NOENT
            | Errno::ACCESS
            | Errno::PERM
            | Errno::OPNOTSUPP
            | Errno::ISDIR
    )
}
