//! The stamps of many files.

use std::path::Path;

use rustix::fs::FileType;

use super::Directory;
use crate::{
    error::{Fault, Result},
    stamp::Stamp,
};

/// Stamps one file after another, opening a folder once for those of its files that follow each other.
pub(crate) struct Stamps<'d, 'p> {
    root: &'d Directory,
    folder: Option<(&'p Path, Directory)>,
}

impl<'d, 'p> Stamps<'d, 'p> {
    pub(crate) fn new(root: &'d Directory) -> Self {
        Self { root, folder: None }
    }

    /// The stamp of the regular file at `path`; `None` when nothing or something else is there, or where a link leads.
    pub(crate) fn of(&mut self, path: &'p Path) -> Result<Option<Stamp>> {
        match self.look(path) {
            Ok((FileType::RegularFile, stamp)) => Ok(Some(stamp)),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.fault(), Fault::Missing | Fault::Escapes) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn look(&mut self, path: &'p Path) -> Result<(FileType, Stamp)> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let folder = match self.folder.take() {
            Some((open, folder)) if open == parent => folder,
            _ => self.root.parent_of(path)?.0,
        };
        let found = folder.look(path.file_name().unwrap_or_default());
        self.folder = Some((parent, folder));
        found
    }
}
