//! What one connection, one host and all of them together may hold of what every one of them needs.
//!
//! Two rules run through it. A host may use whatever is free, and gives way when another waits: many honest peers
//! share an address behind NAT, so shares do better than small fixed limits. And who makes progress keeps its slot:
//! whoever is idle, or slow, is the one that gives way.

mod asked;
mod handles;
mod queued;
mod seats;
mod slots;
mod spell;

use std::time::Duration;

pub(crate) use self::{
    asked::Asked,
    handles::Handles,
    queued::{AllQueued, Queued, longest_answer, weight},
    slots::{Notice, Slot, Slots},
    spell::Spell,
};

/// Connections over all items; fewer where the process may have few handles ([`Handles`]).
pub(crate) const CONNECTIONS: usize = 2000;
/// Connections whose handshake is not done, over and above.
pub(crate) const HANDSHAKES: usize = 1024;
/// Time that a handshake has while none of its own host waits for longer, however many come.
const HANDSHAKE: Duration = Duration::from_millis(500);
/// Received payload in memory on its way to the disk, in bytes.
pub(crate) const RECEIVED: usize = 24 << 20;
/// Payload in memory on its way to sockets, in bytes.
pub(crate) const SENT: usize = 12 << 20;
