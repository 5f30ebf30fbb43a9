//! No connection is leaked: both ends know of it, and the swarm counts those that its driver has.

use std::collections::BTreeSet;

use peerpool_swarm::ConnId;

use super::{Checker, View};
use crate::mail::PeerNo;

/// Connections have two ends.
///
/// Right after one end has closed, the other does not know yet; so only what is amiss at two looks in a row
/// counts. Whose other end vanished without a word cannot know: that is for the swarm's own patience.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    suspects: BTreeSet<(PeerNo, ConnId)>,
}

impl Checker for Connections {
    fn name(&self) -> &'static str {
        "connections"
    }

    fn check(&mut self, view: &View<'_>) -> Vec<String> {
        let mut broken = Vec::new();
        let mut suspects = BTreeSet::new();
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
                suspects.insert((*no, *here));
            }
        }
        for (no, here) in suspects.intersection(&self.suspects) {
            broken.push(format!("{no:?} holds {here:?}, whose other end is gone"));
        }
        self.suspects = suspects;
        broken
    }
}
