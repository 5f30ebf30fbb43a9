//! Questions for a part of a long list, and their answers. Since version 3.

use serde::{Deserialize, Serialize};

use super::{
    CatalogueItem, Cursor, Holder, ItemKind, MAX_BATCH, MAX_FILE_PATH, MAX_HOLDERS, MAX_NAME, MAX_ORDER,
    MAX_PEERS, MAX_QUERY, PeerInfo, bounded,
};
use crate::id::InfoHash;

/// Which items are wanted, in which order, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemSearch {
    /// Words and facets, as people write them: `bai giang kind:folder size:>1G holder:An`.
    #[serde(deserialize_with = "bounded::text::<MAX_QUERY, _>")]
    pub text: String,
    /// Only files, or only folders.
    pub kind: Option<ItemKind>,
    /// At least so many bytes.
    pub min: Option<u64>,
    /// At most so many bytes.
    pub max: Option<u64>,
    /// Only what the peer of this display name has.
    #[serde(deserialize_with = "bounded::optional_text::<MAX_NAME, _>")]
    pub holder: Option<String>,
    /// Whether to include items that nobody online has.
    pub offline: bool,
    /// What decides the order.
    pub sort: ItemSort,
    /// Whether the greatest comes first.
    pub desc: bool,
    /// An order from an earlier answer, to go on in; the tracker makes a new one when it no longer has it.
    #[serde(deserialize_with = "bounded::optional_text::<MAX_ORDER, _>")]
    pub order: Option<String>,
    /// Where the page before ended, in the order of names; `offset` counts from there.
    pub cursor: Option<Cursor>,
    /// How many items to leave out.
    pub offset: u32,
    /// How many items are wanted, at most [`MAX_BATCH`]; 0 leaves the number to the tracker.
    pub limit: u32,
}

/// What decides the order of items. Those that are equal in it come by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemSort {
    /// Their names, without case and accents.
    #[default]
    Name,
    /// Bytes of content.
    Size,
    /// How long they have been known: what became known last has the least age.
    Age,
    /// When they became known.
    Added,
    /// How many peers have all of them, then how many have a part.
    Holders,
    /// How much of them peers online have between them.
    Completeness,
    /// Files before folders.
    Kind,
}

/// A part of the items that a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemsFound {
    /// Names the order of these items, for the next page.
    #[serde(deserialize_with = "bounded::text::<MAX_ORDER, _>")]
    pub order: String,
    /// How many items the search found in all.
    pub total: u32,
    /// How many of them come before these.
    pub offset: u32,
    /// The items, as they stand now; those that are gone since the order was made are left out.
    #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
    pub items: Vec<CatalogueItem>,
    /// Where the next page starts, in the order of names; `None` at the end, and in other orders.
    pub next: Option<Cursor>,
}

/// Which entries of a folder within an item are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSearch {
    /// The item.
    pub info_hash: InfoHash,
    /// The folder, as a path within the item with `/` between its parts; empty for the item's own.
    #[serde(deserialize_with = "bounded::text::<MAX_FILE_PATH, _>")]
    pub under: String,
    /// How many entries to leave out.
    pub offset: u32,
    /// How many entries are wanted, at most [`MAX_BATCH`].
    pub limit: u32,
}

/// A part of a folder's entries: folders first, then by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesFound {
    /// How many entries the folder has.
    pub total: u32,
    /// Some of them.
    #[serde(deserialize_with = "bounded::list::<MAX_BATCH, _, _>")]
    pub entries: Vec<FileEntry>,
}

/// One entry of a folder within an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name.
    #[serde(deserialize_with = "bounded::text::<MAX_FILE_PATH, _>")]
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes; a folder's, those of all files below it.
    pub length: u64,
    /// How many files it is: 1, or as many as there are below a folder.
    pub files: u32,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link.
    Link,
}

/// A part of an item's holders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldersFound {
    /// How many there are.
    pub total: u32,
    /// Some of them.
    #[serde(deserialize_with = "bounded::list::<MAX_HOLDERS, _, _>")]
    pub holders: Vec<Holder>,
}

/// Which peers are wanted, in which order, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerSearch {
    /// Words that stand in their name or address, or with which their program begins, without regard to case and accents.
    #[serde(deserialize_with = "bounded::text::<MAX_QUERY, _>")]
    pub text: String,
    /// What decides the order.
    pub sort: PeerSort,
    /// Whether the greatest comes first.
    pub desc: bool,
    /// How many peers to leave out.
    pub offset: u32,
    /// How many peers are wanted, at most [`MAX_PEERS`]; 0 for as many.
    pub limit: u32,
}

/// What decides the order of peers. Those that are equal in it come by peer id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerSort {
    /// Their names, without case and accents.
    #[default]
    Name,
    /// How many items they registered.
    Items,
    /// How long they have been connected.
    Connected,
    /// Their addresses.
    Address,
}

/// A part of the peers that a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeersFound {
    /// How many it found in all.
    pub total: u32,
    /// Some of them.
    #[serde(deserialize_with = "bounded::list::<MAX_PEERS, _, _>")]
    pub peers: Vec<PeerInfo>,
}
