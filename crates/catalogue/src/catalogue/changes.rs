//! What has changed since somebody looked, and how items stand.

use std::{sync::Arc, time::Duration};

use peerpool_wire::{bitfield::Bitfield, channel::MAX_VARIANTS, time::Time};

use super::{Catalogue, holders::MAX_TWINS_TRIED};
use crate::{
    changes::{Changes, Published},
    facts::ItemFacts,
    id_set::IdSet,
    ids::{ItemId, SwarmId},
    index::{Held, Index},
    input::SessionId,
    row::{ItemRow, Standing},
    swarm::Swarm,
    swarm_peer::{Part, SwarmPeer},
    timers::Timer,
    viewer::{Audience, Sight, Viewer},
};

/// How old an index may be that answers a question.
const STALE: Duration = Duration::from_millis(200);
/// How long an index is kept that nobody asks for.
const UNUSED: Duration = Duration::from_secs(5);
/// Items with which the index is brought up to date at a time, and how often.
const SLICE: usize = 1000;
const SLICE_EVERY: Duration = Duration::from_millis(50);
/// The same before an index is handed out: some 20 ms of work. What is left comes into a later one.
const MOST: usize = 10_000;
/// Peers of one name whose items are looked up.
const MAX_NAMESAKES: usize = 16;
/// All of an item, as completeness counts.
const WHOLE: u16 = 1000;
/// Bytes of bitfields that are put together to see how complete an item is; peers beyond them are not looked at.
const MAX_UNITED: usize = 16 << 10;

impl Catalogue {
    /// What has changed since this was last called: every item that became known, stands differently or is gone, and
    /// every peer that came, changed or left. Costs as much as there is to tell. Where very many items stand differently at
    /// once, some of them are told the next time.
    ///
    /// Items that share their name or content with one that changed are told of, too, 100 and 64 of them at most.
    pub fn take_changes(&mut self, now: Time) -> Changes {
        let index = self.publish(now, MOST);
        let items = self.changes.items.take(&index);
        let audiences = std::mem::replace(&mut self.changes.items.audiences, self.items.audiences());
        let sessions = &self.sessions;
        let peers = self
            .changes
            .peers
            .take(|id| sessions.get(id).map(|session| session.info(now, session.item_count())));
        Changes { index, items, peers, audiences }
    }

    /// Has nobody follow any more: what changes is not remembered until [`Catalogue::take_changes`] is called again, which
    /// then begins as it did the first time.
    pub fn forget_changes(&mut self) {
        self.changes.items.rest();
        self.changes.peers.rest(self.sessions.iter().map(|(id, _)| id));
    }

    /// Everything that can be searched, as it stood at most `STALE` ago, or somewhat longer where very many items stand
    /// differently at once; but what `asker` itself has said is in it.
    pub fn index(&mut self, now: Time, asker: Option<SessionId>) -> Arc<Index> {
        let told = asker.and_then(|id| self.sessions.get(id)).map(|session| session.told);
        match &mut self.changes.published {
            Some(published)
                if now < published.made + STALE && told.is_none_or(|told| told < published.made) =>
            {
                published.used = now;
                Arc::clone(&published.index)
            }
            _ => self.publish(now, if told.is_some() { usize::MAX } else { MOST }),
        }
    }

    /// The items of the connected peers of this folded name.
    pub fn held_by(&self, name: &str) -> Held {
        let of_the_name = self.sessions.iter().filter(|(_, session)| session.introduction.folded == name);
        let swarms = of_the_name.take(MAX_NAMESAKES).flat_map(|(_, session)| &session.registered.swarms);
        let mut held = IdSet::default();
        for id in swarms.filter_map(|&swarm| self.swarms.get(swarm)?.item) {
            held.insert(id);
        }
        Held(held)
    }

    /// An index of this moment, into which so many items that changed have been taken.
    fn publish(&mut self, now: Time, most: usize) -> Arc<Index> {
        self.refresh(most);
        if let Some(published) = self.changes.published.as_mut().filter(|_| !self.items.index.is_touched()) {
            (published.made, published.used) = (now, now);
            return Arc::clone(&published.index);
        }
        let index = self.items.index.publish();
        self.changes.published = Some(Published { made: now, used: now, index: Arc::clone(&index) });
        index
    }

    /// Lets go of an index that nobody asks for: while there is a copy, changes copy what they change.
    pub(super) fn forget_index(&mut self, now: Time) {
        if self.changes.published.as_ref().is_some_and(|published| now > published.used + UNUSED) {
            self.changes.published = None;
        }
    }

    /// Brings the index up to date with a few items at a time, so that nobody waits for it to be done with many at once.
    pub(super) fn keep_up(&mut self, now: Time) {
        self.refresh(SLICE);
        if !self.changes.items.dirty.is_empty() {
            self.timers.set(now + SLICE_EVERY, Timer::Index);
        }
    }

