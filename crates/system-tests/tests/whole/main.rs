//! What a pool does when nothing goes wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod demo;
mod memory;
mod original;
mod three_holders;
mod trees;
