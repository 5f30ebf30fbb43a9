//! What happened in the pool, made of what has changed. Pure.

use std::collections::{BTreeMap, VecDeque};

use peerpool_api::{Item, PoolEvent};
use peerpool_catalogue::{Before, ItemChange, ItemFacts, ItemRow, PeerChange};
use peerpool_web::live::MAX_EVENTS;
use peerpool_wire::{channel::PeerInfo, id::PeerId};

use super::circle::{Found, Wanted, key, shown};

/// Who is in the pool, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Present {
    names: BTreeMap<PeerId, String>,
}

/// Who came or left.
#[derive(Debug)]
pub(super) enum Move {
    Joined(PeerInfo),
    Left { peer_id: PeerId, name: String },
}

impl Present {
    /// Who came and left for this to have changed.
    pub(super) fn follow(&mut self, changes: &[PeerChange]) -> Vec<Move> {
        let moves = changes.iter().filter_map(|change| match change {
            PeerChange::Here(peer) => {
                let is_new = self.names.insert(peer.peer_id, peer.name.clone()).is_none();
                is_new.then(|| Move::Joined(peer.clone()))
            }
            PeerChange::Gone(peer_id) => {
                let name = self.names.remove(peer_id)?;
                Some(Move::Left { peer_id: *peer_id, name })
            }
        });
        moves.collect()
    }
}

/// What happened between two looks.
#[derive(Debug, Default)]
pub(super) struct Happened<'a> {
    /// The last of it, as much as is kept.
    list: VecDeque<Event<'a>>,
    /// How much happened before.
    pub(super) left_out: u64,
}

#[derive(Debug)]
enum Event<'a> {
    Moved(&'a Move),
    Appeared(&'a ItemRow),
    Complete(&'a ItemRow),
    Gone(&'a ItemFacts),
}

impl<'a> Happened<'a> {
    /// What happened for those who see these items change.
    pub(super) fn of(moves: &'a [Move], items: &'a [ItemChange]) -> Self {
        let mut happened = Self::default();
        for event in moves.iter().map(Event::Moved).chain(items.iter().filter_map(of_item)) {
            if happened.list.len() == MAX_EVENTS {
                happened.list.pop_front();
                happened.left_out += 1;
            }
            happened.list.push_back(event);
        }
        happened
    }

    /// Adds what is to be looked up before it is told to those who do not see everything.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        for event in &self.list {
            match event {
                Event::Appeared(row) | Event::Complete(row) if shown(row, false).is_none() => {
                    wanted.items.insert(key(row.facts.info_hash));
                }
                Event::Moved(Move::Joined(peer)) => drop(wanted.peers.insert(peer.peer_id)),
                _ => {}
            }
        }
    }

    /// What is told of it.
    pub(super) fn tell(&self, sees_all: bool, found: &Found) -> Vec<PoolEvent> {
        let item = |row: &ItemRow| {
            let looked_up = || found.items.get(&key(row.facts.info_hash)).cloned().map(Item::from);
            shown(row, sees_all).or_else(looked_up).unwrap_or_else(|| alone(row))
        };
        let peer = |peer: &PeerInfo| match found.peers.get(&peer.peer_id) {
            Some(found) => found.clone(),
            None if sees_all => peer.clone(),
            None => PeerInfo { items: 0, ..peer.clone() },
        };
        let told = self.list.iter().map(|event| match event {
            Event::Moved(Move::Joined(joined)) => PoolEvent::Joined { peer: peer(joined).into() },
            Event::Moved(Move::Left { peer_id, name }) => {
                PoolEvent::Left { peer_id: *peer_id, name: name.clone() }
            }
            Event::Appeared(row) => PoolEvent::Appeared { item: item(row) },
            Event::Complete(row) => PoolEvent::Complete { item: item(row) },
            Event::Gone(facts) => PoolEvent::Gone { hash: facts.info_hash, name: facts.name.clone() },
        });
        told.collect()
    }
}

/// An item that was gone by the time it was looked up, without others of its name or content.
fn alone(row: &ItemRow) -> Item {
    let mut item = row.to_item();
    (item.variants, item.content_holders) = (0, item.seeds);
    item.into()
}

fn of_item(change: &ItemChange) -> Option<Event<'_>> {
    match change {
        ItemChange::Added(row) => row.standing.is_listed.then_some(Event::Appeared(row)),
        ItemChange::Changed(row, Before { is_listed: true, .. }) if !row.standing.is_listed => {
            Some(Event::Gone(&row.facts))
        }
        ItemChange::Changed(_, Before { is_listed: true, has_seed: true, .. }) => None,
        ItemChange::Changed(row, Before { is_listed: true, has_seed: false, .. }) => {
            (row.standing.seeds > 0).then_some(Event::Complete(row))
        }
        ItemChange::Changed(row, Before { is_listed: false, .. }) => {
            row.standing.is_listed.then_some(Event::Appeared(row))
        }
        ItemChange::Gone(facts, before) => before.is_listed.then_some(Event::Gone(facts)),
    }
}
