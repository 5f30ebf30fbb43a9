//! When the name of a download that nobody has any more is looked up again.

use peerpool_wire::id::InfoHash;

/// Ticks without anybody before it is looked up first; then ever more seldom, up to every …
const FIRST: u32 = 8;
/// … so many.
const AT_LAST: u32 = 240;

/// What the name of a download means.
#[derive(Debug, Default)]
pub(super) struct Succession {
    /// The item's name, when it was asked for by that.
    pub(super) asked: Option<String>,
    /// Ticks since somebody was connected.
    alone: u32,
    /// What its name means by now, while nobody has it.
    pub(super) by: Option<InfoHash>,
}

impl Succession {
    pub(super) fn new(asked: Option<String>) -> Self {
        Self { asked, ..Self::default() }
    }

    /// A tick has passed. True when the name is to be looked up.
    pub(super) fn tick(&mut self, connected: bool) -> bool {
        if self.asked.is_none() {
            return false;
        }
        if connected {
            self.alone = 0;
            self.by = None;
            return false;
        }
        self.alone = self.alone.saturating_add(1);
        let spells = self.alone / FIRST;
        let due = self.alone.is_multiple_of(FIRST) && spells.is_power_of_two();
        due || self.alone.is_multiple_of(AT_LAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_ever_more_seldom_while_nobody_is_connected() {
        let mut succession = Succession::new(Some("film".to_owned()));
        let due: Vec<u32> = (1..=500).filter(|_| succession.tick(false)).collect();
        assert_eq!(due, [8, 16, 32, 64, 128, 240, 256, 480]);
        assert!(!succession.tick(true));
        let due: Vec<u32> = (1..=10).filter(|_| succession.tick(false)).collect();
        assert_eq!(due, [8]);
    }

    #[test]
    fn what_was_asked_for_by_its_hash_has_no_successor() {
        let mut succession = Succession::new(None);
        assert!((0..1000).all(|_| !succession.tick(false)));
    }
}
