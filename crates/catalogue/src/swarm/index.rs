//! What is looked up in a large swarm, instead of looking at all of its peers.

use std::{collections::BTreeMap, ops::Range};

use peerpool_wire::host::Host;
use rustc_hash::FxHashMap;

use super::select::TURN;
use crate::{identity::Identity, swarm_peer::SwarmPeer};

#[derive(Debug, Default)]
pub(super) struct Index {
    /// Where each peer stands.
    pub(super) places: FxHashMap<Identity, u32>,
    /// How many clients of each host have the rank of announced ones.
    pub(super) announced: BTreeMap<Host, u32>,
    /// How many hosts have more of those than one turn names.
    pub(super) crowded: u32,
}

impl Index {
    /// The index of these peers, those who announced standing at these places.
    pub(super) fn of(peers: &[SwarmPeer], announced: Range<usize>) -> Self {
        let mut index = Self::default();
        index.places.extend((0..).zip(peers).map(|(at, peer)| (peer.identity, at)));
        peers[announced].iter().for_each(|peer| index.count(peer.host(), true));
        index
    }

    /// How many clients of a host have the rank of announced ones.
    pub(super) fn announced(&self, host: Host) -> usize {
        self.announced.get(&host).map_or(0, |&count| count as usize)
    }

    /// One more, or one less, of this host among those who announced.
    pub(super) fn count(&mut self, host: Host, more: bool) {
        let count = self.announced.entry(host).or_default();
        let was_crowded = *count > TURN;
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
        match (was_crowded, *count > TURN) {
            (false, true) => self.crowded += 1,
            (true, false) => self.crowded -= 1,
            _ => {}
        }
        if *count == 0 {
            self.announced.remove(&host);
        }
    }
}
