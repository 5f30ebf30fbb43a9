//! The items of the catalogue. They last: an item that nobody online has stays known.

use std::{collections::BTreeSet, ops::ControlFlow};

use peerpool_wire::id::{InfoHash, Sha256Hash};

use crate::{
    facts::ItemFacts,
    names::{Key, Names, fold},
    swarms::SwarmId,
};

/// The place of an item in [`Items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemId(pub(crate) u32);

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) facts: ItemFacts,
    pub(crate) swarm: SwarmId,
}

#[derive(Debug, Default)]
pub(crate) struct Items {
    items: Vec<Item>,
    names: Names,
    /// Single-file items by content.
    roots: BTreeSet<(Sha256Hash, ItemId)>,
}

impl Items {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn get(&self, id: ItemId) -> Option<&Item> {
        self.items.get(id.0 as usize)
    }

    /// The id that the next item gets; `None` when there can be no more.
    pub(crate) fn next_id(&self) -> Option<ItemId> {
        u32::try_from(self.items.len()).ok().map(ItemId)
    }

    /// Adds an item; the caller has made sure that it is new.
    pub(crate) fn push(&mut self, facts: ItemFacts, swarm: SwarmId) {
        let Some(id) = self.next_id() else { return };
        let name = fold(&facts.name);
        self.names.insert(Key { name: name.as_bytes(), tie: tie(facts.info_hash) }, id);
        if let Some(root) = facts.root {
            self.roots.insert((root, id));
        }
        self.items.push(Item { facts, swarm });
    }

    /// Items with exactly this name, in the order of the catalogue.
    pub(crate) fn named(&self, name: &str) -> Vec<ItemId> {
        let mut same = Vec::new();
        self.names.named(fold(name).as_bytes(), |id| same.push(id));
        same.retain(|&id| self.get(id).is_some_and(|item| item.facts.name == name));
        same
    }

    /// Other single-file items with the same content.
    pub(crate) fn twins(&self, id: ItemId) -> impl Iterator<Item = ItemId> + '_ {
        let root = self.get(id).and_then(|item| item.facts.root);
        root.into_iter()
            .flat_map(|root| self.roots.range((root, ItemId(0))..=(root, ItemId(u32::MAX))))
            .map(|&(_, twin)| twin)
            .filter(move |&twin| twin != id)
    }

    /// Visits the items whose name contains `query` (in any case), in order, behind `cursor`.
    /// A cursor that is none starts at the beginning.
    pub(crate) fn search(
        &self,
        query: &str,
        cursor: Option<&str>,
        mut visit: impl FnMut(ItemId) -> ControlFlow<()>,
    ) {
        let after = cursor.and_then(|cursor| {
            let (tie, name) = cursor.split_at_checked(16)?;
            Some(Key { name: name.as_bytes(), tie: u64::from_str_radix(tie, 16).ok()? })
        });
        self.names.search(after, fold(query).as_bytes(), |_, id| visit(id));
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
