//! No connection is leaked: both ends know of it, and the swarm counts those that its driver has.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use peerpool_swarm::ConnId;
use peerpool_wire::time::Time;

use super::{Checker, View};
use crate::mail::PeerNo;

/// Nothing that was sent takes longer than this to arrive.
const SURELY_ARRIVED: Duration = Duration::from_secs(1);

/// Connections have two ends.
///
/// Right after one end has closed, the other does not know yet; so only what stays amiss counts. Whose other end
/// vanished without a word cannot know: that is for the swarm's own patience.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// Connections with one end, and since when.
    suspects: BTreeMap<(PeerNo, ConnId), Time>,
}

impl Checker for Connections {
    fn name(&self) -> &'static str {
        "connections"
    }

    fn check(&mut self, view: &View<'_>) -> Vec<String> {
        let mut broken = Vec::new();
        let mut suspects = BTreeMap::new();
        let ends: BTreeSet<(PeerNo, ConnId, PeerNo, ConnId)> = view
            .peers
            .iter()
            .flat_map(|peer| peer.conns.iter().map(|(here, other, there)| (peer.no, *here, *other, *there)))
            .collect();
        for peer in view.peers.iter().filter(|peer| peer.online) {
            if peer.conns.len() != peer.swarm_conns {
                broken.push(format!(
                    "{:?} has {} connections, its swarm counts {}",
                    peer.no,
                    peer.conns.len(),
                    peer.swarm_conns
                ));
            }
        }
        let online: BTreeSet<PeerNo> =
            view.peers.iter().filter(|peer| peer.online).map(|peer| peer.no).collect();
        for (no, here, other, there) in &ends {
            if online.contains(other) && !ends.contains(&(*other, *there, *no, *here)) {
                let since = self.suspects.get(&(*no, *here)).copied().unwrap_or(view.now);
                suspects.insert((*no, *here), since);
            }
        }
        let leaked = suspects.iter().filter(|(_, since)| view.now.since(**since) >= SURELY_ARRIVED);
        broken
            .extend(leaked.map(|((no, here), _)| format!("{no:?} holds {here:?}, whose other end is gone")));
        self.suspects = suspects;
        broken
    }
}
