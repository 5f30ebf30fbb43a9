//! The tracker: announces, the peer channel, REST and the store around the pure catalogue.
//!
//! One task, the *desk*, owns the catalogue; one task owns the store; each connection has a task of its own. They
//! talk over bounded queues. The desk waits for the store alone, a connection may wait for both, and the desk never
//! waits for a connection: a peer that does not read is disconnected.

mod announce;
mod channel;
mod clock;
mod connection;
mod desk;
mod discovery;
mod error;
mod express;
mod host;
mod listener;
mod memory;
mod places;
mod probe;
mod rest;
mod router;
mod sessions;
mod store;
mod torrent;
mod tracker;

pub use error::StartError;
pub use tracker::{Config, Tracker, default_data_folder};
