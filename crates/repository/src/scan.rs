//! Finds the items of a repository and the files in them, without reading the files.
//!
//! A top-level entry is an item, a file or a folder; names that begin with a dot are hidden and no items. Inside an
//! item every file belongs to it. A link or a special file is left out of its folder; anything that may hide bytes of
//! the item (a name that cannot be written, a folder that cannot be read) withholds the item, because an item must be
//! the same everywhere. Empty folders do not belong to an item.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::FileType;

use crate::{
    beneath::Directory,
    error::{DiskError, Fault, Result},
    refresh::{Cause, Problem},
    stamp::{self, Stamp},
};

/// Folders inside each other; deeper ones cannot be written in a torrent that every client reads.
const MAX_DEPTH: usize = 60;

/// An item as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// In the order of their paths' components.
    pub(crate) files: Vec<FoundFile>,
    /// The wall clock when the look at it began, in nanoseconds since 1970.
    pub(crate) seen_ns: i64,
}

/// A file of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundFile {
    /// Components inside the item; empty when the item is this file.
    pub(crate) path: Vec<String>,
    pub(crate) stamp: Stamp,
}

impl Found {
    /// Bytes of the item.
    pub(crate) fn length(&self) -> u64 {
        self.files.iter().map(|file| file.stamp.size).fold(0, u64::saturating_add)
    }

    /// The stamp of the file at these components.
    pub(crate) fn stamp(&self, path: &[String]) -> Option<Stamp> {
        let at = self.files.binary_search_by(|file| file.path.as_slice().cmp(path)).ok()?;
        self.files.get(at).map(|file| file.stamp)
    }

    /// Where a file lies beneath the repository.
    pub(crate) fn path_of(&self, file: &FoundFile) -> PathBuf {
        path_in_item(&self.name, &file.path)
    }
}

/// Where a file of an item lies beneath the repository.
pub(crate) fn path_in_item(name: &str, path: &[String]) -> PathBuf {
    std::iter::once(name).chain(path.iter().map(String::as_str)).collect()
}

/// The names of all items, and the entries that cannot be items.
pub(crate) fn names(root: &Directory) -> Result<(Vec<String>, Vec<Problem>)> {
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    for entry in root.entries()? {
        match entry.name.to_str() {
            Some(name) if is_hidden(name) => {}
            Some(name) => names.push(name.to_owned()),
            None => problems.push(Problem::new(
                &entry.name.to_string_lossy(),
                Path::new(&entry.name),
                Cause::NotUtf8,
            )),
        }
    }
    Ok((names, problems))
}

/// Whether a top-level name is no item.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Looks at one item. What is left out of it goes to `problems`; `Ok(None)` when nothing of that name is there.
pub(crate) fn item(
    root: &Directory,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Result<Option<Found>, Problem> {
    let path = Path::new(name);
    let mut found = Found { name: name.to_owned(), files: Vec::new(), seen_ns: stamp::now_ns() };
    match root.look(OsStr::new(name)) {
        Ok((FileType::RegularFile, stamp)) => found.files.push(FoundFile { path: Vec::new(), stamp }),
        Ok((FileType::Directory, _)) => {
            let mut walk = Walk { found: &mut found, problems, at: Vec::new() };
            root.folder(path)
                .map_err(|error| Problem::new(name, path, unreadable(error)))
                .and_then(|folder| walk.folder(&folder))?;
        }
        Ok((FileType::Symlink, _)) => return Err(Problem::new(name, path, Cause::SymbolicLink)),
        Ok(_) => return Err(Problem::new(name, path, Cause::SpecialFile)),
        Err(error) if error.fault() == Fault::Missing => return Ok(None),
        Err(error) => return Err(Problem::new(name, path, unreadable(error))),
    }
    if found.length() == 0 {
        return Err(Problem::new(name, path, Cause::Empty));
    }
    Ok(Some(found))
}

struct Walk<'a> {
    found: &'a mut Found,
    problems: &'a mut Vec<Problem>,
    /// Components from the item to the folder that is walked.
    at: Vec<String>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Directory) -> Result<(), Problem> {
        let entries = folder.entries().map_err(|error| self.problem(None, unreadable(error)))?;
        for entry in entries {
            let name = entry.name.to_str().ok_or_else(|| self.problem(Some(&entry.name), Cause::NotUtf8))?;
            self.entry(folder, name)?;
        }
        Ok(())
    }

    fn entry(&mut self, folder: &Directory, name: &str) -> Result<(), Problem> {
        let os_name = OsStr::new(name);
        let failed = |walk: &Self, error| walk.problem(Some(os_name), unreadable(error));
        let (kind, stamp) = folder.look(os_name).map_err(|error| failed(self, error))?;
        match kind {
            FileType::RegularFile => {
                let path = self.at.iter().cloned().chain([name.to_owned()]).collect();
                self.found.files.push(FoundFile { path, stamp });
            }
            FileType::Directory if self.at.len() >= MAX_DEPTH => {
                let reason = format!("more than {MAX_DEPTH} folders inside each other");
                return Err(self.problem(Some(os_name), Cause::Unfit(reason)));
            }
            FileType::Directory => {
                let inner = folder.folder(Path::new(name)).map_err(|error| failed(self, error))?;
                self.at.push(name.to_owned());
                self.folder(&inner)?;
                self.at.pop();
            }
            FileType::Symlink => self.leave_out(os_name, Cause::SymbolicLink),
            _ => self.leave_out(os_name, Cause::SpecialFile),
        }
        Ok(())
    }

    fn leave_out(&mut self, name: &OsStr, cause: Cause) {
        let problem = self.problem(Some(name), cause);
        self.problems.push(problem);
    }

    fn problem(&self, name: Option<&OsStr>, cause: Cause) -> Problem {
        let mut path = path_in_item(&self.found.name, &self.at);
        path.extend(name);
        Problem::new(&self.found.name, &path, cause)
    }
}

fn unreadable(error: DiskError) -> Cause {
    match error.fault() {
        Fault::Missing => Cause::Vanished,
        _ => Cause::Unreadable(Arc::new(error)),
    }
}
