//! A shared folder on disk: scanning, hashing, watching, and the partial data of downloads.
//!
//! Synchronous: every call blocks as long as the disk needs. [`Repository`] holds the folder; [`SharedItem`] is read
//! to serve what is complete; [`PartialItem`] and [`PieceWriter`] take what arrives.

pub mod beneath;
pub mod digest;
pub mod error;
mod lock;
pub mod partial;
pub mod refresh;
pub mod repository;
pub mod shared;
pub mod stamp;
pub mod watch;

pub use error::{DiskError, Fault};
pub use partial::{PartialError, PartialItem, PieceWriter, Verdict, Wanted};
pub use refresh::{Cancel, Event, Refresh, Scope};
pub use repository::{Repository, RepositoryError};
pub use shared::{ReadError, SharedItem};
pub use watch::Watcher;
