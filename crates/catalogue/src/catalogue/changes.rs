//! What has changed since somebody looked, and how items stand.

use std::sync::Arc;

use peerpool_wire::{bitfield::Bitfield, channel::MAX_VARIANTS, time::Time};

use super::{Catalogue, holders::MAX_TWINS_TRIED};
use crate::{
    changes::{Changes, ItemRow, Standing},
    facts::ItemFacts,
    ids::ItemId,
    swarm::Swarm,
    swarm_peer::{Part, SwarmPeer},
};

/// All of an item, as completeness counts.
const WHOLE: u16 = 1000;
/// Bytes of bitfields that are put together to see how complete an item is; peers beyond them are not looked at.
const MAX_UNITED: usize = 16 << 10;

impl Catalogue {
    /// What has changed since this was last called: every item that became known, stands differently or is gone, and
    /// every peer that came, changed or left. Costs as much as there is to tell.
    ///
    /// Items that share their name or content with one that changed are told of, too, 100 and 64 of them at most.
    pub fn take_changes(&mut self, now: Time) -> Changes {
        let gone = self.changes.items.take_gone().into_iter().map(crate::ItemChange::Gone);
        let mut items: Vec<_> = gone.collect();
        let dirty = self.changes.items.dirty.take();
        let mut related = Vec::new();
        for &id in &dirty {
            related.extend(self.items.twins(id).take(MAX_TWINS_TRIED));
            if let Some(item) = self.items.get(id) {
                related.extend(self.items.of_name(&item.facts.name, MAX_VARIANTS));
            }
        }
        for id in dirty.into_iter().chain(related) {
            self.changes.items.dirty.insert(id);
        }
        for id in self.changes.items.dirty.take() {
            if let Some(row) = self.row(id) {
                items.push(self.changes.items.tell(id, row));
            }
        }
        let sessions = &self.sessions;
        let peers = self.changes.peers.take(|id| sessions.get(id).map(|session| session.info(now)));
        Changes { items, peers }
    }

    /// An item as it stands.
    pub(super) fn row(&self, id: ItemId) -> Option<ItemRow> {
        let item = self.items.get(id)?;
        let swarm = self.swarms.get(item.swarm)?;
        let standing = Standing {
            added: item.added,
            seeds: swarm.seeds(),
            partial: swarm.partial(),
            content_holders: self.content_holders(id, swarm.seeds()),
            variants: self.items.count_variants(id),
            completeness: completeness(&item.facts, swarm),
            is_listed: self.items.is_listed(id),
        };
        Some(ItemRow { facts: Arc::clone(&item.facts), standing })
    }

    /// Items that share their name or content with one that is gone count it no more.
    pub(super) fn mark_related(&mut self, facts: &ItemFacts) {
        let twins = self.items.of_root(facts.root).take(MAX_TWINS_TRIED);
        let related: Vec<ItemId> = twins.chain(self.items.of_name(&facts.name, MAX_VARIANTS)).collect();
        for id in related {
            self.changes.items.dirty.insert(id);
        }
    }
}

/// How much of an item the peers of its swarm have between them, in thousandths. Stock clients do not say which pieces
/// they have, and count only when they have all.
fn completeness(facts: &ItemFacts, swarm: &Swarm) -> u16 {
    if swarm.seeds() > 0 {
        return WHOLE;
    }
    let mut united: Vec<u8> = Vec::new();
    let mut looked_at = 0;
    for bitfield in swarm.connected().filter_map(bitfield) {
        looked_at += bitfield.len();
        if united.is_empty() {
            united = bitfield.to_vec();
        } else if looked_at > MAX_UNITED {
            break;
        }
        for (all, own) in united.iter_mut().zip(bitfield) {
            *all |= own;
        }
    }
    let Ok(united) = Bitfield::from_bytes(&united, facts.pieces) else { return 0 };
    let share = u64::from(united.count()) * u64::from(WHOLE) / u64::from(facts.pieces.max(1));
    share as u16
}

fn bitfield(peer: &SwarmPeer) -> Option<&[u8]> {
    match &peer.part {
        Part::Some(bitfield) => bitfield.as_deref(),
        Part::All => None,
    }
}
