//! A peer: sockets, disk and the tracker channel around the pure cores.
//!
//! [`Peer::start`] opens a repository, listens for peers and serves the control API on the repository's Unix socket;
//! everything else is commanded through that API.
//!
//! One task, the *node*, owns what the peer knows: its shared items, its downloads, the running swarms. Each running
//! swarm has a task of its own, each connection two, the tracker channel one. They talk over bounded queues, and the
//! one rule that keeps them from waiting in a circle is: the node waits for nobody, a swarm waits for the node alone,
//! everybody else may wait for both.

mod addresses;
mod api;
mod budget;
mod buffer;
mod channel;
mod clock;
mod code;
mod connection;
mod credentials;
mod error;
mod event_sender;
mod get;
mod hashing;
mod history;
mod item_data;
mod limits;
mod listener;
pub mod membership;
mod metadata;
mod metrics;
mod node;
mod peer;
mod pulse;
mod scanner;
mod storage;
mod swarm_task;
mod told;
mod transport;
mod zip;

pub use credentials::{Keep, Membership};
pub use error::{DoorError, PeerError, TrackerError};
pub use peer::{Config, Peer, Process, ReloadRequest, Resources};
