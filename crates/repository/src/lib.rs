//! A shared folder on disk: scanning, hashing, watching, and the partial data of downloads.
//!
//! Synchronous: every call blocks as long as the disk needs. [`Repository`] holds the folder; a [`SharedItem`] serves
//! what is complete; a [`PartialItem`] and its [`PieceWriter`]s take what arrives.
//!
//! ```no_run
//! use peerpool_repository::{Cancel, Event, Repository, Scope};
//!
//! let repository = Repository::open("/srv/share".as_ref())?;
//! let refresh = repository.refresh(&Scope::Everything, &Cancel::default(), &|event| {
//!     if let Event::Shared(item) = event {
//!         println!("{} is {}", item.name(), item.info_hash());
//!     }
//! })?;
//! for problem in &refresh.problems {
//!     eprintln!("{problem}");
//! }
//! # Ok::<(), peerpool_repository::RepositoryError>(())
//! ```

mod attributes;
pub mod beneath;
pub mod digest;
mod envelope;
pub mod error;
mod free_name;
mod hashing;
mod home;
mod import;
mod index;
mod links;
mod local_names;
mod lock;
pub mod loose;
mod merkle;
mod open_files;
pub mod partial;
mod problem;
mod reading;
mod records;
pub mod refresh;
pub mod repository;
mod runs;
mod scan;
pub mod shared;
pub mod stamp;
mod torrents;
mod unshared;
pub mod uploads;
pub mod verify;
pub mod watch;
mod writers;

pub use envelope::StateFile;
pub use error::{DiskError, Fault};
pub use free_name::{free_name, is_taken};
pub use import::Brought;
pub use index::HashIndex;
pub use partial::{DownloadState, PartialError, PartialItem, PieceWriter, Verdict, Wanted};
pub use reading::FileRun;
pub use records::Records;
pub use refresh::{Cancel, Event, Refresh, Scope};
pub use repository::{Repository, RepositoryError};
pub use shared::{ReadError, SharedItem};
pub use watch::Watcher;
