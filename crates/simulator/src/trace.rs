//! What happened, as a hash, and in words when somebody wants to read it.

use std::{
    fmt::Debug,
    hash::{Hash, Hasher},
};

use peerpool_wire::time::Time;
use rustc_hash::FxHasher;

/// The record of a run, or of one peer's part in it. Two runs are the same when their traces are.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    hash: u64,
    lines: Option<String>,
}

impl Trace {
    /// An empty trace that keeps the words too.
    pub fn in_words() -> Self {
        Self { lines: Some(String::new()), ..Self::default() }
    }

    /// Records that something happened: `key` for the hash, `words` for readers.
    pub fn record(&mut self, now: Time, key: impl Hash, words: impl FnOnce() -> String) {
        self.mix((now, key));
        if let Some(lines) = &mut self.lines {
            *lines += &format!("{now:?} {}\n", words());
        }
    }

    /// Takes in another trace as a whole.
    pub fn absorb(&mut self, title: impl Debug, other: &Trace) {
        self.mix(other.hash);
        if let (Some(lines), Some(others)) = (&mut self.lines, &other.lines) {
            *lines += &format!("{title:?}\n{others}");
        }
    }

    /// The hash of everything recorded so far.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    fn mix(&mut self, what: impl Hash) {
        let mut hasher = FxHasher::default();
        (self.hash, what).hash(&mut hasher);
        self.hash = hasher.finish();
    }

    /// The words, if they were kept.
    pub fn words(&self) -> Option<&str> {
        self.lines.as_deref()
    }
}
