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
    /// The folder looked into last; `None` where there is none.
    last: Option<(&'p Path, Option<Directory>)>,
}

impl<'d, 'p> Stamps<'d, 'p> {
    pub(crate) fn new(root: &'d Directory) -> Self {
        Self { root, last: None }
    }

    /// The stamp of the regular file at `path`; `None` when nothing or something else is there, or where a link leads.
    pub(crate) fn of(&mut self, path: &'p Path) -> Result<Option<Stamp>> {
        let parent = path.parent().unwrap_or(Path::new(""));
        if self.last.as_ref().is_none_or(|(last, _)| *last != parent) {
            self.last = Some((parent, there(self.root.parent_of(path))?.map(|(folder, _)| folder)));
        }
        let Some((_, Some(folder))) = &self.last else { return Ok(None) };
        let found = there(folder.look(path.file_name().unwrap_or_default()))?;
        Ok(found.and_then(|(kind, stamp)| (kind == FileType::RegularFile).then_some(stamp)))
    }
}

fn there<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(error) if matches!(error.fault(), Fault::Missing | Fault::Escapes) => Ok(None),
        found => found.map(Some),
    }
}
