//! The tracker: announces, the peer channel, REST and the store around the pure catalogue.
//!
//! One task owns the catalogue, one owns the store, and each connection has a task of its own. They talk over bounded
//! queues. The catalogue's task waits for the store alone, a connection may wait for both, and the catalogue's task never
//! waits for a connection: a peer that does not read is disconnected.

mod announce;
mod app;
mod awaited;
mod catalogue_task;
mod channel;
mod clock;
mod closed;
mod connection;
mod control;
mod discovery;
mod drain;
mod entrance;
mod error;
mod fast_path;
mod feed;
mod files;
mod followers;
mod gateway;
mod https;
mod lease;
mod links;
mod listener;
mod live;
mod machine;
pub mod members;
mod memory;
mod metrics;
mod oidc;
mod onlooker;
mod outgoing;
mod outside;
mod protocol;
mod request_error;
mod rest;
mod router;
mod search;
mod sessions;
mod slots;
mod stock;
mod store;
mod torrent;
mod tracker;
mod viewer;

// The tests of links are also peers, as those in `tests/`.
#[cfg(test)]
extern crate self as peerpool_tracker;

pub use control::ReloadRequest;
pub use error::StartError;
pub use https::{AcmeConfig, CertificateError, CertificateFiles};
pub use links::LinkKeyError;
pub use oidc::{OidcConfig, OidcSetupError};
pub use outgoing::TrustError;
pub use store::{Database, DatabaseError};
pub use tracker::{Config, Process, Tracker, default_data_folder};
