//! Uploads: items that come over the API, piece by piece.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Begin an upload: of a file, with its `length`, or of a folder, with its `files`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BeginUpload {
    /// The name that the item is to have; when something has it already, the item gets a free one like it.
    pub name: String,
    /// Bytes of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// The files of the folder, 100,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<UploadFile>>,
}

/// A file of a folder that is to be uploaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadFile {
    /// Its path within the folder, with `/` between its parts.
    pub path: String,
    /// Its bytes.
    pub length: u64,
}

/// How far an upload is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Upload {
    /// What it is known by.
    pub id: String,
    /// The name that the item is to have.
    pub name: String,
    /// All its bytes.
    pub length: u64,
    /// Those that are there. Of a file, the next bytes are those from here on.
    pub offset: u64,
    /// The files of a folder, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<UploadedFile>,
    /// The item's name in the repository, once all of it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// How far a file of an upload is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadedFile {
    /// Its path within the folder.
    pub path: String,
    /// Its bytes.
    pub length: u64,
    /// Those that are there.
    pub offset: u64,
}

/// Where the bytes of a request belong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadAt {
    /// The file's number in the folder, from 0.
    #[serde(default)]
    pub file: u32,
    /// How many bytes of the file are there already.
    pub offset: u64,
}

/// What became of bytes that were taken. They are on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadWritten {
    /// How many bytes of the file are there.
    pub offset: u64,
    /// The item's name in the repository, when these were the last bytes of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}
