//! The words of a chunk's names, sorted, so that a search looks at those that match and at no others.

use super::{CHUNK, Chunk, HEAD, Matches, head};
use crate::fold::word_starts;

/// Words of one name that are found; a longer name is found by its first ones.
pub(super) const MAX_WORDS: usize = 64;
/// Bits of a [`Start`] that number the name.
const NAME_BITS: u32 = CHUNK.ilog2();
/// Bytes of a word that stand in the list of different beginnings.
const SHORT: usize = 8;
/// Longest beginnings of which is known whether there are any.
const KNOWN: usize = 4;
/// Bits in which that is kept.
const KNOWN_BITS: u32 = 13;

/// The beginnings of words, sorted by the bytes that stand there.
#[derive(Debug)]
pub(super) struct Words {
    /// Which beginnings of up to [`KNOWN`] bytes there are, one bit each, which a few may share. Most searches mean few
    /// chunks, and touch no more than this of the others. It lies in the chunk itself, so that memory is waited for once.
    known: [u64; 1 << KNOWN_BITS >> 6],
    /// The different beginnings, in order, and where the starts of each end.
    shorts: Box<[u64]>,
    ends: Box<[u16]>,
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Needle {
    pub(super) text: Box<[u8]>,
    /// The first and the last word that begins so, by their first bytes.
    first: u128,
    last: u128,
    /// The bit of its first bytes.
    known: usize,
}

impl Needle {
    pub(crate) fn new(text: &str) -> Self {
        let text: Box<[u8]> = text.bytes().collect();
        let length = text.len().min(HEAD);
        let (mut first, mut last) = ([0; HEAD], [u8::MAX; HEAD]);
        first[..length].copy_from_slice(&text[..length]);
        last[..length].copy_from_slice(&text[..length]);
        let (first, last) = (u128::from_be_bytes(first), u128::from_be_bytes(last));
        let known = bit(short(first), text.len().min(KNOWN));
        Self { text, first, last, known }
    }
}

impl Needle {
    /// The same without its last letter: every word that begins with this one begins with that. `None` when nothing is left.
    pub(crate) fn shorter(&self) -> Option<Self> {
        let text = std::str::from_utf8(&self.text).unwrap_or_default();
        let (last, _) = text.char_indices().next_back()?;
        let text = text[..last].trim_end();
        if text.is_empty() { None } else { Some(Self::new(text)) }
    }
}

impl Words {
    pub(super) fn of(chunk: &Chunk) -> Self {
        let mut heads = Vec::with_capacity(chunk.entries.len() * 4);
        for number in 0..chunk.entries.len() {
            let (start, name) = chunk.name(number);
            let name = std::str::from_utf8(name).unwrap_or_default();
            heads.extend(word_starts(name).take(MAX_WORDS).map(|at| {
                let at = start + at;
                (head(&chunk.text, at), Start::new(at, number))
            }));
        }
        heads.sort_unstable_by_key(|&(head, _)| head);
        let mut known = [0; 1 << KNOWN_BITS >> 6];
        let (mut shorts, mut ends) = (Vec::new(), Vec::new());
        for (end, &(head, _)) in (1..).zip(&heads) {
            let word = short(head);
            if shorts.last() == Some(&word) {
                ends.pop();
            } else {
                shorts.push(word);
                for length in 1..=KNOWN {
                    let bit = bit(word, length);
                    known[bit / 64] |= 1 << (bit % 64);
                }
            }
            ends.push(end);
        }
        let starts = heads.into_iter().map(|(_, start)| start).collect();
        Self { known, shorts: shorts.into(), ends: ends.into(), starts }
    }

    /// Whether a word may begin so.
    pub(super) fn may_match(&self, needle: &Needle) -> bool {
        self.known[needle.known / 64] >> (needle.known % 64) & 1 == 1
    }

    /// The names in which a word begins so.
    pub(super) fn matching(&self, text: &[u8], needle: &Needle) -> Matches {
        let mut matches = Matches::default();
        let from = self.shorts.partition_point(|&word| word < short(needle.first));
        let count = self.shorts[from..].partition_point(|&word| word <= short(needle.last));
        let end = |words: usize| words.checked_sub(1).map_or(0, |last| usize::from(self.ends[last]));
        let begun = &self.starts[end(from)..end(from + count)];
        if needle.text.len() <= SHORT {
            begun.iter().for_each(|start| matches.add(start.name()));
            return matches;
        }
        let from = begun.partition_point(|start| head(text, start.at()) < needle.first);
        let fit = begun[from..].iter().take_while(|start| head(text, start.at()) <= needle.last);
        let fit = fit.filter(|start| text[start.at()..].starts_with(&needle.text));
        fit.for_each(|start| matches.add(start.name()));
        matches
    }
}

/// The first bytes of a head.
fn short(head: u128) -> u64 {
    (head >> 64) as u64
}

/// The bit of a beginning of so many bytes, from one to [`KNOWN`].
fn bit(word: u64, length: usize) -> usize {
    let beginning = (word >> (64 - 8 * length)) << 3 | length as u64;
    (beginning.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - KNOWN_BITS)) as usize
}
