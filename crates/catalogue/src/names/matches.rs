//! Sets of names of one chunk.

use super::CHUNK;

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

    pub(super) fn add(&mut self, name: usize) {
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
