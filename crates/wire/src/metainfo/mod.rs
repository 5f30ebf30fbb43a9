//! Torrent metainfo, v1, v2 and hybrid (BEP 3, 27, 47, 52), read strictly.
//!
//! [`MetainfoError`] lists what is refused, and why. Whatever is accepted stays inside the item's own folder,
//! has no more pieces and bytes than numbers hold, and, where it is a hybrid, describes the same files twice.
//! Keys of `info` must stand in order, since the order of a file tree is the order of its files; elsewhere
//! they need not. No key may come twice.

mod attributes;
mod error;
mod fields;
mod hybrid;
mod info;
pub mod names;
mod torrent;
mod v1;
mod v1_form;
mod v2;

pub use error::{MetainfoError, NameFault};
pub use info::{File, Info, Kind, MAX_INFO, V2Piece, hashes};
pub use torrent::{MAX_TORRENT, MAX_TRACKERS, Metainfo};
