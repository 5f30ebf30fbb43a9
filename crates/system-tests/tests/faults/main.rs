//! What a pool survives.

#![allow(
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod corrupting_holder;
mod few_handles;
mod full_disk;
mod killed_downloader;
mod killed_holder;
mod partition;
mod read_only_disk;
mod stopped_readers;
mod tracker_restart;