    /// Brings the index up to date with so many items that changed, and with what shares their names or contents.
    fn refresh(&mut self, most: usize) {
        let mut changed = self.changes.items.dirty.take(most);
        // Items whose variants are to be counted again, and those whose contents' holders are. Of most that change, only
        // the number of their peers does.
        let (mut renamed, mut reseeded) = (Vec::new(), Vec::new());
        for &id in &changed {
            if self.changes.items.reseeded.remove(id) {
                reseeded.push(id);
                reseeded.extend(self.items.twins(id).take(MAX_TWINS_TRIED));
            }
            if self.changes.items.relisted.remove(id)
                && let Some(item) = self.items.get(id)
            {
                renamed.push(id);
                renamed.extend(self.items.of_name(&item.facts.name, MAX_VARIANTS));
            }
        }
        sort(&mut renamed);
        sort(&mut reseeded);
        changed.extend(renamed.iter().chain(&reseeded));
        sort(&mut changed);
        for id in changed {
            let before = self.items.index.standing(id);
            let variants = match renamed.binary_search(&id) {
                Ok(_) => self.items.count_variants(id, &Viewer::All),
                Err(_) => before.variants,
            };
            let Some(swarm) = self.items.get(id).and_then(|item| self.swarms.get(item.swarm)) else {
                continue;
            };
            let content_holders = match reseeded.binary_search(&id) {
                Ok(_) => self.content_holders(&Sight::default(), id, swarm.seeds()),
                Err(_) => before.content_holders,
            };
            if let Some(standing) = self.standing(id, variants, content_holders) {
                self.record(id, before, standing);
            }
        }
        // What all come to may stay as it was where what some see of it does not.
        for id in renamed.into_iter().chain(reseeded) {
            self.mark_if_hidden(id);
        }
    }

    /// Has an item told of that may stand differently for those who do not see all items.
    fn mark_if_hidden(&mut self, id: ItemId) {
        if self.items.get(id).is_some_and(|item| item.audience != Audience::UNSAID) {
            self.changes.items.mark(id, self.items.index.standing(id));
        }
    }

    /// Another audience sees an item from now on: whoever follows is told of it, and of those that share its name or content,
    /// which some see with another number of variants or holders.
    pub(super) fn note_audience(&mut self, id: ItemId, before: Audience) {
        if !self.changes.items.is_followed() {
            return;
        }
        self.changes.items.mark_moved(id, self.items.index.standing(id), before);
        let twins: Vec<ItemId> = self.items.twins(id).take(MAX_TWINS_TRIED).collect();
        let named = self.items.get(id).map(|item| Arc::clone(&item.facts));
        let named = named.iter().flat_map(|facts| self.items.of_name(&facts.name, MAX_VARIANTS));
        for other in twins.into_iter().chain(named.collect::<Vec<_>>()) {
            self.mark_if_hidden(other);
        }
    }

    /// An item stands like this now.
    fn record(&mut self, id: ItemId, before: Standing, standing: Standing) {
        if self.items.index.set(id, standing) {
            self.changes.items.mark(id, before);
        }
    }

    /// What the peers of an item's swarm have has changed, and so may have whether it is listed. Most announces change no
    /// more than a number, which costs less to write down at once than to come back to.
    pub(super) fn note(&mut self, id: ItemId, swarm: SwarmId, is_relisted: bool, touched: Touched) {
        if touched == Touched::Count && !is_relisted {
            let before = self.items.index.standing(id);
            if let Some(swarm) = self.swarms.get(swarm) {
                self.record(id, before, Standing { partial: swarm.partial(), ..before });
            }
            return;
        }
        self.changes.items.dirty.insert(id);
        if is_relisted {
            self.changes.items.relisted.insert(id);
        }
        // Only what is listed counts among those of its content.
        if is_relisted || touched == Touched::Seeds {
            self.changes.items.reseeded.insert(id);
        }
    }

    /// An item as it stands for somebody who sees it.
    pub(super) fn row(&self, sight: &Sight, id: ItemId) -> Option<ItemRow> {
        let item = self.items.get(id)?;
        let content_holders = self.content_holders(sight, id, self.swarms.get(item.swarm)?.seeds());
        let standing = self.standing(id, self.items.count_variants(id, &sight.viewer), content_holders)?;
        Some(ItemRow { facts: Arc::clone(&item.facts), standing, audience: item.audience })
    }

    fn standing(&self, id: ItemId, variants: u32, content_holders: u32) -> Option<Standing> {
        let item = self.items.get(id)?;
        let swarm = self.swarms.get(item.swarm)?;
        Some(Standing {
            added: item.added,
            seeds: swarm.seeds(),
            partial: swarm.partial(),
            content_holders,
            variants,
            completeness: completeness(&item.facts, swarm),
            is_listed: self.items.is_listed(id),
        })
    }

    /// Items that share their name or content with one that is gone count it no more.
    pub(super) fn mark_related(&mut self, facts: &ItemFacts) {
        let twins = self.items.of_root(facts.root).take(MAX_TWINS_TRIED);
        let related: Vec<ItemId> = twins.chain(self.items.of_name(&facts.name, MAX_VARIANTS)).collect();
        for id in related {
            self.changes.items.dirty.insert(id);
            self.changes.items.relisted.insert(id);
            self.changes.items.reseeded.insert(id);
        }
    }
}

/// What has changed of a swarm's peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    /// How many have a part of the item.
    Count,
    /// Which parts they have.
    Parts,
    /// Who has all of it.
    Seeds,
}

fn sort(ids: &mut Vec<ItemId>) {
    ids.sort_unstable();
    ids.dedup();
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
