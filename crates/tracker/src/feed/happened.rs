//! What happened in the pool, made of what has changed. Pure.

use std::collections::{BTreeMap, VecDeque};

use peerpool_api::{Item, PoolEvent};
use peerpool_catalogue::{Before, Changes, ItemChange, ItemRow, PeerChange};
use peerpool_web::live::MAX_EVENTS;
use peerpool_wire::id::PeerId;

/// Who is in the pool, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Happened {
    names: BTreeMap<PeerId, String>,
}

/// What happened between two looks.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The last of it, as much as is kept.
    pub(super) events: VecDeque<PoolEvent>,
    /// How much happened before.
    pub(super) left_out: u64,
}

impl Happened {
    /// What happened for this to have changed.
    pub(super) fn tell(&mut self, changes: &Changes) -> Told {
        let mut told = Told::default();
        for change in &changes.peers {
            match change {
                PeerChange::Here(peer) => {
                    if self.names.insert(peer.peer_id, peer.name.clone()).is_none() {
                        told.push(PoolEvent::Joined { peer: peer.clone().into() });
                    }
                }
                PeerChange::Gone(peer_id) => {
                    if let Some(name) = self.names.remove(peer_id) {
                        told.push(PoolEvent::Left { peer_id: *peer_id, name });
                    }
                }
            }
        }
        for change in &changes.items {
            told.extend(of_item(change));
        }
        told
    }
}

impl Told {
    fn push(&mut self, event: PoolEvent) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
            self.left_out += 1;
        }
        self.events.push_back(event);
    }

    fn extend(&mut self, event: Option<PoolEvent>) {
        event.into_iter().for_each(|event| self.push(event));
    }
}

fn of_item(change: &ItemChange) -> Option<PoolEvent> {
    let item = |row: &ItemRow| Item::from(row.to_item());
    match change {
        ItemChange::Added(row) => row.standing.is_listed.then(|| PoolEvent::Appeared { item: item(row) }),
        ItemChange::Changed(row, Before { is_listed: true, .. }) if !row.standing.is_listed => {
            Some(PoolEvent::Gone { hash: row.facts.info_hash, name: row.facts.name.clone() })
        }
        ItemChange::Changed(_, Before { is_listed: true, has_seed: true }) => None,
        ItemChange::Changed(row, Before { is_listed: true, has_seed: false }) => {
            (row.standing.seeds > 0).then(|| PoolEvent::Complete { item: item(row) })
        }
        ItemChange::Changed(row, Before { is_listed: false, .. }) => {
            row.standing.is_listed.then(|| PoolEvent::Appeared { item: item(row) })
        }
        ItemChange::Gone(facts, before) => {
            before.is_listed.then(|| PoolEvent::Gone { hash: facts.info_hash, name: facts.name.clone() })
        }
    }
}
