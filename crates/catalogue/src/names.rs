//! All item names in order, to be listed and searched.
//!
//! The folded names stand in chunks, each one contiguous text: some 30 MB for 1,000,000 items. Copies share the chunks
//! until one of them changes, and inserting copies or moves at most one chunk's bytes.
//!
//! Invariant: chunks are never empty, and keys grow strictly through a chunk and from chunk to chunk.

mod lazy;
mod matches;
mod words;

use std::{cmp::Ordering, ops::ControlFlow, sync::Arc};

use self::lazy::Lazy;
pub(crate) use self::{matches::Matches, words::Needle};
use crate::ids::ItemId;

/// Names in a chunk before it is split in two; as many as there are bits in [`Matches`].
const CHUNK: usize = 512;
/// Bytes by which names and words are compared first.
const HEAD: usize = 16;
/// Ends every name inside a chunk's text; no folded name contains it.
const END: u8 = 0;

/// An item's place in the order: its folded name, then a number that tells items of one name apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) tie: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    chunks: Vec<Place>,
}

/// A chunk, and what its first name begins with: most chunks that are looked at to find a place are not touched.
#[derive(Debug, Clone)]
struct Place {
    head: u128,
    chunk: Arc<Chunk>,
}

#[derive(Debug, Default)]
pub(crate) struct Chunk {
    text: Vec<u8>,
    entries: Vec<Entry>,
    /// Where its words begin; made by those who search it, and lost when it changes.
    words: Lazy,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where the name starts in the chunk's text.
    start: u32,
    item: ItemId,
    tie: u64,
}

impl Names {
    /// Adds an item under a folded name. Does nothing if the key is already there.
    pub(crate) fn insert(&mut self, key: Key<'_>, item: ItemId) {
        let at = self.chunk_of(key);
        match self.chunks.get_mut(at) {
            Some(place) => {
                let upper = place.change(|chunk| {
                    chunk.insert(key, item);
                    (chunk.entries.len() > CHUNK).then(|| chunk.split_off_half())
                });
                if let Some(upper) = upper {
                    self.chunks.insert(at + 1, Place::of(upper));
                }
            }
            None => {
                let mut chunk = Chunk::default();
                chunk.insert(key, item);
                self.chunks.push(Place::of(chunk));
            }
        }
    }

    /// How many chunks there are.
    pub(crate) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// A chunk, by its place in the order.
    pub(crate) fn chunk(&self, at: usize) -> Option<&Chunk> {
        self.chunks.get(at).map(|place| &*place.chunk)
    }

    /// Visits, in order, the items whose folded name begins with this one, those of exactly this name first.
    pub(crate) fn beginning<'a>(
        &'a self,
        beginning: &[u8],
        mut visit: impl FnMut(Key<'a>, ItemId) -> ControlFlow<()>,
    ) {
        let first = self.chunk_of(Key { name: beginning, tie: 0 });
        for Place { chunk, .. } in self.chunks.get(first..).unwrap_or_default() {
            let from = chunk.first_not(|key| key.name < beginning);
            for at in from..chunk.entries.len() {
                let key = chunk.key(at);
                if !key.name.starts_with(beginning) || visit(key, chunk.entries[at].item).is_break() {
                    return;
                }
            }
        }
    }

    /// Removes the item that was added under this key.
    pub(crate) fn remove(&mut self, key: Key<'_>, item: ItemId) {
        let at = self.chunk_of(key);
        if let Some(place) = self.chunks.get_mut(at) {
            place.change(|chunk| chunk.remove(key, item));
            if place.chunk.entries.is_empty() {
                self.chunks.remove(at);
            }
        }
    }

    /// The chunk that holds `key`, or in which it belongs.
    fn chunk_of(&self, key: Key<'_>) -> usize {
        let head = head(key.name, 0);
        let is_at_or_before = |place: &Place| match place.head.cmp(&head) {
            Ordering::Equal => place.chunk.first_key() <= Some(key),
            order => order.is_lt(),
        };
        self.chunks.partition_point(is_at_or_before).saturating_sub(1)
    }
}

