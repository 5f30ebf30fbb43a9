//! When a chunk's words are sorted: not before it has been searched so often that it pays. A chunk that changes all the
//! time is read through instead.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

use memchr::memmem::Finder;

use super::{
    Chunk, Matches,
    words::{MAX_WORDS, Needle, Words},
};
use crate::fold::word_starts;

/// Places in the text that are looked at before the words are sorted. A reading counts for [`READING`] more.
const ENOUGH: u32 = 512;
const READING: u32 = 64;

/// The words of a chunk, if it was searched often enough.
#[derive(Debug, Default)]
pub(super) struct Lazy {
    words: OnceLock<Words>,
    looked_at: AtomicU32,
}

impl Lazy {
    /// The names of the chunk in which every needle begins a word.
    pub(super) fn matching(&self, chunk: &Chunk, needles: &[Needle]) -> Matches {
        let mut matches = Matches::first(chunk.entries.len());
        if self.words.get().is_some_and(|words| !needles.iter().all(|needle| words.may_match(needle))) {
            return Matches::default();
        }
        for needle in needles {
            matches.keep(&match self.sorted(chunk) {
                Some(words) => words.matching(&chunk.text, needle),
                None => self.read(chunk, needle),
            });
            if matches.is_empty() {
                break;
            }
        }
        matches
    }

    fn sorted(&self, chunk: &Chunk) -> Option<&Words> {
        let is_time = self.looked_at.load(Ordering::Relaxed) >= ENOUGH;
        if is_time { Some(self.words.get_or_init(|| Words::of(chunk))) } else { None }
    }

    fn read(&self, chunk: &Chunk, needle: &Needle) -> Matches {
        let mut matches = Matches::default();
        let finder = Finder::new(&needle.text);
        let (mut from, mut places) = (0, READING);
        while let Some(found) = chunk.text.get(from..).and_then(|rest| finder.find(rest)) {
            places += 1;
            let (at, number) = (from + found, chunk.name_at(from + found));
            let (start, name) = chunk.name(number);
            let text = std::str::from_utf8(name).unwrap_or_default();
            let mut words = word_starts(text).take(MAX_WORDS);
            if words.any(|word| start + word == at) {
                matches.add(number);
                from = start + name.len();
            } else {
                from = at + 1;
            }
        }
        self.looked_at.fetch_add(places, Ordering::Relaxed);
        matches
    }
}
