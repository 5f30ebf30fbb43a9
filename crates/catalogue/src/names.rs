//! All item names in order, to be listed and searched.
//!
//! The folded names stand in chunks, each one contiguous text: some 30 MB for 1,000,000 items. Copies share the chunks
//! until one of them changes, and inserting copies or moves at most one chunk's bytes.
//!
//! Invariant: chunks are never empty, and keys grow strictly through a chunk and from chunk to chunk.

mod words;

use std::{
    ops::ControlFlow,
    sync::{Arc, OnceLock},
};

use self::words::Words;
pub(crate) use self::words::{Matches, Needle};
use crate::ids::ItemId;

/// Names in a chunk before it is split in two; as many as there are bits in [`Matches`].
const CHUNK: usize = 512;
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
    chunks: Vec<Arc<Chunk>>,
}

#[derive(Debug, Default)]
pub(crate) struct Chunk {
    text: Vec<u8>,
    entries: Vec<Entry>,
    /// Where its words begin; made by whoever searches it first, and lost when it changes.
    words: OnceLock<Words>,
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
        match self.chunks.get_mut(at).map(Arc::make_mut) {
            Some(chunk) => {
                chunk.insert(key, item);
                if chunk.entries.len() > CHUNK {
                    let upper = chunk.split_off_half();
                    self.chunks.insert(at + 1, Arc::new(upper));
                }
            }
            None => {
                let mut chunk = Chunk::default();
                chunk.insert(key, item);
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// The chunks, in order.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().map(|chunk| &**chunk)
    }

    /// Visits, in order, the items whose folded name begins with this one, those of exactly this name first.
    pub(crate) fn beginning<'a>(
        &'a self,
        beginning: &[u8],
        mut visit: impl FnMut(Key<'a>, ItemId) -> ControlFlow<()>,
    ) {
        let first = self.chunk_of(Key { name: beginning, tie: 0 });
        for chunk in self.chunks.get(first..).unwrap_or_default() {
            let start = chunk.entries.partition_point(|entry| chunk.key(entry).name < beginning);
            for entry in &chunk.entries[start..] {
                let key = chunk.key(entry);
                if !key.name.starts_with(beginning) || visit(key, entry.item).is_break() {
                    return;
                }
            }
        }
    }

    /// Removes the item that was added under this key.
    pub(crate) fn remove(&mut self, key: Key<'_>, item: ItemId) {
        let at = self.chunk_of(key);
        if let Some(chunk) = self.chunks.get_mut(at).map(Arc::make_mut) {
            chunk.remove(key, item);
            if chunk.entries.is_empty() {
                self.chunks.remove(at);
            }
        }
    }

    /// The chunk that holds `key`, or in which it belongs.
    fn chunk_of(&self, key: Key<'_>) -> usize {
        self.chunks.partition_point(|chunk| chunk.first_key() <= Some(key)).saturating_sub(1)
    }
}

impl Clone for Chunk {
    /// A copy is made to be changed, so its words are not copied.
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), entries: self.entries.clone(), words: OnceLock::new() }
    }
}

impl Chunk {
    /// The items in whose names all these needles stand at the beginning of a word, in order.
    pub(crate) fn items(&self, needles: &[Needle]) -> impl Iterator<Item = ItemId> {
        let mut matches = Matches::first(self.entries.len());
        for needle in needles {
            let words = self.words.get_or_init(|| Words::of(self));
            matches.keep(&words.matching(&self.text, needle));
            if matches.is_empty() {
                break;
            }
        }
        matches.into_iter().map(|at| self.entries[at].item)
    }

    /// The names, with where they start.
    fn names(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.entries.iter().map(|entry| (entry.start, self.key(entry).name))
    }

    fn first_key(&self) -> Option<Key<'_>> {
        self.entries.first().map(|entry| self.key(entry))
    }

    fn key(&self, entry: &Entry) -> Key<'_> {
        let rest = self.text.get(entry.start as usize..).unwrap_or_default();
        let length = memchr::memchr(END, rest).unwrap_or(rest.len());
        Key { name: &rest[..length], tie: entry.tie }
    }

    fn insert(&mut self, key: Key<'_>, item: ItemId) {
        let Err(at) = self.entries.binary_search_by(|entry| self.key(entry).cmp(&key)) else {
            return;
        };
        self.words.take();
        let start = self.entries.get(at).map_or(self.text.len(), |entry| entry.start as usize);
        let added = key.name.len() + 1;
        self.text.splice(start..start, key.name.iter().copied().chain([END]));
        for entry in &mut self.entries[at..] {
            entry.start += added as u32;
        }
        self.entries.insert(at, Entry { start: start as u32, item, tie: key.tie });
    }

    fn remove(&mut self, key: Key<'_>, item: ItemId) {
        let Ok(at) = self.entries.binary_search_by(|entry| self.key(entry).cmp(&key)) else {
            return;
        };
        if self.entries[at].item != item {
            return;
        }
        self.words.take();
        let start = self.entries[at].start as usize;
        let removed = key.name.len() + 1;
        self.text.drain(start..start + removed);
        self.entries.remove(at);
        for entry in &mut self.entries[at..] {
            entry.start -= removed as u32;
        }
    }

    fn split_off_half(&mut self) -> Chunk {
        let mut entries = self.entries.split_off(self.entries.len() / 2);
        let start = entries.first().map_or(0, |entry| entry.start);
        for entry in &mut entries {
            entry.start -= start;
        }
        Chunk { text: self.text.split_off(start as usize), entries, words: OnceLock::new() }
    }
}

#[cfg(test)]
mod tests;
