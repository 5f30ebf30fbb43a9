//! What has changed since somebody looked.
//!
//! Not a queue but two sets, of items and of peers, so that however much happens and however late somebody looks, what is
//! kept stays bounded by how many there are. What is told is how they stand, not what became of them on the way.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use peerpool_wire::{
    channel::{CatalogueItem, PeerInfo},
    id::{InfoHash, PeerId},
};

use crate::{dirty::Dirty, facts::ItemFacts, ids::ItemId, input::SessionId};

/// What happened since it was last asked ([`Catalogue::take_changes`](crate::Catalogue::take_changes)). Whoever applies
/// it to what it was told before knows every item and peer as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Items, each at most twice: an item that is gone comes before another one of its hash.
    pub items: Vec<ItemChange>,
    /// Peers, each once.
    pub peers: Vec<PeerChange>,
}

/// What happened to an item.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemChange {
    /// It became known.
    Added(ItemRow),
    /// It stands differently: other holders, variants or twins, or nobody online has it any more.
    Changed(ItemRow),
    /// The catalogue has forgotten it.
    Gone(InfoHash),
}

/// What happened to a peer.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerChange {
    /// It connected, or it stands differently. Its time connected is that of this moment.
    Here(PeerInfo),
    /// It left.
    Gone(PeerId),
}

/// An item as it stands. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// What never changes.
    pub facts: Arc<ItemFacts>,
    /// What does.
    pub standing: Standing,
}

/// How an item stands in the pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// When it became known, in seconds since 1970; 0 when that was not recorded.
    pub added: u64,
    /// Peers online that have all of it.
    pub seeds: u32,
    /// Peers online that have a part of it.
    pub partial: u32,
    /// Peers online that have all of its content, under any name.
    pub content_holders: u32,
    /// Other listed items of its name.
    pub variants: u32,
    /// How much of it peers online have between them, in thousandths, as far as it is known.
    pub completeness: u16,
    /// Whether lists show it: somebody online has it, and it is not superseded.
    pub is_listed: bool,
}

impl ItemRow {
    /// The item as the channel carries it.
    pub fn to_item(&self) -> CatalogueItem {
        let (facts, standing) = (&self.facts, &self.standing);
        CatalogueItem {
            info_hash: facts.info_hash,
            name: facts.name.clone(),
            kind: facts.kind,
            length: facts.length,
            piece_length: facts.piece_length,
            pieces: facts.pieces,
            files: facts.files,
            private: facts.private,
            seeds: standing.seeds,
            partial: standing.partial,
            content_holders: standing.content_holders,
            variants: standing.variants,
            added: (standing.added > 0).then_some(standing.added),
            completeness: Some(standing.completeness),
        }
    }
}

/// What is to be told when somebody looks.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    pub(crate) items: ItemLog,
    pub(crate) peers: PeerLog,
}

/// Items of which something changed.
#[derive(Debug, Default)]
pub(crate) struct ItemLog {
    pub(crate) dirty: Dirty,
    /// Items that were told of.
    told: Dirty,
    /// Items that were told of and are gone.
    gone: Vec<InfoHash>,
}

impl ItemLog {
    /// An item was forgotten; its id may become another's.
    pub(crate) fn forget(&mut self, id: ItemId, info_hash: InfoHash) {
        self.dirty.remove(id);
        if self.told.remove(id) {
            self.gone.push(info_hash);
        }
    }

    /// Items that are gone since the last time.
    pub(crate) fn take_gone(&mut self) -> Vec<InfoHash> {
        std::mem::take(&mut self.gone)
    }

    /// Tells of an item.
    pub(crate) fn tell(&mut self, id: ItemId, row: ItemRow) -> ItemChange {
        match self.told.insert(id) {
            true => ItemChange::Added(row),
            false => ItemChange::Changed(row),
        }
    }
}

/// Peers of which something changed.
#[derive(Debug, Default)]
pub(crate) struct PeerLog {
    dirty: BTreeSet<SessionId>,
    told: BTreeMap<SessionId, PeerId>,
    gone: Vec<PeerId>,
}

impl PeerLog {
    pub(crate) fn mark(&mut self, session: SessionId) {
        self.dirty.insert(session);
    }

    pub(crate) fn forget(&mut self, session: SessionId) {
        self.dirty.remove(&session);
        self.gone.extend(self.told.remove(&session));
    }

    /// What is to be told, with what the sessions say of themselves. A peer that left and came back is here.
    pub(crate) fn take(&mut self, info: impl Fn(SessionId) -> Option<PeerInfo>) -> Vec<PeerChange> {
        let here: Vec<(SessionId, PeerInfo)> =
            std::mem::take(&mut self.dirty).into_iter().filter_map(|id| Some((id, info(id)?))).collect();
        let back: BTreeSet<PeerId> = here.iter().map(|(_, peer)| peer.peer_id).collect();
        self.told.extend(here.iter().map(|(id, peer)| (*id, peer.peer_id)));
        let gone = std::mem::take(&mut self.gone).into_iter().filter(|peer| !back.contains(peer));
        gone.map(PeerChange::Gone).chain(here.into_iter().map(|(_, peer)| PeerChange::Here(peer))).collect()
    }
}
