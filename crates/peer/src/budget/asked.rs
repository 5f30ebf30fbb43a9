//! How many bytes of blocks a connection may send: as many as it was asked for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Bytes that one connection was ever asked for. Who asks counts them before it asks; who reads takes from them before
/// any memory is given to a block. What was asked for and taken back still counts: it may be on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<AtomicU64>);

impl Asked {
    /// So many bytes more are about to be asked for.
    pub(crate) fn add(&self, bytes: u32) {
        self.0.fetch_add(bytes.into(), Ordering::Release);
    }

    /// Whether a block of this length may be an answer, where `answered` bytes have come before; counts it there if so.
    pub(crate) fn take(&self, answered: &mut u64, length: u32) -> bool {
        let with_this = answered.saturating_add(length.into());
        let fits = with_this <= self.0.load(Ordering::Acquire);
        if fits {
            *answered = with_this;
        }
        fits
    }

    /// A request was turned down, so nothing comes for it.
    pub(crate) fn turn_down(&self, answered: &mut u64, length: u32) {
        self.take(answered, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_was_asked_for() {
        let asked = Asked::default();
        let mut answered = 0;
        assert!(!asked.take(&mut answered, 1));
        asked.add(100);
        assert!(!asked.take(&mut answered, 101));
        assert!(asked.take(&mut answered, 60));
        asked.turn_down(&mut answered, 30);
        assert!(!asked.take(&mut answered, 20));
        assert!(asked.take(&mut answered, 10));
        assert!(!asked.take(&mut answered, 1));
    }
}
