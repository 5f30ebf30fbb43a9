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

use crate::{
    facts::ItemFacts,
    id_set::IdSet,
    ids::ItemId,
    index::Index,
    input::SessionId,
    row::{ItemRow, Standing},
    viewer::{Audience, Viewer},
};

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
    /// The audiences that items had when it was asked last.
    pub(crate) audiences: Vec<Audience>,
}

impl Changes {
    /// What of the items somebody is told who saw them with the eyes of `before`, and sees them as `now`: what has come into
    /// its sight is added, and what it does not see any more is gone. How many variants an item has, and how many hold its
    /// content, still counts all. Where somebody does not see everything, the order goes by the hashes, and so by nothing
    /// that it does not see.
    pub fn seen_by(&self, before: &Viewer, now: &Viewer) -> Vec<ItemChange> {
        let mut seen: Vec<ItemChange> =
            self.items.iter().filter_map(|change| change.seen_by(before, now)).collect();
        if !now.is_all() {
            seen.sort_by_key(ItemChange::info_hash);
        }
        seen
    }

    /// Whether one of these saw, when it was asked last, an item that the other did not: the items of which it tells are not
    /// all that has come and gone for somebody who sees as `now` and saw as `before`.
    pub fn tells_apart(&self, before: &Viewer, now: &Viewer) -> bool {
        before != now && self.audiences.iter().any(|&audience| before.sees(audience) != now.sees(audience))
    }
}

/// What happened to an item.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemChange {
    /// It became known.
    Added(ItemRow),
    /// It stands differently: other holders, variants or twins, or nobody online has it any more.
    Changed(ItemRow, Before),
    /// The catalogue has forgotten it.
    Gone(Arc<ItemFacts>, Before),
}

impl ItemChange {
    /// The item's hash.
    pub fn info_hash(&self) -> InfoHash {
        match self {
            Self::Added(row) | Self::Changed(row, _) => row.facts.info_hash,
            Self::Gone(facts, _) => facts.info_hash,
        }
    }

    fn seen_by(&self, before: &Viewer, now: &Viewer) -> Option<Self> {
        let had = |was: &Before| before.sees(was.audience);
        match self {
            Self::Added(row) => now.sees(row.audience).then(|| self.clone()),
            Self::Changed(row, was) => match (had(was), now.sees(row.audience)) {
                (true, true) => Some(self.clone()),
                (false, true) => Some(Self::Added(row.clone())),
                (true, false) => Some(Self::Gone(Arc::clone(&row.facts), *was)),
                (false, false) => None,
            },
            Self::Gone(_, was) => had(was).then(|| self.clone()),
        }
    }
}

/// How an item stood when it was told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    /// Whether lists showed it.
    pub is_listed: bool,
    /// Whether somebody online had all of it.
    pub has_seed: bool,
    /// Who saw it.
    pub audience: Audience,
}

impl From<&ItemRow> for Before {
    fn from(ItemRow { standing, audience, .. }: &ItemRow) -> Self {
        Self { is_listed: standing.is_listed, has_seed: standing.seeds > 0, audience: *audience }
    }
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
    /// Those of them that came into the lists or left them: items of their names may have other variants.
    pub(crate) relisted: IdSet,
    /// Those of them that other peers have all of: items of their contents may have other holders.
    pub(crate) reseeded: IdSet,
    /// Items whose entry in the index has changed since somebody was told.
    untold: IdSet,
    /// Those of them that were listed, and that had a seed, when they were told last.
    listed: IdSet,
    seeded: IdSet,
    /// Whom they were for, of those that are for others now.
    moved: BTreeMap<ItemId, Audience>,
    /// The audiences of all items when somebody was told.
    pub(crate) audiences: Vec<Audience>,
    /// The version of the index that was told last.
    told: Option<u32>,
    /// Items in that version that are gone.
    gone: Vec<(Arc<ItemFacts>, Before)>,
}

impl ItemLog {
    /// The index has another entry for an item than this one.
    pub(crate) fn mark(&mut self, id: ItemId, before: Standing) {
        if self.told.is_some() && self.untold.insert(id) {
            self.listed.set(id, before.is_listed);
            self.seeded.set(id, before.seeds > 0);
        }
    }

    /// An item is for others than this audience.
    pub(crate) fn mark_moved(&mut self, id: ItemId, standing: Standing, before: Audience) {
        self.mark(id, standing);
        self.moved.entry(id).or_insert(before);
    }

    /// Whether somebody is to be told what changes.
    pub(crate) fn is_followed(&self) -> bool {
        self.told.is_some()
    }

    /// An item is about to be forgotten; its id may become another's.
    pub(crate) fn forget(&mut self, index: &Index, id: ItemId) {
        self.dirty.remove(id);
        self.relisted.remove(id);
        self.reseeded.remove(id);
        let was_untold = self.untold.remove(id);
        if self.told.is_some_and(|told| !index.is_new(id, told))
            && let Some(row) = index.row(id)
        {
            let before = if was_untold { self.before(id, &row) } else { (&row).into() };
            self.gone.push((row.facts, before));
        }
        self.moved.remove(&id);
    }

    /// What is to be told; this version of the index counts as told afterwards.
    pub(crate) fn take(&mut self, index: &Index) -> Vec<ItemChange> {
        let gone =
            std::mem::take(&mut self.gone).into_iter().map(|(facts, before)| ItemChange::Gone(facts, before));
        let told = self.told.replace(index.version());
        let untold = self.untold.take(usize::MAX);
        let rows = untold.into_iter().filter_map(|id| {
            let row = index.row(id)?;
            if told.is_some_and(|told| index.is_new(id, told)) {
                return Some(ItemChange::Added(row));
            }
            let before = self.before(id, &row);
            Some(ItemChange::Changed(row, before))
        });
        let changes = gone.chain(rows).collect();
        self.moved.clear();
        changes
    }

    /// Tells nothing more until it is asked again, and then begins anew.
    pub(crate) fn rest(&mut self) {
        let Self { dirty, relisted, reseeded, .. } = std::mem::take(self);
        *self = Self { dirty, relisted, reseeded, ..Self::default() };
    }

    /// How an item stood that stands so now.
    fn before(&self, id: ItemId, now: &ItemRow) -> Before {
        let audience = self.moved.get(&id).copied().unwrap_or(now.audience);
        Before { is_listed: self.listed.contains(id), has_seed: self.seeded.contains(id), audience }
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

    /// Begins anew with these sessions.
    pub(crate) fn rest(&mut self, sessions: impl Iterator<Item = SessionId>) {
        *self = Self { dirty: sessions.collect(), ..Self::default() };
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
