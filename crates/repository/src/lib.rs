//! A shared folder on disk: scanning, hashing, watching, and the partial data of downloads.
//!
//! Synchronous: every call blocks as long as the disk needs. [`Repository`] holds the folder; [`SharedItem`] is read
//! to serve what is complete; [`PartialItem`] and [`PieceWriter`] take what arrives.

mod attributes;
pub mod beneath;
mod completion;
pub mod digest;
mod envelope;
pub mod error;
mod hashing;
mod home;
mod import;
mod index;
mod links;
mod local_names;
mod lock;
pub mod loose;
mod merkle;
mod offering;
mod open_files;
pub mod partial;
mod reading;
pub mod refresh;
pub mod repository;
mod runs;
mod scan;
pub mod shared;
pub mod stamp;
mod torrents;
mod unshared;
pub mod verify;
pub mod watch;
mod writers;

pub use envelope::StateFile;
pub use error::{DiskError, Fault};
pub use import::Brought;
pub use partial::{PartialError, PartialItem, PieceWriter, Verdict, Wanted};
pub use reading::FileRun;
pub use refresh::{Cancel, Event, Refresh, Scope};
pub use repository::{Repository, RepositoryError};
pub use shared::{ReadError, SharedItem};
pub use watch::Watcher;