impl Place {
    fn of(chunk: Chunk) -> Self {
        Self { head: chunk.head(), chunk: Arc::new(chunk) }
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut Chunk) -> T) -> T {
        let chunk = Arc::make_mut(&mut self.chunk);
        let changed = change(chunk);
        self.head = chunk.head();
        changed
    }
}

impl Clone for Chunk {
    /// A copy is made to be changed, so its words are not copied.
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), entries: self.entries.clone(), words: Lazy::default() }
    }
}

impl Chunk {
    /// The items in whose names all these needles stand at the beginning of a word, in order.
    pub(crate) fn items(&self, needles: &[Needle]) -> impl Iterator<Item = ItemId> {
        self.words.matching(self, needles).into_iter().map(|at| self.entries[at].item)
    }

    /// Where a name starts, and the name.
    fn name(&self, at: usize) -> (usize, &[u8]) {
        (self.entries[at].start as usize, self.key(at).name)
    }

    /// The name that covers a place of the text.
    fn name_at(&self, place: usize) -> usize {
        self.entries.partition_point(|entry| entry.start as usize <= place).saturating_sub(1)
    }

    fn first_key(&self) -> Option<Key<'_>> {
        (!self.entries.is_empty()).then(|| self.key(0))
    }

    fn head(&self) -> u128 {
        self.first_key().map_or(0, |key| head(key.name, 0))
    }

    fn key(&self, at: usize) -> Key<'_> {
        let start = self.entries[at].start as usize;
        let end = self.entries.get(at + 1).map_or(self.text.len(), |next| next.start as usize);
        Key { name: &self.text[start..end - 1], tie: self.entries[at].tie }
    }

    /// The first entry for which this is not so; it is so for those before it alone.
    fn first_not(&self, is_so: impl Fn(Key<'_>) -> bool) -> usize {
        let (mut from, mut to) = (0, self.entries.len());
        while from < to {
            let middle = from.midpoint(to);
            match is_so(self.key(middle)) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }

    /// The place of a key, and whether it is there.
    fn find(&self, key: Key<'_>) -> (usize, bool) {
        let at = self.first_not(|other| other < key);
        (at, at < self.entries.len() && self.key(at) == key)
    }

    fn insert(&mut self, key: Key<'_>, item: ItemId) {
        let (at, is_there) = self.find(key);
        if is_there {
            return;
        }
        self.words = Lazy::default();
        let start = self.entries.get(at).map_or(self.text.len(), |entry| entry.start as usize);
        let added = key.name.len() + 1;
        self.text.splice(start..start, key.name.iter().copied().chain([END]));
        for entry in &mut self.entries[at..] {
            entry.start += added as u32;
        }
        self.entries.insert(at, Entry { start: start as u32, item, tie: key.tie });
    }

    fn remove(&mut self, key: Key<'_>, item: ItemId) {
        let (at, is_there) = self.find(key);
        if !is_there || self.entries[at].item != item {
            return;
        }
        self.words = Lazy::default();
        let start = self.entries[at].start as usize;
        let removed = key.name.len() + 1;
        self.text.drain(start..start + removed);
        self.entries.remove(at);
        for entry in &mut self.entries[at..] {
            entry.start -= removed as u32;
        }
    }

    fn split_off_half(&mut self) -> Chunk {
        self.words = Lazy::default();
        let mut entries = self.entries.split_off(self.entries.len() / 2);
        let start = entries.first().map_or(0, |entry| entry.start);
        for entry in &mut entries {
            entry.start -= start;
        }
        Chunk { text: self.text.split_off(start as usize), entries, words: Lazy::default() }
    }
}

/// The first bytes of what stands at `at`, as a number that is ordered as they are.
fn head(text: &[u8], at: usize) -> u128 {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(head) = rest.first_chunk() {
        return u128::from_be_bytes(*head);
    }
    let mut head = [0; HEAD];
    head[..rest.len()].copy_from_slice(rest);
    u128::from_be_bytes(head)
}

#[cfg(test)]
mod tests;
