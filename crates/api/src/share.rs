//! The repository: what this peer shares.

use peerpool_wire::id::InfoHash;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ItemKind, Problem, Source};

/// Share a file or folder.
///
/// A path inside the repository is shared where it is (and shared again when it had been unshared). A path outside
/// becomes an item of the same name: by reflink where the file system can, else by copy. It is never a hard
/// link, since a write to the original would change what is shared. A different entry of that name is an error of
/// code `exists`.
///
/// By a torrent that another program made, the item is shared under that torrent's identity in place of its own, for as
/// long as its files stay as they are: one name is one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// An absolute path, or one in the repository. It may be left out when there is a `torrent`: then it is what the
    /// repository has under that torrent's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The bytes of a .torrent file in base64: share the path as this torrent, if every byte agrees with it. Then the
    /// answer comes once all of it has been compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torrent: Option<String>,
}

/// Share an item no longer. Its file stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unshare {
    /// The item's name in the repository, or a path to it.
    pub name: String,
}

/// What the repository has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Repository {
    /// Its absolute path.
    pub path: String,
    /// Those of its items that were asked for; by name, unless they were to be sorted.
    pub items: Vec<SharedItem>,
    /// How many items match, however many of them are here; none from a peer of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Hashing, while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashing: Option<Hashing>,
    /// What its owner ought to know of.
    pub problems: Vec<Problem>,
}

/// An item of the repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedItem {
    /// Its name.
    pub name: String,
    /// What identifies it, once it is hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub hash: Option<InfoHash>,
    /// A file or a folder.
    pub kind: ItemKind,
    /// Bytes of its files, padding not counted.
    pub size: u64,
    /// How many files.
    pub files: u64,
    /// How it stands.
    pub state: ShareState,
    /// Bytes given to others in this run.
    pub uploaded: u64,
    /// How many peers are connected that took some of it.
    #[serde(default)]
    pub takers: u32,
    /// Bytes a second that go to them now.
    #[serde(default)]
    pub rate_up: u64,
}

/// An item of the repository, and who takes it. Also the row of the view `shared/{hash}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SharedDetail {
    /// The item.
    #[serde(flatten)]
    pub item: SharedItem,
    /// How many pieces it has.
    pub pieces_total: u32,
    /// The peers that are connected for it.
    pub peers: Vec<Source>,
}

/// How an item of the repository stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareState {
    /// Being hashed, not yet offered.
    Hashing,
    /// Offered.
    Shared,
    /// Offered in part: a download that is not complete.
    Partial,
    /// Kept back by `unshare`.
    Unshared,
}

/// How far hashing is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hashing {
    /// The item at hand.
    pub name: String,
    /// Bytes hashed, of all that waits.
    pub bytes_done: u64,
    /// Bytes that wait, those done included.
    pub bytes_total: u64,
    /// Bytes a second.
    pub rate: u64,
}
