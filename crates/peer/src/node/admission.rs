//! Which incoming connections are let in.

use peerpool_wire::id::InfoHash;

use super::{Node, guarding::Answer};
use crate::{
    connection::handshake::Ours,
    credentials::Leash,
    item_data::ItemData,
    listener::{Admission, Arrival},
};

impl Node {
    /// Somebody names an item. In a pool for members the guard decides about it.
    pub(super) fn handle_arrival(&mut self, arrival: Arrival) {
        if arrival.shown.is_none() && self.guarding.is_some() {
            return self.handle_plain(arrival);
        }
        let Arrival { handshake, shown, answer, .. } = arrival;
        match (self.index.get(&handshake.swarm), shown) {
            (Some(item), Some((key, greeting))) => {
                self.meet(key, item, greeting, Answer::Listener(answer));
            }
            (Some(item), None) => drop(answer.send(self.admission(item, None))),
            (None, _) => drop(answer.send(None)),
        }
    }

    /// Where a connection about an item belongs, whose swarm is started if it sleeps.
    pub(super) fn admission(&mut self, item: InfoHash, leash: Option<Leash>) -> Option<Admission> {
        if self.leaving || !self.wake(item) {
            return None;
        }
        let ours = Ours { peer_id: self.peer_id(), item, v1_form: self.index.v1_form(&item) };
        Some(Admission { ours, swarm: self.swarms.orders_of(&item)?, leash })
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
