//! Which incoming connections are let in.

use peerpool_wire::{
    handshake::Handshake,
    id::{InfoHash, WireHash},
};

use super::Node;
use crate::{connection::handshake::Ours, listener::Admission};

impl Node {
    /// Finds the swarm that a handshake names, and starts it if it sleeps.
    pub(super) fn admit(&mut self, handshake: &Handshake) -> Option<Admission> {
        let item = *self.by_wire.get(&handshake.swarm)?;
        if self.leaving || !self.wake(item) {
            return None;
        }
        let swarm = self.swarms.get(&item)?;
        let v1_form = self.v1_forms.get(&item).copied();
        Some(Admission {
            ours: Ours { peer_id: self.environment.peer_id, item, v1_form },
            swarm: swarm.orders.clone(),
        })
    }

    /// Makes an item known to connections under all its hashes.
    pub(super) fn index(&mut self, item: InfoHash) {
        for hash in item.wire_hashes() {
            self.by_wire.insert(hash, item);
        }
        if let Some(hash) = self.metainfo(&item).and_then(|metainfo| metainfo.info.v1_form_hash()) {
            let hash = WireHash(hash.0);
            // An item that has this hash for its own comes first.
            self.by_wire.entry(hash).or_insert(item);
            self.v1_forms.insert(item, hash);
        }
    }

    /// Takes it back, unless the item is still shared or downloaded.
    pub(super) fn unindex(&mut self, item: InfoHash) {
        if !self.names_of.contains_key(&item) && !self.downloads.contains_key(&item) {
            for hash in item.wire_hashes().chain(self.v1_forms.remove(&item)) {
                if self.by_wire.get(&hash) == Some(&item) {
                    self.by_wire.remove(&hash);
                }
            }
        }
    }
}
