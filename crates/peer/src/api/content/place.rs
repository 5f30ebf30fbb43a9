//! Which file of an item a path names.

use peerpool_wire::{
    id::InfoHash,
    metainfo::{File, Info},
};

/// A file of an item.
#[derive(Debug)]
pub(super) struct Place<'i> {
    /// Its index in [`Info::files`].
    pub(super) index: usize,
    pub(super) file: &'i File,
}

/// The file that a path names; without one, the only file.
pub(super) fn place<'i>(info: &'i Info, path: &str) -> Option<Place<'i>> {
    let single = info.is_single_file() && (path.is_empty() || path == info.name());
    let is_named = |file: &File| file.is_stored() && (single || file.path.iter().eq(path.split('/')));
    let mut files = info.files().iter().enumerate();
    files.find(|(_, file)| is_named(file)).map(|(index, file)| Place { index, file })
}

impl Place<'_> {
    /// Its last name.
    pub(super) fn name<'n>(&'n self, info: &'n Info) -> &'n str {
        self.file.path.last().map_or(info.name(), String::as_str)
    }

    /// What its bytes are known by, as a strong validator (RFC 9110, "ETag"): their BEP 52 root, the same wherever they
    /// stand, or else the item and the place in it.
    pub(super) fn tag(&self, item: &InfoHash) -> String {
        match self.file.root {
            Some(root) => format!("\"{root}\""),
            None => format!("\"{item}.{}\"", self.index),
        }
    }
}
