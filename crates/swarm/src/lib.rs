//! One item's exchange of pieces, as a pure state machine.
//!
//! A [`Swarm`] decides everything about the exchange of one item: which piece to ask of whom, what to send
//! to whom, who is served and who is banned. It does nothing itself. Its driver owns the sockets, the disk
//! and the clock, and keeps to this contract:
//!
//! ```text
//! loop {
//!     swarm.handle(now, input, &mut outbox);          // something happened
//!     while let Some(output) = outbox.pop() { … }     // do all of it, in order, before the next input
//!     wait for the next input, or until swarm.next_timeout(), which is Input::Tick
//! }
//! ```
//!
//! - Inputs of one connection come in the order in which they happened on it.
//! - After [`Output::Disconnect`] no further input of that connection is told; one that is, is passed over.
//! - The same inputs at the same times with the same seed give the same outputs.
//! - Payload bytes do not pass through here: a block is a handle `B` that goes from [`Input::Block`] to
//!   [`Output::Store`] unseen.

mod answers;
mod bucket;
mod config;
mod connection;
mod input;
pub mod metadata;
mod neighbours;
mod output;
mod picker;
mod rate;
mod requests;
mod serving;
mod stats;
mod super_seed;
mod suspicions;
mod swarm;
mod timers;
mod trees;

pub use config::{Config, Item};
pub use input::{Command, ConnId, Form, HeardFrom, Input, Remote, Verdict};
pub use output::{Event, Outbox, Output, Reason};
pub use stats::{ConnStats, Stats};
pub use swarm::Swarm;
