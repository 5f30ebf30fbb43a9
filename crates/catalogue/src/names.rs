//! All item names in order, to be listed and searched.
//!
//! The folded names stand in chunks, each one contiguous text, so that a search for a part of a name is a substring
//! search over plain memory: some 30 MB for 1,000,000 items. Inserting moves at most one chunk's bytes.
//!
//! Invariant: chunks are never empty, and keys grow strictly through a chunk and from chunk to chunk.

use std::ops::ControlFlow;

use memchr::memmem;
use peerpool_wire::channel::MAX_NAME;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::ids::ItemId;

/// Names in a chunk before it is split in two.
const CHUNK: usize = 512;
/// Ends every name inside a chunk's text; no item name contains it.
const END: u8 = 0;

/// Longest folded name in bytes; some letters fold to many. Searches and ordering ignore what comes after it.
const MAX_FOLDED: usize = 3 * MAX_NAME;

/// A name as it is compared and ordered: without case, accents or normal form.
pub(crate) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        if folded.len() >= MAX_FOLDED {
            break;
        }
        match c {
            // To Unicode, letters with a stroke and the like are letters of their own.
            'đ' | 'ð' => folded.push('d'),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'ħ' => folded.push('h'),
            'ŧ' => folded.push('t'),
            'ı' => folded.push('i'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ß' => folded.push_str("ss"),
            'þ' => folded.push_str("th"),
            '\0' => {}
            // Some capitals become a letter and a mark in lower case.
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// How closely a name matches what somebody wrote, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    Exact,
    /// The same letters, composed or decomposed.
    Canonical,
    /// The same except for case.
    Case,
    /// The same except for case and accents.
    Folded,
}

impl Closeness {
    /// How closely a name matches a text that folds to the same.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        let lower = |text: &str| text.nfc().flat_map(char::to_lowercase).collect::<String>();
        if name == text {
            Self::Exact
        } else if name.nfc().eq(text.nfc()) {
            Self::Canonical
        } else if lower(name) == lower(text) {
            Self::Case
        } else {
            Self::Folded
        }
    }
}

/// An item's place in the order: its folded name, then a number that tells items of one name apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) tie: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Names {
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    text: Vec<u8>,
    entries: Vec<Entry>,
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
            Some(chunk) => {
                chunk.insert(key, item);
                if chunk.entries.len() > CHUNK {
                    let upper = chunk.split_off_half();
                    self.chunks.insert(at + 1, upper);
                }
            }
            None => {
                let mut chunk = Chunk { text: Vec::new(), entries: Vec::new() };
                chunk.insert(key, item);
                self.chunks.push(chunk);
            }
        }
    }

    /// Visits, in order, the items behind `after` whose folded name contains `needle`.
    pub(crate) fn search<'a>(
        &'a self,
        after: Option<Key<'_>>,
        needle: &[u8],
        mut visit: impl FnMut(Key<'a>, ItemId) -> ControlFlow<()>,
    ) {
        let finder = memmem::Finder::new(needle);
        let first = after.map_or(0, |key| self.chunk_of(key));
        for chunk in self.chunks.get(first..).unwrap_or_default() {
            let mut next =
                after.map_or(0, |key| chunk.entries.partition_point(|entry| chunk.key(entry) <= key));
            while let Some(found) = chunk.next_match(&finder, next) {
                let entry = &chunk.entries[found];
                if visit(chunk.key(entry), entry.item).is_break() {
                    return;
                }
                next = found + 1;
            }
        }
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
        if let Some(chunk) = self.chunks.get_mut(at) {
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

impl Chunk {
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
        Chunk { text: self.text.split_off(start as usize), entries }
    }

    /// The first entry from `next` on whose name contains the needle.
    fn next_match(&self, finder: &memmem::Finder<'_>, next: usize) -> Option<usize> {
        let start = self.entries.get(next)?.start as usize;
        if finder.needle().is_empty() {
            return Some(next);
        }
        let hit = start + finder.find(&self.text[start..])?;
        Some(self.entries.partition_point(|entry| entry.start as usize <= hit) - 1)
    }
}

#[cfg(test)]
mod tests;
