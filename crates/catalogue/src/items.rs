//! The items of the catalogue. They stay known while nobody online has them.

use std::{ops::ControlFlow, sync::Arc};

use peerpool_wire::id::Sha256Hash;

use crate::{
    facts::ItemFacts,
    fold::fold,
    ids::{ItemId, SwarmId},
    index::Index,
    input::{NewItem, SessionId},
    online::Online,
    shards::Shards,
    viewer::{Audience, Tally, Viewer},
};

/// Items looked at for one answer.
const LOOKED_AT: usize = 50_000;

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) facts: Arc<ItemFacts>,
    /// When it became known, in seconds since 1970; 0 when that was not recorded.
    pub(crate) added: u64,
    /// The member who brought it in.
    pub(crate) owner: Option<u32>,
    pub(crate) swarm: SwarmId,
    /// Who may see it.
    pub(crate) audience: Audience,
    /// Who sent its metainfo in this run.
    pub(crate) introduced: Option<SessionId>,
    /// Whoever had all of it now has another item of its name. It is not listed while nobody has all of it.
    /// How often that has changed: superseded while it is odd. Of what two nodes say, the higher number is the newer.
    pub(crate) turns: u32,
    /// Somebody other than the peer that introduced it had all of it.
    pub(crate) was_completed: bool,
    is_listed: bool,
}

impl Item {
    pub(crate) fn is_superseded(&self) -> bool {
        self.turns % 2 == 1
    }

    /// Whether it became known before this time, in seconds since 1970.
    pub(crate) fn is_older_than(&self, added: u64) -> bool {
        self.added > 0 && (added == 0 || self.added < added)
    }

    /// Sets whether it is superseded. Returns whether that is new.
    pub(crate) fn set_superseded(&mut self, superseded: bool) -> bool {
        let is_new = self.is_superseded() != superseded;
        self.turns = self.turns.saturating_add(u32::from(is_new));
        is_new
    }
}

#[derive(Debug, Default)]
pub(crate) struct Items {
    slots: Vec<Option<Item>>,
    free: Vec<ItemId>,
    /// What is searched.
    pub(crate) index: Index,
    online: Online,
    /// Single-file items by content.
    roots: Shards<(Sha256Hash, ItemId)>,
    /// Items, and hashes of theirs, by audience.
    known: Tally,
    hashes: Tally,
}

impl Items {
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The items from this one on.
    pub(crate) fn from(&self, first: ItemId) -> impl Iterator<Item = (ItemId, &Item)> {
        let slots = self.slots.iter().enumerate().skip(first.0 as usize);
        slots.filter_map(|(at, item)| Some((ItemId(at as u32), item.as_ref()?)))
    }

    pub(crate) fn get(&self, id: ItemId) -> Option<&Item> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    /// The id that the next item gets; `None` when there can be no more.
    pub(crate) fn next_id(&self) -> Option<ItemId> {
        self.free.last().copied().or_else(|| u32::try_from(self.slots.len()).ok().map(ItemId))
    }

    /// The audiences of all items, as far as they are said.
    pub(crate) fn audiences(&self) -> Vec<Audience> {
        self.known.audiences().collect()
    }

    /// How many items, and hashes of theirs, somebody sees.
    pub(crate) fn seen_by(&self, viewer: &Viewer) -> (usize, usize) {
        (self.known.seen_by(viewer), self.hashes.seen_by(viewer))
    }

    /// Adds an item; the caller has made sure that it is new.
    pub(crate) fn push(&mut self, item: NewItem, swarm: SwarmId, introduced: Option<SessionId>) {
        if let Some((root, id)) = item.facts.root.zip(self.next_id()) {
            self.roots.insert((root, id), ());
        }
        self.push_unordered(item, swarm, introduced);
    }

    /// Sets who may see an item; the audience that it had until now, if that is another one.
    pub(crate) fn set_audience(&mut self, id: ItemId, audience: Audience) -> Option<Audience> {
        let item = self.slots.get_mut(id.0 as usize)?.as_mut().filter(|item| item.audience != audience)?;
        let before = std::mem::replace(&mut item.audience, audience);
        let hashes = item.facts.wire_hashes().count();
        if item.is_listed {
            self.online.set_audience(&item.facts, before, audience);
        }
        self.known.remove(before, 1);
        self.known.add(audience, 1);
        self.hashes.remove(before, hashes);
        self.hashes.add(audience, hashes);
        self.index.set_audience(id, audience);
        Some(before)
    }

    /// The same, but it is not found by its content before [`Items::order_roots`].
    pub(crate) fn push_unordered(&mut self, item: NewItem, swarm: SwarmId, introduced: Option<SessionId>) {
        let Some(id) = self.next_id() else { return };
        let NewItem { facts, added, owner, .. } = item;
        let facts = Arc::new(facts);
        self.index.add(id, &facts, added);
        let (turns, was_completed, is_listed) = (0, false, false);
        let audience = Audience::UNSAID;
        let item = Item { facts, added, owner, swarm, audience, introduced, turns, was_completed, is_listed };
        match self.free.pop() {
            Some(free) => self.slots[free.0 as usize] = Some(item),
            None => self.slots.push(Some(item)),
        }
    }

