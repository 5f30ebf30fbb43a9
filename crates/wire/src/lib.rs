//! Everything that crosses the network, as types and bytes.
//!
//! A pure crate: it parses, checks and writes. It opens nothing, reads no clock and draws no randomness.

pub mod announce;
pub mod bencode;
pub mod bitfield;
pub mod canonical;
pub mod channel;
pub mod extension;
pub mod geometry;
pub mod handshake;
pub mod id;
pub mod magnet;
pub mod merkle;
pub mod message;
pub mod metainfo;
pub mod piece_layers;
pub mod time;
