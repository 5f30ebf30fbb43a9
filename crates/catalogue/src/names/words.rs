//! The words of a chunk's names, sorted, so that a search looks at those that match and at no others.

use super::{CHUNK, Chunk};
use crate::fold::word_starts;

/// Words of one name that are found; a longer name is found by its first ones.
const MAX_WORDS: usize = 64;
/// Bytes by which words are sorted.
const HEAD: usize = 16;
/// Bits of a [`Start`] that number the name.
const NAME_BITS: u32 = CHUNK.ilog2();

/// The beginnings of words, sorted by the bytes that stand there.
#[derive(Debug)]
pub(super) struct Words {
    starts: Box<[Start]>,
}

/// Where a word begins in the chunk's text, and in which of its names: 23 bits for the place, which reach for 512 names of
/// the longest kind.
#[derive(Debug, Clone, Copy)]
struct Start(u32);

impl Start {
    fn new(at: usize, name: usize) -> Self {
        Self((at as u32) << NAME_BITS | name as u32)
    }

    fn at(self) -> usize {
        (self.0 >> NAME_BITS) as usize
    }

    fn name(self) -> usize {
        (self.0 & ((1 << NAME_BITS) - 1)) as usize
    }
}

/// What a word is to begin with: folded text without [`END`](super::END), never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needle {
    text: Box<[u8]>,
    /// The heads of the first and of the last word that begins so.
    first: u128,
    last: u128,
}

impl Needle {
    pub(crate) fn new(text: &str) -> Self {
        let text: Box<[u8]> = text.bytes().collect();
        let known = text.len().min(HEAD);
        let (mut first, mut last) = ([0; HEAD], [u8::MAX; HEAD]);
        first[..known].copy_from_slice(&text[..known]);
        last[..known].copy_from_slice(&text[..known]);
        Self { text, first: u128::from_be_bytes(first), last: u128::from_be_bytes(last) }
    }
}

impl Words {
    pub(super) fn of(chunk: &Chunk) -> Self {
        let mut starts = Vec::new();
        for (number, (start, name)) in chunk.names().enumerate() {
            let name = std::str::from_utf8(name).unwrap_or_default();
            starts.extend(word_starts(name).take(MAX_WORDS).map(|at| {
                let at = start as usize + at;
                (head(&chunk.text, at), Start::new(at, number))
            }));
        }
        starts.sort_unstable_by_key(|&(head, _)| head);
        Self { starts: starts.into_iter().map(|(_, start)| start).collect() }
    }

    /// The names in which a word begins so.
    pub(super) fn matching(&self, text: &[u8], needle: &Needle) -> Matches {
        let from = self.starts.partition_point(|start| head(text, start.at()) < needle.first);
        let begun = &self.starts[from..];
        let mut matches = Matches::default();
        if needle.text.len() <= HEAD {
            let count = begun.partition_point(|start| head(text, start.at()) <= needle.last);
            begun[..count].iter().for_each(|start| matches.add(start.name()));
        } else {
            let fit = begun.iter().take_while(|start| head(text, start.at()) <= needle.last);
            let fit = fit.filter(|start| text[start.at()..].starts_with(&needle.text));
            fit.for_each(|start| matches.add(start.name()));
        }
        matches
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

/// Some names of a chunk, one bit each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matches([u64; CHUNK / 64]);

impl Matches {
    /// The first `count` names.
    pub(super) fn first(count: usize) -> Self {
        let mut all = Self::default();
        for (word, bits) in all.0.iter_mut().zip((0..).map(|at| count.saturating_sub(at * 64))) {
            *word = u64::MAX.checked_shr(64u32.saturating_sub(bits as u32)).unwrap_or(0);
        }
        all
    }

    fn add(&mut self, name: usize) {
        self.0[name / 64] |= 1 << (name % 64);
    }

    /// Keeps those that are among `others`, too.
    pub(super) fn keep(&mut self, others: &Self) {
        self.0.iter_mut().zip(others.0).for_each(|(own, other)| *own &= other);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// Their numbers, in order.
    pub(super) fn into_iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(at * 64 + bit)
            })
        })
    }
}
