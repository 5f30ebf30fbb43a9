//! Which incoming connections are let in.

use peerpool_wire::{handshake::Handshake, id::InfoHash};

use super::Node;
use crate::{connection::handshake::Ours, item_data::ItemData, listener::Admission};

impl Node {
    /// Finds the swarm that a handshake names, and starts it if it sleeps.
    pub(super) fn admit(&mut self, handshake: &Handshake) -> Option<Admission> {
        let item = self.index.get(&handshake.swarm)?;
        if self.leaving || !self.wake(item) {
            return None;
        }
        let ours = Ours { peer_id: self.peer_id(), item, v1_form: self.index.v1_form(&item) };
        Some(Admission { ours, swarm: self.swarms.orders_of(&item)? })
    }

    /// Makes sure that the swarm of an item runs; false when there is nothing to serve.
    pub(super) fn wake(&mut self, item: InfoHash) -> bool {
        if self.swarms.runs(&item) {
            return true;
        }
        // A download's swarm runs as long as the download does, and only then.
        match self.shares.of(&item).cloned() {
            Some(shared) => {
                self.start_swarm(item, ItemData::Shared(shared), None);
                true
            }
            None => false,
        }
    }
}
