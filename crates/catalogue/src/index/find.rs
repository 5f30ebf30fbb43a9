//! Which items a query means, and in which order they come.

use peerpool_wire::channel::ItemSort;

use super::{Index, Row};
use crate::{id_set::IdSet, ids::ItemId, query::Query, viewer::Viewer};

/// Chunks of names between two looks at whether the answer is still wanted.
const STRIDE: usize = 64;

/// The items that a query found, in a fixed order. They stay in it when they change or are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    pub(super) version: u32,
    listing: u32,
    /// The chunks of names that they stand in; numbered so while the lists are the same.
    chunks: Box<[u32]>,
    pub(super) ids: Box<[ItemId]>,
}

impl Order {
    /// How many items it has.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The version of the index in which it was found.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.ids) + size_of_val(&*self.chunks)
    }
}

/// The items that somebody has.
#[derive(Debug, Clone, Default)]
pub struct Held(pub(crate) IdSet);

/// Whose eyes a search is for.
#[derive(Debug, Clone, Copy)]
pub struct Eyes<'a> {
    /// What it may see.
    pub viewer: &'a Viewer,
    /// What it sees besides, because it has it ([`Catalogue::own`](crate::Catalogue::own)).
    pub own: Option<&'a Held>,
}

impl Eyes<'static> {
    /// Those that see everything.
    pub const ALL: Self = Self { viewer: &Viewer::All, own: None };
}

/// In which order items come; equal ones by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    /// By what.
    pub by: ItemSort,
    /// Whether the greatest comes first.
    pub desc: bool,
}

impl From<ItemSort> for Sorting {
    fn from(by: ItemSort) -> Self {
        Self { by, desc: false }
    }
}

impl Index {
    /// All items that a query means and that may be seen. `held`
    /// are those of the holder that it names, if it names one. `among` is an order in which all of them are, found by a
    /// [broader](Query::broader) query: it saves looking elsewhere, while the lists are the same. `None` when the answer is
    /// no longer wanted.
    pub fn find(
        &self,
        query: &Query,
        held: Option<&Held>,
        eyes: Eyes<'_>,
        sorting: Sorting,
        among: Option<&Order>,
        is_wanted: impl Fn() -> bool,
    ) -> Option<Order> {
        let Sorting { by: sort, desc } = sorting;
        let among = among.filter(|order| order.listing == self.listing).map(|order| &*order.chunks);
        let (mut found, mut chunks) = (Vec::new(), Vec::new());
        for at in 0..among.map_or(self.names.len(), <[u32]>::len) {
            if at % STRIDE == 0 && !is_wanted() {
                return None;
            }
            let number = among.map_or(at as u32, |chunks| chunks[at]);
            let Some(chunk) = self.names.chunk(number as usize) else { continue };
            let before = found.len();
            found.extend(chunk.items(query.needles()).filter(|&id| self.shows(id, query, held, eyes)));
            if found.len() > before {
                chunks.push(number);
            }
        }
        if sort == ItemSort::Name {
            if desc {
                found.reverse();
            }
        } else {
            self.sort(&mut found, sort, desc);
        }
        Some(Order { version: self.version, listing: self.listing, chunks: chunks.into(), ids: found.into() })
    }

    /// Whether a search without a holder, sorted so, would find just this order again. Where it is sorted by what never
    /// changes, other peers of the same items make no difference.
    pub fn is_current(&self, order: &Order, sort: ItemSort) -> bool {
        match sort {
            ItemSort::Holders | ItemSort::Completeness => order.version == self.version,
            ItemSort::Name | ItemSort::Size | ItemSort::Age | ItemSort::Added | ItemSort::Kind => {
                order.listing == self.listing
            }
        }
    }

    /// Whether somebody may see this item in this list. All that hides items belongs here, before anything is counted, so
    /// that a total tells nobody of what it is not shown.
    fn shows(&self, id: ItemId, query: &Query, held: Option<&Held>, eyes: Eyes<'_>) -> bool {
        (query.offline || self.listed.contains(id))
            && self.is_seen(id, eyes)
            && held.is_none_or(|held| held.0.contains(id))
            && (query.takes_any()
                || self.rows.get(id.0 as usize).is_some_and(|row| query.takes(row.length, row.kind)))
    }

    /// Sorts items that stand in the order of their names.
    fn sort(&self, found: &mut [ItemId], sort: ItemSort, desc: bool) {
        let key = |id: ItemId| {
            let key = self.rows.get(id.0 as usize).map_or(0, |row| key(row, sort));
            if desc { !key } else { key }
        };
        // The place among the names is a part of the key, so that an unstable sort, which needs no memory, is stable.
        let mut keyed: Vec<(u64, u32, ItemId)> = Vec::with_capacity(found.len());
        keyed.extend((0..).zip(&*found).map(|(place, &id)| (key(id), place, id)));
        keyed.sort_unstable_by_key(|&(key, place, _)| (key, place));
        found.iter_mut().zip(keyed).for_each(|(slot, (_, _, id))| *slot = id);
    }
}

fn key(row: &Row, sort: ItemSort) -> u64 {
    let standing = &row.standing;
    match sort {
        ItemSort::Name => 0,
        ItemSort::Size => row.length,
        // The youngest has the least age.
        ItemSort::Age => !standing.added,
        ItemSort::Added => standing.added,
        ItemSort::Holders => u64::from(standing.seeds) << 32 | u64::from(standing.partial),
        ItemSort::Completeness => standing.completeness.into(),
        ItemSort::Kind => row.kind as u64,
    }
}
