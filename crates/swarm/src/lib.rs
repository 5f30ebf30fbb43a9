//! One item's exchange of pieces, as a pure state machine.
//!
//! A [`Swarm`] decides everything about the exchange of one item: which piece to ask of whom, what to send
//! to whom, who is served and who is banned. It does nothing itself. Its driver owns the sockets, the disk
//! and the clock, and drives it like this:
//!
//! ```no_run
//! # use peerpool_swarm::{ConnId, Input, Outbox, Output, Swarm, Verdict};
//! # use peerpool_wire::{geometry::{Piece, Span}, message::Message, time::Time};
//! # trait World {
//! #     fn now(&self) -> Time;
//! #     fn input_before(&mut self, due: Option<Time>) -> Option<Input<Vec<u8>>>;
//! #     fn send(&mut self, conn: ConnId, message: Message);
//! #     fn read_and_send(&mut self, conn: ConnId, span: Span);
//! #     fn write(&mut self, span: Span, data: Vec<u8>);
//! #     fn check(&mut self, piece: Piece);
//! #     fn perform(&mut self, output: Output<Vec<u8>>);
//! # }
//! fn drive(swarm: &mut Swarm<Vec<u8>>, world: &mut impl World) {
//!     let mut outbox = Outbox::new();
//!     loop {
//!         // Waits until something happens, or until the swarm wants a tick.
//!         let input = world.input_before(swarm.next_timeout()).unwrap_or(Input::Tick);
//!         swarm.handle(world.now(), input, &mut outbox);
//!         // Does all of it, in order, before the next input.
//!         while let Some(output) = outbox.pop() {
//!             match output {
//!                 Output::Send { conn, message } => world.send(conn, message),
//!                 Output::SendBlock { conn, span } => world.read_and_send(conn, span), // later: Input::Sent
//!                 Output::Store { span, data, .. } => world.write(span, data),
//!                 Output::Verify { piece, .. } => world.check(piece), // later: Input::Verified
//!                 other => world.perform(other),
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! The contract:
//!
//! - Inputs of one connection come in the order in which they happened on it.
//! - After [`Output::Disconnect`] the swarm passes over further inputs of that connection.
//! - The same inputs at the same times with the same seed give the same outputs.
//! - What [`Rights`] do not allow, the swarm neither sends nor asks for, and nobody who never had them asks twice.
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
mod wished;

pub use config::{Config, Item};
pub use input::{Command, ConnId, Form, HeardFrom, Input, Remote, Rights, Verdict};
pub use output::{Event, Outbox, Output, Reason};
pub use stats::{ConnStats, Stats};
pub use swarm::Swarm;
