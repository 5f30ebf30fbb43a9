//! Finds the items of a repository and the files in them, without reading the files.
//!
//! Every top-level file or folder is an item, unless its name begins with a dot. Every file inside an item belongs to
//! it, and every link that leads to something in it. What no torrent can hold, or this user may not read, is left out
//! of its folder and reported: one bad file does not withhold the others. Only a failing disk withholds the item,
//! because then nobody knows what is missing.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_wire::{
    canonical::{Builder, FileHashes},
    metainfo::names::{MAX_PATH, check_name},
};
use rustix::fs::FileType;

use crate::{
    beneath::Directory,
    error::{DiskError, Fault, Result},
    links,
    problem::{Cause, Problem},
    stamp::{self, Stamp},
};

/// Maximum depth of folders; not every client reads torrents with deeper ones.
const MAX_DEPTH: usize = 60;

/// Omitted paths of one item that are reported one by one; the others are counted.
pub(crate) const MAX_TOLD: usize = 100;

/// An item as it was found on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// In the order of their paths' components.
    pub(crate) files: Vec<FoundFile>,
    /// Symbolic links to something in the item, in the same order.
    pub(crate) links: Vec<FoundLink>,
    /// The wall clock when its scan began, in nanoseconds since 1970.
    pub(crate) seen_ns: i64,
}

/// A file of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundFile {
    /// Components inside the item; empty when the item is this file.
    pub(crate) path: Vec<String>,
    pub(crate) stamp: Stamp,
    /// Its owner may execute it.
    pub(crate) executable: bool,
}

/// A symbolic link of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundLink {
    /// Components inside the item.
    pub(crate) path: Vec<String>,
    /// Its target, as components inside the item.
    pub(crate) target: Vec<String>,
}

impl Found {
    /// Bytes of the item.
    pub(crate) fn length(&self) -> u64 {
        self.files.iter().map(|file| file.stamp.size).fold(0, u64::saturating_add)
    }

    /// The file at these components.
    pub(crate) fn file(&self, path: &[String]) -> Option<&FoundFile> {
        let at = self.files.binary_search_by(|file| file.path.as_slice().cmp(path)).ok()?;
        self.files.get(at)
    }

    /// The stamp of the file at these components.
    pub(crate) fn stamp(&self, path: &[String]) -> Option<Stamp> {
        self.file(path).map(|file| file.stamp)
    }

    /// Its files and links.
    pub(crate) fn entries(&self) -> usize {
        self.files.len() + self.links.len()
    }

    /// A builder of the item's canonical metainfo; `hashes_of` gives the hashes of each file in turn. `None` as soon as
    /// it has none.
    pub(crate) fn describe(
        &self,
        piece_length: u32,
        mut hashes_of: impl FnMut(&FoundFile) -> Option<FileHashes>,
    ) -> Option<Builder> {
        let mut builder = Builder::new(piece_length);
        for file in &self.files {
            let (path, hashes) = (file.path.clone(), hashes_of(file)?);
            builder = match file.executable {
                true => builder.executable(path, hashes),
                false => builder.file(path, hashes),
            };
        }
        let links = self.links.iter();
        Some(links.fold(builder, |builder, link| builder.link(link.path.clone(), link.target.clone())))
    }

    /// The path of a file in the repository.
    pub(crate) fn path_of(&self, file: &FoundFile) -> PathBuf {
        path_in_item(&self.name, &file.path)
    }
}

/// The path of an item's file in the repository.
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

