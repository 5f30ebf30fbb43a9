//! What this peer and the tracker tell each other.

use std::collections::BTreeMap;

use peerpool_wire::{channel::Holder, id::PeerId};

use super::{asks::Asks, doubts::Doubts, reachability::Reachability, registration::Registrations};
use crate::channel::ChannelHandle;

/// Names are a convenience; a pool that turns over for weeks does not fill the memory with them.
const MAX_NAMES: usize = 5_000;

/// The peer's side of the channel: what was told, what is to be told, and what the tracker said.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) channel: ChannelHandle,
    pub(super) names: PeerNames,
    pub(super) reachability: Reachability,
    pub(super) asks: Asks,
    pub(super) registrations: Registrations,
    /// When items were last read again because somebody was sent wrong data of them.
    pub(super) doubts: Doubts,
}

impl Pool {
    pub(super) fn new(channel: ChannelHandle) -> Self {
        Self {
            channel,
            names: PeerNames::default(),
            reachability: Reachability::default(),
            asks: Asks::default(),
            registrations: Registrations::default(),
            doubts: Doubts::default(),
        }
    }
}

/// What people call peers.
#[derive(Debug, Default)]
pub(super) struct PeerNames(BTreeMap<PeerId, String>);

impl PeerNames {
    pub(super) fn remember(&mut self, holder: &Holder) {
        if let (Some(peer_id), Some(name)) = (holder.peer_id, &holder.name) {
            if self.0.len() >= MAX_NAMES {
                self.0.clear();
            }
            self.0.insert(peer_id, name.clone());
        }
    }

    pub(super) fn get(&self, peer_id: &PeerId) -> Option<&String> {
        self.0.get(peer_id)
    }
}
