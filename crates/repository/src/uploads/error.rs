//! Why an upload does not go on.

use crate::{error::DiskError, repository::RepositoryError};

use super::{MAX_FILES, MAX_UPLOADS, UploadId};

/// Why an upload does not go on.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// There is none of that id.
    #[error("there is no upload {0}: it was ended, or left alone for more than 7 days; begin it again")]
    Unknown(UploadId),
    /// There are too many.
    #[error("{MAX_UPLOADS} uploads are not complete: go on with one of them, or delete it")]
    TooMany,
    /// A name cannot be that of an item or of a file in one, or the parts do not fit together.
    #[error("`{name}` cannot be uploaded: {reason}")]
    Name {
        /// The name or path.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More files than one upload may have.
    #[error("{files} files are more than the {MAX_FILES} of one upload: upload them in parts")]
    TooManyFiles {
        /// How many were named.
        files: usize,
    },
    /// The upload has no file of that number.
    #[error("upload {id} has no file {file}")]
    NoFile {
        /// Which upload.
        id: UploadId,
        /// The file's number, from 0.
        file: usize,
    },
    /// The bytes are not the next ones.
    #[error("the next bytes are those from {offset} on")]
    Offset {
        /// Where they begin.
        offset: u64,
    },
    /// There are more bytes than the file was to have.
    #[error("the file was to have {length} bytes, and these reach to {end}")]
    TooLong {
        /// Bytes that it was to have.
        length: u64,
        /// Where the bytes end.
        end: u64,
    },
    /// The disk has no room for all of it.
    #[error("`{name}` needs {length} bytes, and the disk of the repository has {free} left")]
    NoRoom {
        /// The upload's name.
        name: String,
        /// Its bytes.
        length: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The repository refused it.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// An operation on the disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl UploadError {
    pub(crate) fn name(name: &str, reason: impl Into<String>) -> Self {
        Self::Name { name: name.to_owned(), reason: reason.into() }
    }
}
