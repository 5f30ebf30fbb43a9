//! What is not shared as it stands, and why.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::error::{DiskError, Fault};

/// A path of the repository that is not shared as it stands.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The top-level name it belongs to, as far as it can be written.
    pub item: String,
    /// The path in the repository.
    pub path: PathBuf,
    /// Why it is not shared.
    pub cause: Cause,
}

/// Why a path is not shared.
#[derive(Debug, Clone)]
pub enum Cause {
    /// A symbolic link that leads out of its item, or would be an item itself: left out, the rest of its folder is
    /// shared.
    SymbolicLink,
    /// A device, socket or named pipe: left out, the rest of its folder is shared.
    SpecialFile,
    /// The name is not UTF-8, so that it cannot be written in a torrent: left out, the rest of its folder is shared.
    NotUtf8,
    /// A name or path too long or deep for any torrent: left out, the rest of its folder is shared.
    NoRoom(String),
    /// A folder without anything in it, which no torrent can hold: left out.
    EmptyFolder,
    /// This many more paths are left out of the item.
    MoreLeftOut(usize),
    /// It stands under a marked name in place of this path, which the file system cannot hold; it is shared under its
    /// own.
    Renamed(String),
    /// The file or folder cannot be read. Without permission to read it, it is left out of its folder; when the disk
    /// fails, the item is withheld.
    Unreadable(Arc<DiskError>),
    /// It disappeared during the scan: its item is withheld until the next refresh.
    Vanished,
    /// It changed while it was hashed: its item is withheld until it stays unchanged.
    Changing,
    /// Somebody has it open for writing, and wrote to it lately: its item is withheld until it is closed or stays
    /// unchanged.
    BeingWritten,
    /// Changes in it are not noticed as they happen, but at the next scan of everything; the text says why.
    Unwatched(String),
    /// Something is wrong with the repository's own state; the text says what to do.
    State(String),
    /// The torrent by which it was shared is missing or damaged: it is shared under its canonical one.
    TorrentLost,
    /// There is nothing in it to share: an empty file, or a folder without a byte.
    Empty,
    /// No torrent can describe it; the text says why.
    Unfit(String),
}

impl Cause {
    /// Whether the whole item is withheld, and not only the path left out of it.
    pub fn withholds_item(&self) -> bool {
        match self {
            Self::SymbolicLink | Self::SpecialFile | Self::NotUtf8 | Self::NoRoom(_) => false,
            Self::EmptyFolder | Self::MoreLeftOut(_) | Self::Renamed(_) => false,
            Self::Unwatched(_) | Self::State(_) | Self::TorrentLost => false,
            Self::Unreadable(error) => error.fault() != Fault::Denied,
            Self::Vanished | Self::Changing | Self::BeingWritten | Self::Empty | Self::Unfit(_) => true,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::SymbolicLink => f.write_str(
                "symbolic links that lead out of their item are not shared: put the file itself there",
            ),
            Cause::SpecialFile => f.write_str("neither a file nor a folder"),
            Cause::NotUtf8 => f.write_str("the name is not UTF-8: rename it"),
            Cause::NoRoom(reason) => f.write_str(reason),
            Cause::EmptyFolder => f.write_str("a torrent cannot hold an empty folder"),
            Cause::Renamed(path) => {
                write!(f, "this file stands in for `{path}`, a name that this file system cannot hold")
            }
            Cause::MoreLeftOut(count) => write!(f, "{count} more files, folders or links in it are left out"),
            Cause::Unreadable(error) => error.fmt(f),
            Cause::Vanished => f.write_str("it disappeared while it was read"),
            Cause::Changing => f.write_str("it is changing; it is shared once it stays unchanged"),
            Cause::BeingWritten => f.write_str("somebody is writing to it; it is shared once they are done"),
            Cause::Unwatched(reason) => {
                write!(f, "changes in it are noticed late, at a periodic scan or at `update`: {reason}")
            }
            Cause::State(reason) => f.write_str(reason),
            Cause::TorrentLost => f.write_str(
                "the torrent it was shared by is lost, so it is now another item: use `share --torrent` again",
            ),
            Cause::Empty => f.write_str("it has no bytes to share"),
            Cause::Unfit(reason) => f.write_str(reason),
        }
    }
}

impl Problem {
    pub(crate) fn new(item: &str, path: &Path, cause: Cause) -> Self {
        Self { item: item.to_owned(), path: path.to_owned(), cause }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Unwatched(_) | Cause::State(_) | Cause::TorrentLost | Cause::Renamed(_) => {
                write!(f, "`{}`: {}", self.path.display(), self.cause)
            }
            cause => write!(f, "`{}` is not shared: {cause}", self.path.display()),
        }
    }
}
