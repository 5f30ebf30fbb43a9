//! What a list of changes comes to, so that each kind is one statement.

use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::id::InfoHash;
use rustc_hash::FxHashMap;

/// An item that is to stand in the database. One that is known already keeps its row, and gets the newer metainfo.
#[derive(Debug, PartialEq)]
pub(super) struct Addition<'a> {
    pub(super) item: &'a NewItem,
    pub(super) torrent: &'a [u8],
}

/// First the removals, then the additions, then who was seen.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch<'a> {
    pub(super) removed: Vec<InfoHash>,
    /// In the order in which they came.
    pub(super) added: Vec<Addition<'a>>,
    pub(super) seen: Vec<InfoHash>,
}

#[derive(Default)]
struct Fate<'a> {
    removed: bool,
    added: Option<(usize, Addition<'a>)>,
    seen: bool,
}

impl<'a> Batch<'a> {
    pub(super) fn of(changes: &'a [Change]) -> Self {
        let mut fates: FxHashMap<InfoHash, Fate<'a>> = FxHashMap::default();
        for (place, change) in changes.iter().enumerate() {
            match change {
                Change::Added(item) => {
                    let fate = fates.entry(item.facts.info_hash).or_default();
                    let added = fate.added.get_or_insert((place, Addition { item, torrent: &[] }));
                    added.1.torrent = &item.torrent;
                }
                Change::Removed(info_hash) => {
                    fates.insert(*info_hash, Fate { removed: true, ..Fate::default() });
                }
                Change::Seen(info_hash) => fates.entry(*info_hash).or_default().seen = true,
            }
        }
        let mut batch = Self::default();
        let mut added = Vec::new();
        for (info_hash, fate) in fates {
            batch.removed.extend(fate.removed.then_some(info_hash));
            // An item that was removed has no row, and a new one counts as seen.
            batch.seen.extend((fate.seen && fate.added.is_none() && !fate.removed).then_some(info_hash));
            added.extend(fate.added);
        }
        added.sort_by_key(|(place, _)| *place);
        batch.added = added.into_iter().map(|(_, addition)| addition).collect();
        batch
    }
}