/// Whether a top-level name is hidden, and so no item.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Scans one item; omitted paths go to `problems`. `Ok(None)` when nothing of that name is there.
pub(crate) fn item(
    root: &Directory,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Result<Option<Found>, Problem> {
    let path = Path::new(name);
    let (files, links) = (Vec::new(), Vec::new());
    let mut found = Found { name: name.to_owned(), files, links, seen_ns: stamp::now_ns() };
    let unreadable = |error| Problem::new(name, path, unreadable(error));
    match root.look(OsStr::new(name)) {
        Ok((FileType::RegularFile, stamp)) => {
            let executable = root.permissions(OsStr::new(name)).map_err(unreadable)?.executable;
            found.files.push(FoundFile { path: Vec::new(), stamp, executable });
        }
        Ok((FileType::Directory, _)) => {
            let mut walk = Walk { found: &mut found, problems, at: Vec::new(), left_out: 0 };
            root.folder(path).map_err(unreadable).and_then(|folder| walk.folder(&folder))?;
            walk.tell_the_rest();
        }
        Ok((FileType::Symlink, _)) => return Err(Problem::new(name, path, Cause::SymbolicLink)),
        Ok(_) => return Err(Problem::new(name, path, Cause::SpecialFile)),
        Err(error) if error.fault() == Fault::Missing => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    }
    if found.length() == 0 {
        return Err(Problem::new(name, path, Cause::Empty));
    }
    Ok(Some(found))
}

struct Walk<'a> {
    found: &'a mut Found,
    problems: &'a mut Vec<Problem>,
    /// Components from the item to the folder being walked.
    at: Vec<String>,
    left_out: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Directory) -> Result<(), Problem> {
        let entries = folder.entries().map_err(|error| self.problem(None, unreadable(error)))?;
        if entries.is_empty() && !self.at.is_empty() {
            self.leave_out(None, Cause::EmptyFolder);
        }
        for entry in entries {
            match entry.name.to_str() {
                None => self.leave_out(Some(&entry.name), Cause::NotUtf8),
                Some(name) => match self.unfit(name) {
                    Some(reason) => self.leave_out(Some(&entry.name), Cause::NoRoom(reason)),
                    None => self.entry(folder, name)?,
                },
            }
        }
        Ok(())
    }

    /// Why no torrent can hold this name here.
    fn unfit(&self, name: &str) -> Option<String> {
        let above = self.at.iter().map(|component| component.len() + 1).sum::<usize>();
        if let Err(fault) = check_name(name) {
            Some(fault.to_string())
        } else if self.found.name.len() + above + 1 + name.len() > MAX_PATH {
            Some(format!("its path is longer than {MAX_PATH} bytes"))
        } else if self.at.len() > MAX_DEPTH {
            Some(format!("it lies more than {MAX_DEPTH} folders deep"))
        } else {
            None
        }
    }

    fn entry(&mut self, folder: &Directory, name: &str) -> Result<(), Problem> {
        let os_name = OsStr::new(name);
        match self.look(folder, name) {
            Ok(()) => Ok(()),
            // It disappeared since the folder was listed, so it is no part of the item.
            Err(Stop::Disk(error)) if error.fault() == Fault::Missing => Ok(()),
            Err(Stop::Disk(error)) if error.fault() == Fault::Denied => {
                self.leave_out(Some(os_name), unreadable(error));
                Ok(())
            }
            Err(Stop::Disk(error)) => Err(self.problem(Some(os_name), unreadable(error))),
            Err(Stop::Inside(problem)) => Err(problem),
        }
    }

    fn look(&mut self, folder: &Directory, name: &str) -> Result<(), Stop> {
        let os_name = OsStr::new(name);
        let path = || self.at.iter().cloned().chain([name.to_owned()]).collect();
        let (kind, stamp) = folder.look(os_name)?;
        match kind {
            FileType::RegularFile => {
                let permissions = folder.permissions(os_name)?;
                if !permissions.readable_by_all {
                    folder.ensure_readable(os_name)?;
                }
                let file = FoundFile { path: path(), stamp, executable: permissions.executable };
                self.found.files.push(file);
            }
            FileType::Directory => {
                let inner = folder.folder(Path::new(name))?;
                self.at.push(name.to_owned());
                self.folder(&inner).map_err(Stop::Inside)?;
                self.at.pop();
            }
            FileType::Symlink => match links::target(&self.at, Path::new(&folder.read_link(os_name)?)) {
                Some(target) => self.found.links.push(FoundLink { path: path(), target }),
                None => self.leave_out(Some(os_name), Cause::SymbolicLink),
            },
            _ => self.leave_out(Some(os_name), Cause::SpecialFile),
        }
        Ok(())
    }

    fn leave_out(&mut self, name: Option<&OsStr>, cause: Cause) {
        self.left_out += 1;
        if self.left_out <= MAX_TOLD {
            let problem = self.problem(name, cause);
            self.problems.push(problem);
        }
    }

    fn tell_the_rest(&mut self) {
        if let Some(more) = self.left_out.checked_sub(MAX_TOLD).filter(|more| *more > 0) {
            self.problems.push(self.problem(None, Cause::MoreLeftOut(more)));
        }
    }

    fn problem(&self, name: Option<&OsStr>, cause: Cause) -> Problem {
        let mut path = path_in_item(&self.found.name, &self.at);
        path.extend(name);
        Problem::new(&self.found.name, &path, cause)
    }
}

/// Why an entry is omitted.
enum Stop {
    /// The entry itself cannot be scanned.
    Disk(DiskError),
    /// Something in it withholds the item.
    Inside(Problem),
}

impl From<DiskError> for Stop {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

fn unreadable(error: DiskError) -> Cause {
    match error.fault() {
        Fault::Missing => Cause::Vanished,
        _ => Cause::Unreadable(Arc::new(error)),
    }
}
