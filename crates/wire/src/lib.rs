//! Everything that crosses the network, as types and bytes.
//!
//! This crate is pure: it parses, checks and writes. It opens no file or socket, reads no clock and draws no
//! randomness. Whatever it reads is bounded before memory is allocated for it.
//!
//! ```
//! use peerpool_wire::{canonical::{Builder, FileHasher}, metainfo::Metainfo};
//!
//! // Every peer that has this file under this name makes the same torrent.
//! let mut hasher = FileHasher::new(16 * 1024);
//! hasher.update(b"hello");
//! let metainfo = Builder::new(16 * 1024).file(Vec::new(), hasher.finish()).finish("greeting.txt")?;
//!
//! let read = Metainfo::from_torrent(&metainfo.to_torrent(&[]))?;
//! assert_eq!(read.info.hash(), metainfo.info.hash());
//! assert_eq!((read.info.name(), read.info.length()), ("greeting.txt", 5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod announce;
pub mod bencode;
pub mod bitfield;
pub mod canonical;
pub mod channel;
pub mod digest;
pub mod extension;
pub mod geometry;
pub mod handshake;
pub mod host;
pub mod id;
pub mod link;
pub mod magnet;
pub mod merkle;
pub mod message;
pub mod metainfo;
pub mod networks;
pub mod piece_layers;
pub mod time;
