//! An item being downloaded: its data and its state under `.peerpool/partial/<info-hash>/`.
//!
//! - `torrent` is the item's torrent;
//! - `content` is the file or the folder in the making: sparse files of their full length;
//! - `state` says which pieces are verified. It is replaced as a whole, and only after the data that it speaks of was
//!   synced, so that after a crash or a power cut nothing is recorded that is not there.
//!
//! What was written after the last checkpoint is not lost either: when the download is opened again, data in pieces
//! that are not recorded as verified is read and hashed once.

mod error;
mod files;
mod holes;
mod item;
mod resume;
mod state;
mod store;
mod writer;

pub use error::PartialError;
pub use item::PartialItem;
pub use resume::{Resumed, ResumedPiece};
pub use state::DownloadState;
pub use store::PartialListing;
pub use writer::{PieceWriter, Verdict};

pub(crate) use files::CONTENT;
pub(crate) use store::Partials;

use std::collections::BTreeSet;

/// What of an item is downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Every file.
    Whole,
    /// Only these files, as indexes into [`peerpool_wire::metainfo::Info::files`].
    Files(BTreeSet<usize>),
}

impl Wanted {
    /// Whether the file of that index belongs to it.
    pub fn has_file(&self, file: usize) -> bool {
        match self {
            Wanted::Whole => true,
            Wanted::Files(files) => files.contains(&file),
        }
    }

    /// The union of both.
    pub(crate) fn with(self, other: Wanted) -> Wanted {
        match (self, other) {
            (Wanted::Files(mut files), Wanted::Files(others)) => {
                files.extend(others);
                Wanted::Files(files)
            }
            _ => Wanted::Whole,
        }
    }
}
