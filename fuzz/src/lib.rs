//! Fuzz targets, as plain functions of some bytes: whatever the bytes are, none of them panics.
//!
//! `fuzz_targets/` calls them under libFuzzer (`./test --fuzz`, `cargo fuzz run --features libfuzzer NAME`),
//! `tests/replay.rs` with the inputs in `corpus/`. A target also states what must hold of what was read, above all
//! that it is read again as it is written.

#![forbid(unsafe_code)]

mod access;
mod announce;
mod catalogue;
mod channel;
mod extension;
mod handshake;
mod link;
mod magnet;
mod message;
mod metainfo;
mod passkey;
mod records;
mod resume;
mod supply;
mod swarm;

pub use access::access;
pub use announce::announce;
pub use catalogue::catalogue;
pub use channel::channel;
pub use extension::extension;
pub use handshake::handshake;
pub use link::link;
pub use magnet::magnet;
pub use message::message;
pub use metainfo::metainfo;
pub use passkey::passkey;
pub use records::records;
pub use resume::{resume, rewrite};
pub use swarm::swarm;

/// A target: takes any bytes, and panics when something is wrong.
pub type Target = fn(&[u8]);

/// All targets, by the names of their folders in `corpus/`.
pub const TARGETS: [(&str, Target); 14] = [
    ("access", access),
    ("announce", announce),
    ("catalogue", catalogue),
    ("channel", channel),
    ("extension", extension),
    ("handshake", handshake),
    ("link", link),
    ("magnet", magnet),
    ("message", message),
    ("metainfo", metainfo),
    ("passkey", passkey),
    ("records", records),
    ("resume", resume),
    ("swarm", swarm),
];
