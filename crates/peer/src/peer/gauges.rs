//! What is bounded, beside its bound, for those who watch the peer.

use crate::{
    budget::{AllQueued, Handles, Slots},
    hashing,
    metrics::{Bounded, Registry},
    node::{self, NodeHandle},
    swarm_task::Environment,
};

pub(super) fn watch(
    registry: &mut Registry,
    environment: &Environment,
    handles: Handles,
    handshakes: &Slots,
    node: &NodeHandle,
) {
    let (open, handshakes, node) = (environment.network.slots().clone(), handshakes.clone(), node.clone());
    registry.connections("open", Bounded::new(handles.connections, move || open.taken()));
    registry.connections("handshake", Bounded::new(handles.handshakes, move || handshakes.taken()));
    let (storage, hashing) = (environment.storage.clone(), environment.hashing.clone());
    registry.queue("node", Bounded::new(node::INBOX, move || node.waiting()));
    registry.queue("storage", Bounded::new(storage.bound(), move || storage.waiting()));
    registry.queue("block_hashes", Bounded::new(hashing::QUEUE, move || hashing.waiting()));
    let (received, sent) = (environment.received.clone(), environment.sent.clone());
    let queued = environment.queued.clone();
    registry.memory("received", Bounded::new(received.limit(), move || received.used()));
    registry.memory("to_send", Bounded::new(sent.limit(), move || sent.used()));
    registry.memory("messages", Bounded::new(AllQueued::BOUND, move || queued.bytes()));
}
