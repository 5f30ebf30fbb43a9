//! What a person ought to know of, and do something about.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that is not as its owner expects: a file that is not shared, a folder that is not watched, an address that
/// nobody reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// For programs.
    pub code: ProblemCode,
    /// What it is about: a path in the repository (bytes that are not UTF-8 are replaced) or an item's name; left out when
    /// it is about the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For people: what is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(path) = &self.path else {
            return f.write_str(&self.message);
        };
        let how = match self.code {
            ProblemCode::NotShared => " is not shared",
            ProblemCode::LeftOut => " is left out",
            ProblemCode::NotWatched => " is not watched",
            _ => "",
        };
        write!(f, "{path}{how}: {}", self.message)
    }
}

/// What kind of problem it is. New codes may appear; a client that does not know one sees `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// An item, or a file without which the item would be another, is not shared.
    NotShared,
    /// An item is shared without this file, link or folder.
    LeftOut,
    /// Changes in this folder are not noticed at once.
    NotWatched,
    /// A file is kept under another name than its own, which this file system cannot hold.
    Renamed,
    /// What is downloaded or recorded cannot be read or written.
    Disk,
    /// The tracker does not list an item.
    NotListed,
    /// Other peers cannot connect to this one.
    Unreachable,
    /// A limit of the system is too low for what the peer does.
    Limit,
    /// The repository's folder is not what it was when the peer started.
    Repository,
    /// A code this version does not know, or none of the above.
    #[serde(other)]
    Other,
}
