//! What an item consists of, a folder at a time.

use peerpool_wire::{
    channel::{self, FileSearch, FilesFound},
    id::InfoHash,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which entries of a folder within an item to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FileQuery {
    /// The folder's path within the item, with `/` between its parts; the item's own folder when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// How many entries to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// At most so many, up to 1000; 100 when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl FileQuery {
    /// The question for a tracker.
    pub fn of(self, info_hash: InfoHash) -> FileSearch {
        FileSearch {
            info_hash,
            under: self.under.unwrap_or_default(),
            offset: self.offset.unwrap_or_default(),
            limit: self.limit.unwrap_or_default(),
        }
    }
}

/// What of an item becomes an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ZipQuery {
    /// The path of a folder, or of a file, within the item; all of the item when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
}

/// A part of a folder within an item: folders first, then by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilePage {
    /// How many entries the folder has.
    pub total: u32,
    /// Those of this page.
    pub entries: Vec<FileEntry>,
}

impl FilePage {
    /// What was found in the folder `under`.
    pub fn new(found: FilesFound, under: &str) -> Self {
        let above: String =
            under.split('/').filter(|part| !part.is_empty()).flat_map(|part| [part, "/"]).collect();
        let entries = found.entries.into_iter().map(|entry| FileEntry {
            path: format!("{above}{}", entry.name),
            name: entry.name,
            kind: entry.kind.into(),
            size: entry.length,
            files: entry.files,
        });
        Self { total: found.total, entries: entries.collect() }
    }
}

/// An entry of a folder within an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileEntry {
    /// Its name.
    pub name: String,
    /// Its path within the item.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Bytes of the file, or of all files below the folder.
    pub size: u64,
    /// 1, or how many files are below the folder.
    pub files: u32,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link.
    Link,
}

impl From<channel::FileKind> for FileKind {
    fn from(kind: channel::FileKind) -> Self {
        match kind {
            channel::FileKind::Folder => Self::Folder,
            channel::FileKind::File => Self::File,
            channel::FileKind::Link => Self::Link,
        }
    }
}
