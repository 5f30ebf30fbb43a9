//! The vocabulary of the system tests: a pool whose tracker and peers are child processes of the release binary.
//!
//! A test reads like the situation that it claims something about:
//!
//! ```no_run
//! use peerpool_system_tests::Pool;
//!
//! let pool = Pool::new();
//! let film = pool.random_file("film.bin", 64 << 20, 1);
//! let _holder = pool.peer("holder").with(&film).start();
//! let reader = pool.peer("reader").start();
//! reader.fetch(&film);
//! film.assert_equal(&reader.path("film.bin"));
//! ```
//!
//! The binary is `$PEERPOOL_BIN`, or else `target/release/peerpool`. Ports are chosen by the system, everything on
//! disk lies in one temporary folder, and a process that outlives its pool fails the test.

#![allow(
    clippy::result_large_err,
    reason = "what a wait last saw is its error, for the message of a failed test"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, and this crate is nothing but tests"
)]

mod announces;
mod chance;
mod channel;
mod cluster;
mod content;
mod folder;
mod liar;
mod manager;
mod measure;
mod network;
mod peer;
mod pool;
mod postgres;
mod program;
mod stock;
mod stock_client;
mod terminal;
mod waiting;
mod watch;
mod wire;
mod witness;

pub use announces::{Announced, Announces};
pub use chance::Chance;
pub use channel::Channel;
pub use cluster::{Cluster, NODES};
pub use content::Content;
pub use folder::Folder;
pub use liar::Liar;
pub use manager::Manager;
pub use measure::{Holding, Usage, holding, taken_from, usage};
pub use network::{Inside, Network};
pub use peer::{Peer, PeerBuilder};
pub use pool::{Pool, address_in};
pub use postgres::Postgres;
pub use program::{Ended, Program};
pub use rustix::process::Signal;
pub use stock::{Announce, announce, http_get, try_announce};
pub use stock_client::{StockClient, Torrent};
pub use terminal::Terminal;
pub use waiting::{PATIENCE, TRANSFER, until};
pub use watch::{Watch, Watched};
pub use wire::{Heard, Wire, connect};
pub use witness::witness;
