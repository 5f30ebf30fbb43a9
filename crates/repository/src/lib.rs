//! A shared folder on disk: scanning, hashing, watching, and the partial data of downloads.

pub mod beneath;
pub mod digest;
pub mod error;
mod lock;
pub mod stamp;
