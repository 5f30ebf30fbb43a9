//! What has changed since somebody looked.
//!
//! Not a queue but two sets, of items and of peers, so that however much happens and however late somebody looks, what is
//! kept stays bounded by how many there are. What is told is how they stand, not what became of them on the way.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use peerpool_wire::{
    channel::PeerInfo,
    id::{InfoHash, PeerId},
    time::Time,
};

use crate::{id_set::IdSet, ids::ItemId, index::Index, input::SessionId, row::ItemRow};

/// What happened since it was last asked ([`Catalogue::take_changes`](crate::Catalogue::take_changes)). Whoever applies
/// it to what it was told before knows every item and peer as it stands.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The whole catalogue as it stands now. The first time it is all that is told of items.
    pub index: Arc<Index>,
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

/// What is to be told when somebody looks.
#[derive(Debug, Default)]
pub(crate) struct ChangeLog {
    pub(crate) items: ItemLog,
    pub(crate) peers: PeerLog,
    /// The last index that was handed out.
    pub(crate) published: Option<Published>,
}

/// An index that was handed out.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) made: Time,
    /// When somebody was last given it.
    pub(crate) used: Time,
    pub(crate) index: Arc<Index>,
}

/// Items of which something changed.
#[derive(Debug, Default)]
pub(crate) struct ItemLog {
    /// Items that may stand differently from what the index says.
    pub(crate) dirty: IdSet,
    /// Items whose entry in the index has changed since somebody was told.
    untold: IdSet,
    /// The version of the index that was told last.
    told: Option<u32>,
    /// Items in that version that are gone.
    gone: Vec<InfoHash>,
}

impl ItemLog {
    /// The index has another entry for an item.
    pub(crate) fn mark(&mut self, id: ItemId) {
        if self.told.is_some() {
            self.untold.insert(id);
        }
    }

    /// An item is about to be forgotten; its id may become another's.
    pub(crate) fn forget(&mut self, index: &Index, id: ItemId, info_hash: InfoHash) {
        self.dirty.remove(id);
        self.untold.remove(id);
        if self.told.is_some_and(|told| !index.is_new(id, told)) {
            self.gone.push(info_hash);
        }
    }

    /// What is to be told; this version of the index counts as told afterwards.
    pub(crate) fn take(&mut self, index: &Index) -> Vec<ItemChange> {
        let gone = std::mem::take(&mut self.gone).into_iter().map(ItemChange::Gone);
        let told = self.told.replace(index.version());
        let rows = self.untold.take(usize::MAX).into_iter().filter_map(|id| {
            let is_new = told.is_some_and(|told| index.is_new(id, told));
            let tell = if is_new { ItemChange::Added } else { ItemChange::Changed };
            index.row(id).map(tell)
        });
        gone.chain(rows).collect()
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
