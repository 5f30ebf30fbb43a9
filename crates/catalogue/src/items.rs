//! The items of the catalogue. They stay known while nobody online has them.

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc};

use memchr::memmem;
use peerpool_wire::id::{InfoHash, Sha256Hash};

use crate::{
    facts::ItemFacts,
    ids::{ItemId, SwarmId},
    input::SessionId,
    names::{Key, Names, fold},
    online::Online,
};

/// Items looked at for one answer. A search that has looked at this many ends its page.
const LOOKED_AT: usize = 50_000;

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) facts: Arc<ItemFacts>,
    /// When it became known, in seconds since 1970; 0 when that was not recorded.
    pub(crate) added: u64,
    pub(crate) swarm: SwarmId,
    /// Who sent its metainfo in this run.
    pub(crate) introduced: Option<SessionId>,
    /// Whoever had all of it now has another item of its name. It is not listed while nobody has all of it.
    pub(crate) superseded: bool,
    /// Somebody other than the peer that introduced it had all of it.
    pub(crate) was_completed: bool,
    is_listed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Items {
    slots: Vec<Option<Item>>,
    free: Vec<ItemId>,
    names: Names,
    online: Online,
    /// Single-file items by content.
    roots: BTreeSet<(Sha256Hash, ItemId)>,
}

impl Items {
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
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

    /// Adds an item; the caller has made sure that it is new.
    pub(crate) fn push(
        &mut self,
        facts: ItemFacts,
        added: u64,
        swarm: SwarmId,
        introduced: Option<SessionId>,
    ) {
        let Some(id) = self.next_id() else { return };
        let name = fold(&facts.name);
        self.names.insert(Key { name: name.as_bytes(), tie: tie(facts.info_hash) }, id);
        if let Some(root) = facts.root {
            self.roots.insert((root, id));
        }
        let (superseded, was_completed, is_listed) = (false, false, false);
        let facts = Arc::new(facts);
        let item = Item { facts, added, swarm, introduced, superseded, was_completed, is_listed };
        match self.free.pop() {
            Some(free) => self.slots[free.0 as usize] = Some(item),
            None => self.slots.push(Some(item)),
        }
    }

    /// Forgets an item.
    pub(crate) fn remove(&mut self, id: ItemId) -> Option<Item> {
        self.set_listed(id, false);
        let item = self.slots.get_mut(id.0 as usize)?.take()?;
        self.free.push(id);
        let name = fold(&item.facts.name);
        self.names.remove(Key { name: name.as_bytes(), tie: tie(item.facts.info_hash) }, id);
        if let Some(root) = item.facts.root {
            self.roots.remove(&(root, id));
        }
        Some(item)
    }

    /// Whether somebody online has it, and it is not superseded.
    pub(crate) fn is_listed(&self, id: ItemId) -> bool {
        self.get(id).is_some_and(|item| item.is_listed)
    }

    pub(crate) fn set_listed(&mut self, id: ItemId, is_listed: bool) {
        let Some(item) = self.slots.get_mut(id.0 as usize).and_then(Option::as_mut) else {
            return;
        };
        if item.is_listed == is_listed {
            return;
        }
        item.is_listed = is_listed;
        match is_listed {
            true => self.online.add(&item.facts, id),
            false => self.online.remove(&item.facts, id),
        }
    }

    /// How many listed items have its name but other content.
    pub(crate) fn count_variants(&self, id: ItemId) -> u32 {
        self.get(id).map_or(0, |item| self.online.variants(&item.facts, item.is_listed))
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
        self.names.beginning(folded.as_bytes(), |key, id| {
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
        self.names.beginning(folded.as_bytes(), |key, id| {
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
            .map(|&(_, item)| item)
    }

    /// Visits, in order, the items behind `cursor` whose name contains every word of `query` (in any case, with or
    /// without accents). Without a cursor it starts at the beginning. Returns where it stopped if there was too much to
    /// look at.
    pub(crate) fn search(
        &self,
        query: &str,
        cursor: Option<&str>,
        mut visit: impl FnMut(ItemId) -> ControlFlow<()>,
    ) -> Option<ItemId> {
        let after = cursor.and_then(|cursor| {
            let (tie, name) = cursor.split_at_checked(16)?;
            Some(Key { name: name.as_bytes(), tie: u64::from_str_radix(tie, 16).ok()? })
        });
        let folded = fold(query);
        let mut words: Vec<&str> = folded.split_whitespace().collect();
        // The longest word occurs in the fewest names.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let needle = words.first().copied().unwrap_or_default();
        let others: Vec<_> = words.iter().skip(1).map(|word| memmem::Finder::new(word.as_bytes())).collect();
        let mut looked_at = 0;
        let (mut last, mut stopped) = (None, None);
        self.names.search(after, needle.as_bytes(), |key, id| {
            looked_at += 1;
            if looked_at > LOOKED_AT {
                stopped = last;
                return ControlFlow::Break(());
            }
            last = Some(id);
            match others.iter().all(|word| word.find(key.name).is_some()) {
                true => visit(id),
                false => ControlFlow::Continue(()),
            }
        });
        stopped
    }

    /// The cursor of a page that ends with this item.
    pub(crate) fn cursor(&self, id: ItemId) -> Option<String> {
        let facts = &self.get(id)?.facts;
        Some(format!("{:016x}{}", tie(facts.info_hash), fold(&facts.name)))
    }
}

/// Orders items of one name: the first bytes of the info-hash.
fn tie(info_hash: InfoHash) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&info_hash.primary().as_bytes()[..8]);
    u64::from_be_bytes(first)
}
