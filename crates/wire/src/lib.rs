//! Everything that crosses the network, as types and bytes.
//!
//! A pure crate: it parses, checks and writes. It opens nothing, reads no clock and draws no randomness.

pub mod id;
pub mod time;
