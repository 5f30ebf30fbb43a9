//! What an upload is to bring.

use peerpool_wire::metainfo::names::{MAX_DEPTH, MAX_PATH, check_name};
use serde::{Deserialize, Serialize};

use super::{MAX_FILES, UploadError};
use crate::scan;

/// What an upload is to bring: a file, or a folder of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    name: String,
    files: Vec<PlannedFile>,
}

/// A file of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Components of its path within the folder; none when the upload is this one file.
    pub path: Vec<String>,
    /// Its bytes.
    pub length: u64,
}

impl Plan {
    /// A file.
    ///
    /// # Errors
    ///
    /// The name is unfit, or the file would be empty.
    pub fn file(name: String, length: u64) -> Result<Self, UploadError> {
        Self { name, files: vec![PlannedFile { path: Vec::new(), length }] }.checked()
    }

    /// A folder of files, each at a path with `/` between its parts.
    ///
    /// # Errors
    ///
    /// A name is unfit, two paths cannot stand beside one another, or there are too many files, or no bytes.
    pub fn folder(name: String, files: impl IntoIterator<Item = (String, u64)>) -> Result<Self, UploadError> {
        let parts = |path: &str| path.split('/').map(str::to_owned).collect();
        let files = files.into_iter().map(|(path, length)| PlannedFile { path: parts(&path), length });
        Self { name, files: files.collect() }.checked()
    }

    /// The name of the item that it becomes, if that is free.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its files.
    pub fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    /// All its bytes.
    pub fn length(&self) -> u64 {
        self.files.iter().map(|file| file.length).sum()
    }

    pub(super) fn checked(self) -> Result<Self, UploadError> {
        let unfit = |name: &str, reason: &str| Err(UploadError::name(name, reason));
        if let Err(fault) = check_name(&self.name) {
            return unfit(&self.name, &fault.to_string());
        }
        if scan::is_hidden(&self.name) {
            return unfit(&self.name, "names that begin with a dot are hidden");
        }
        if self.files.len() > MAX_FILES {
            return Err(UploadError::TooManyFiles { files: self.files.len() });
        }
        for file in &self.files {
            let shown = || file.path.join("/");
            if let Some(fault) = file.path.iter().find_map(|part| check_name(part).err()) {
                return unfit(&shown(), &fault.to_string());
            }
            let length = file.path.iter().fold(self.name.len(), |length, part| length + 1 + part.len());
            if file.path.len() > MAX_DEPTH || length > MAX_PATH {
                return unfit(&shown(), "it is too long, or lies too many folders deep");
            }
        }
        let mut paths: Vec<&[String]> = self.files.iter().map(|file| &*file.path).collect();
        // A path comes right before one that goes on from it.
        paths.sort_unstable();
        if let Some(pair) = paths.windows(2).find(|pair| pair[1].starts_with(pair[0])) {
            return unfit(
                &pair[1].join("/"),
                "another file has the same path, or stands where its folder would",
            );
        }
        let length = self.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.length));
        match length {
            Some(1..) => Ok(self),
            _ => unfit(&self.name, "it has no bytes"),
        }
    }
}