    /// Has every item found by its content.
    pub(crate) fn order_roots(&mut self) {
        let items = (0u32..).zip(&self.slots).filter_map(|(id, item)| Some((item.as_ref()?, ItemId(id))));
        self.roots = Shards::of(items.filter_map(|(item, id)| Some(((item.facts.root?, id), ()))).collect());
    }

    /// Forgets an item.
    pub(crate) fn remove(&mut self, id: ItemId) -> Option<Item> {
        self.set_listed(id, false);
        self.set_audience(id, Audience::UNSAID);
        let item = self.slots.get_mut(id.0 as usize)?.take()?;
        self.free.push(id);
        self.index.remove(id, &item.facts);
        if let Some(root) = item.facts.root {
            self.roots.remove((root, id));
        }
        Some(item)
    }

    /// Whether somebody online has it, and it is not superseded.
    pub(crate) fn is_listed(&self, id: ItemId) -> bool {
        self.get(id).is_some_and(|item| item.is_listed)
    }

    /// Returns whether it was otherwise until now.
    pub(crate) fn set_listed(&mut self, id: ItemId, is_listed: bool) -> bool {
        let Some(item) = self.slots.get_mut(id.0 as usize).and_then(Option::as_mut) else {
            return false;
        };
        if item.is_listed == is_listed {
            return false;
        }
        item.is_listed = is_listed;
        match is_listed {
            true => self.online.add(&item.facts, item.audience, id),
            false => self.online.remove(&item.facts, item.audience, id),
        }
        true
    }

    /// Whether nobody online has anything.
    pub(crate) fn is_deserted(&self) -> bool {
        self.online.is_empty()
    }

    /// Listed items that are wanted, the first by name; so many at most, and as far as may be looked.
    pub(crate) fn first_listed(
        &self,
        most: usize,
        is_wanted: impl Fn(ItemId) -> bool,
    ) -> (Vec<ItemId>, bool) {
        let (mut found, mut looked_at) = (Vec::new(), 0);
        self.index.names().beginning(&[], |_, id| {
            looked_at += 1;
            if self.is_listed(id) && is_wanted(id) {
                if found.len() == most {
                    return ControlFlow::Break(());
                }
                found.push(id);
            }
            match looked_at {
                LOOKED_AT => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        let is_all = looked_at == self.len() && found.len() < most;
        (found, is_all)
    }

    /// How many listed items that somebody sees have its name but other content.
    pub(crate) fn count_variants(&self, id: ItemId, viewer: &Viewer) -> u32 {
        self.get(id).map_or(0, |item| match viewer {
            Viewer::All => self.online.variants(&item.facts, item.is_listed),
            Viewer::Of(_) => {
                let is_counted = item.is_listed && viewer.sees(item.audience);
                self.online.variants_seen(&item.facts, is_counted, viewer)
            }
        })
    }

    /// Listed items of exactly this name.
    pub(crate) fn listed(&self, name: &str) -> impl Iterator<Item = ItemId> + '_ {
        let name = name.to_owned();
        self.online.named(&name).filter(move |&id| self.get(id).is_some_and(|item| item.facts.name == name))
    }

    /// Items whose folded name is, or begins with, that of `text`; bounded by what may be looked at.
    pub(crate) fn beginning(&self, text: &str, whole: bool) -> Vec<ItemId> {
        let folded = fold(text);
        let mut found = Vec::new();
        let mut looked_at = 0;
        self.index.names().beginning(folded.as_bytes(), |key, id| {
            looked_at += 1;
            if (whole && key.name.len() > folded.len()) || looked_at > LOOKED_AT {
                return ControlFlow::Break(());
            }
            found.push(id);
            ControlFlow::Continue(())
        });
        found
    }

    /// Items of this name in any spelling, whether or not somebody online has them; so many at most.
    pub(crate) fn of_name(&self, name: &str, most: usize) -> Vec<ItemId> {
        let folded = fold(name);
        let mut found = Vec::new();
        self.index.names().beginning(folded.as_bytes(), |key, id| {
            if key.name.len() > folded.len() || found.len() == most {
                return ControlFlow::Break(());
            }
            found.push(id);
            ControlFlow::Continue(())
        });
        found
    }

    /// Other single-file items with the same content.
    pub(crate) fn twins(&self, id: ItemId) -> impl Iterator<Item = ItemId> + '_ {
        self.of_root(self.get(id).and_then(|item| item.facts.root)).filter(move |&twin| twin != id)
    }

    /// Single-file items with this content.
    pub(crate) fn of_root(&self, root: Option<Sha256Hash>) -> impl Iterator<Item = ItemId> + '_ {
        root.into_iter()
            .flat_map(|root| self.roots.range((root, ItemId(0))..=(root, ItemId(u32::MAX))))
            .map(|((_, item), ())| item)
    }
}
