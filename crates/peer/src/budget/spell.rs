//! Says once what happens again and again.

use std::time::{Duration, Instant};

/// When it did not happen for so long, the next time begins a new spell.
const QUIET: Duration = Duration::from_secs(60);

/// Something that happens in spells, of which each is told once.
#[derive(Debug, Default)]
pub(crate) struct Spell {
    last: Option<Instant>,
    untold: u64,
}

impl Spell {
    /// It happened; when a new spell begins, how often it had happened untold in the one before.
    pub(crate) fn note(&mut self, now: Instant) -> Option<u64> {
        let goes_on = self.last.is_some_and(|last| now.saturating_duration_since(last) < QUIET);
        self.last = Some(now);
        if goes_on {
            self.untold += 1;
            return None;
        }
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_is_told_once() {
        let mut spell = Spell::default();
        let begin = Instant::now();
        assert_eq!(spell.note(begin), Some(0));
        assert_eq!(spell.note(begin + QUIET / 2), None);
        assert_eq!(spell.note(begin + QUIET), None);
        assert_eq!(spell.note(begin + QUIET * 3), Some(2));
        assert_eq!(spell.note(begin + QUIET * 3), None);
    }
}
