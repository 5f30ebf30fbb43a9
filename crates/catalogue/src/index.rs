//! The catalogue as it is searched: what readers on other threads share with the task that owns the catalogue.
//!
//! The catalogue keeps one, and hands out copies. A copy costs little, since it shares everything until that changes;
//! then a chunk of names or a block of rows is copied, never the whole.

mod find;

use std::sync::Arc;

use peerpool_wire::{
    channel::{Cursor, ItemKind},
    id::InfoHash,
};

pub use self::find::{Eyes, Held, Order, Sorting};
use crate::{
    facts::ItemFacts,
    fold::fold,
    id_set::IdSet,
    ids::ItemId,
    names::{Key, Names},
    row::{ItemRow, Standing},
    table::Table,
    viewer::Audience,
};

/// Every item as it stands at one moment.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// How often a copy was handed out before this one.
    version: u32,
    names: Arc<Names>,
    facts: Table<Option<Arc<ItemFacts>>>,
    rows: Table<Row>,
    /// Who may see each item; nothing is kept of those of which nobody has said it.
    audiences: Table<Audience>,
    listed: IdSet,
    /// The first copy with these items in the lists, and these names.
    listing: u32,
    /// Whether something has changed since a copy was handed out.
    is_touched: bool,
    /// Whether items came, went, or are no longer listed or are listed again.
    is_relisted: bool,
}

/// What items are chosen and sorted by, side by side in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    standing: Standing,
    length: u64,
    kind: ItemKind,
    /// The version since which this item has its place.
    since: u32,
}

impl Default for Row {
    fn default() -> Self {
        Self { standing: Standing::default(), length: 0, kind: ItemKind::File, since: 0 }
    }
}

impl Index {
    /// Items in all, whether or not somebody online has them.
    pub fn iter(&self) -> impl Iterator<Item = ItemRow> + '_ {
        self.facts.iter().filter_map(|(at, facts)| {
            let (standing, audience) = (self.rows.get(at)?.standing, self.audience_at(at));
            Some(ItemRow { facts: facts.clone()?, standing, audience })
        })
    }

    /// The items at these places of an order, as they stand now; those that are gone, or may not be seen any more, are left
    /// out.
    pub fn rows(&self, order: &Order, from: usize, count: usize, eyes: Eyes<'_>) -> Vec<ItemRow> {
        let ids = order.ids.get(from..).unwrap_or_default();
        let page = ids.iter().take(count).filter(|&&id| self.is_seen(id, eyes));
        page.filter_map(|&id| self.row_since(id, order.version)).collect()
    }

    /// Where in an order the page behind this cursor begins.
    pub fn place(&self, order: &Order, cursor: &Cursor) -> usize {
        let Some((tie, name)) = read(cursor) else { return 0 };
        order.ids.partition_point(|&id| {
            let facts = self.facts.get(id.0 as usize).and_then(Option::as_ref);
            facts.is_some_and(|facts| (fold(&facts.name).as_bytes(), tie_of(facts.info_hash)) <= (name, tie))
        })
    }

    /// How often a copy was handed out before this one.
    pub fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn row(&self, id: ItemId) -> Option<ItemRow> {
        self.row_since(id, u32::MAX)
    }

    fn row_since(&self, id: ItemId, version: u32) -> Option<ItemRow> {
        let at = id.0 as usize;
        let facts = self.facts.get(at)?.clone()?;
        let row = self.rows.get(at).filter(|row| row.since <= version)?;
        Some(ItemRow { facts, standing: row.standing, audience: self.audience_at(at) })
    }

    /// How an item stands in it.
    pub(crate) fn standing(&self, id: ItemId) -> Standing {
        self.rows.get(id.0 as usize).map(|row| row.standing).unwrap_or_default()
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Adds an item that nobody has yet.
    pub(crate) fn add(&mut self, id: ItemId, facts: &Arc<ItemFacts>, added: u64) {
        let name = fold(&facts.name);
        let key = Key { name: name.as_bytes(), tie: tie_of(facts.info_hash) };
        Arc::make_mut(&mut self.names).insert(key, id);
        self.facts.set(id.0 as usize, Some(Arc::clone(facts)));
        let standing = Standing { added, ..Standing::default() };
        let since = self.version + 1;
        (self.is_touched, self.is_relisted) = (true, true);
        self.rows.set(id.0 as usize, Row { standing, length: facts.length, kind: facts.kind, since });
    }

    pub(crate) fn remove(&mut self, id: ItemId, facts: &ItemFacts) {
        let name = fold(&facts.name);
        let key = Key { name: name.as_bytes(), tie: tie_of(facts.info_hash) };
        Arc::make_mut(&mut self.names).remove(key, id);
        self.facts.set(id.0 as usize, None);
        self.set_audience(id, Audience::UNSAID);
        self.listed.remove(id);
        (self.is_touched, self.is_relisted) = (true, true);
    }

    /// Records how an item stands; false if it stood so already.
    pub(crate) fn set(&mut self, id: ItemId, standing: Standing) -> bool {
        let Some(row) = self.rows.get(id.0 as usize).copied() else { return false };
        self.is_relisted |= match standing.is_listed {
            true => self.listed.insert(id),
            false => self.listed.remove(id),
        };
        let is_new = self.rows.set(id.0 as usize, Row { standing, ..row });
        self.is_touched |= is_new;
        is_new
    }

    /// Records who may see an item.
    pub(crate) fn set_audience(&mut self, id: ItemId, audience: Audience) {
        let at = id.0 as usize;
        if self.audience_at(at) != audience && self.audiences.set(at, audience) {
            (self.is_touched, self.is_relisted) = (true, true);
        }
    }

    fn audience_at(&self, at: usize) -> Audience {
        self.audiences.get(at).copied().unwrap_or_default()
    }

    /// Whether somebody may see an item.
    fn is_seen(&self, id: ItemId, Eyes { viewer, own }: Eyes<'_>) -> bool {
        viewer.is_all()
            || viewer.sees(self.audience_at(id.0 as usize))
            || own.is_some_and(|own| own.0.contains(id))
    }

    /// Whether something has changed since a copy was handed out.
    pub(crate) fn is_touched(&self) -> bool {
        self.is_touched
    }

    /// Whether the item became known after that version.
    pub(crate) fn is_new(&self, id: ItemId, version: u32) -> bool {
        self.rows.get(id.0 as usize).is_some_and(|row| row.since > version)
    }

    /// A copy to hand out.
    pub(crate) fn publish(&mut self) -> Arc<Index> {
        self.version += 1;
        if std::mem::take(&mut self.is_relisted) {
            self.listing = self.version;
        }
        self.is_touched = false;
        Arc::new(self.clone())
    }
}

/// The cursor of a page that ends with this item.
pub fn cursor_of(facts: &ItemFacts) -> Cursor {
    Cursor(format!("{:016x}{}", tie_of(facts.info_hash), fold(&facts.name)))
}

fn read(cursor: &Cursor) -> Option<(u64, &[u8])> {
    let (tie, name) = cursor.0.split_at_checked(16)?;
    Some((u64::from_str_radix(tie, 16).ok()?, name.as_bytes()))
}

/// Orders items of one name: the first bytes of the info-hash.
fn tie_of(info_hash: InfoHash) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&info_hash.primary().as_bytes()[..8]);
    u64::from_be_bytes(first)
}
