//! The attributes of a file (BEP 47).

use super::{File, MetainfoError, fields::Fields};
use crate::bencode::Value;

/// What `attr`, `symlink path` and `mtime` say.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) pad: bool,
    executable: bool,
    hidden: bool,
    symlink: Option<Vec<String>>,
    modified: Option<i64>,
}

impl Attributes {
    /// Reads the attributes of an entry; letters that are not known are ignored, as BEP 47 wants.
    pub(super) fn read(entry: &Fields<'_, '_>) -> Result<Self, MetainfoError> {
        let letters = entry.bytes("attr")?.unwrap_or_default();
        let is_link = letters.contains(&b'l');
        Ok(Self {
            pad: letters.contains(&b'p'),
            executable: letters.contains(&b'x'),
            hidden: letters.contains(&b'h'),
            symlink: if is_link { Some(entry.path("symlink path")?) } else { None },
            modified: entry.get("mtime").and_then(Value::as_integer),
        })
    }

    /// Whether the entry is a symbolic link, which has no bytes.
    pub(super) fn is_link(&self) -> bool {
        self.symlink.is_some()
    }

    /// A file of these attributes, with everything else still to be filled in.
    pub(super) fn file(self) -> File {
        File {
            path: Vec::new(),
            length: 0,
            offset: 0,
            root: None,
            pad: self.pad,
            executable: self.executable && self.symlink.is_none(),
            hidden: self.hidden,
            symlink: self.symlink,
            modified: self.modified,
        }
    }
}
