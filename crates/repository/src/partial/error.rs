//! Why a download cannot go on.

use std::path::PathBuf;

use crate::error::DiskError;

/// Why a download cannot go on. Other downloads are unaffected.
#[derive(Debug, thiserror::Error)]
pub enum PartialError {
    /// The disk failed. Nothing was recorded that is not on disk; resume when the cause is gone.
    #[error("download of `{item}`: {source}")]
    Disk {
        /// The item's name.
        item: String,
        /// What failed, on which path.
        source: DiskError,
    },
    /// The disk has no room for what is missing of it.
    #[error(
        "no space left for `{item}`: {missing} bytes of it are missing, and the disk of the repository has {free} left{}; \
         free some, {}or get some of its files only",
        for_others(*promised),
        if *promised > 0 { "stop another download, " } else { "" }
    )]
    NoRoom {
        /// The item's name.
        item: String,
        /// Bytes that are wanted and not here.
        missing: u64,
        /// Bytes that are free.
        free: u64,
        /// Bytes that other open downloads still need.
        promised: u64,
    },
    /// A different file or folder of that name is in the repository: complete under another name.
    #[error("download of `{item}`: a different `{path}` exists already; choose another name", path = path.display())]
    NameTaken {
        /// The item's name.
        item: String,
        /// What stands in the way.
        path: PathBuf,
    },
    /// Completion was asked for before all pieces were verified.
    #[error("download of `{item}`: {missing} pieces are not verified yet")]
    Incomplete {
        /// The item's name.
        item: String,
        /// Number of missing pieces.
        missing: u32,
    },
    /// Somebody else wrote to one of its files during completion. The next attempt verifies that file again.
    #[error("download of `{item}`: somebody else just changed its file `{path}`; resume it")]
    Touched {
        /// The item's name.
        item: String,
        /// The file, as a path inside the item.
        path: String,
    },
    /// The item cannot be stored as described.
    #[error("download of `{item}`: {reason}")]
    Unfit {
        /// The item's name.
        item: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Data was given that does not lie in the piece on block boundaries.
    #[error("download of `{item}`: {length} bytes at {begin} are not whole blocks of piece {piece}")]
    NotBlocks {
        /// The item's name.
        item: String,
        /// Piece index.
        piece: u32,
        /// Where the data begins in it, in bytes.
        begin: u32,
        /// The length of the data in bytes.
        length: usize,
    },
}

impl PartialError {
    /// For `map_err`: what the disk refused to a download.
    pub(crate) fn disk(item: &str) -> impl Fn(DiskError) -> Self + use<> {
        let item = item.to_owned();
        move |source| Self::Disk { item: item.clone(), source }
    }
}

fn for_others(promised: u64) -> String {
    match promised {
        0 => String::new(),
        promised => format!(", {promised} of them for other downloads"),
    }
}
