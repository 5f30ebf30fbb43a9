//! Nobody has, announces or serves bytes that are not the item's.

use peerpool_wire::bitfield::Bitfield;

use super::{Checker, View};

/// What a swarm claims has been verified on its disk.
#[derive(Clone, Copy, Debug)]
pub struct Integrity;

impl Checker for Integrity {
    fn name(&self) -> &'static str {
        "integrity"
    }

    fn check(&mut self, view: &View<'_>) -> Vec<String> {
        let mut broken = Vec::new();
        for peer in &view.peers {
            if !is_subset(peer.have, peer.good) {
                broken.push(format!("{:?} has pieces that are not verified", peer.no));
            }
            broken.extend(peer.faults.iter().map(|fault| format!("{:?}: {fault}", peer.no)));
        }
        broken
    }
}

fn is_subset(part: &Bitfield, whole: &Bitfield) -> bool {
    let (part, whole) = (part.to_bytes(), whole.to_bytes());
    part.len() == whole.len() && part.iter().zip(&whole).all(|(part, whole)| part & !whole == 0)
}
