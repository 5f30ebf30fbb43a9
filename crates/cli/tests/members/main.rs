//! A pool for members on the command line, from end to end: a tracker, and devices that join it, ask it and change it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

mod access;
mod keys;
mod listing;
mod managing;
mod people;
mod starting;
mod world;
