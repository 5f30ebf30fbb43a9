//! What a peer reads soon, by its own word.

use std::time::Duration;

use peerpool_wire::{geometry::Piece, time::Time};

/// Most pieces that are kept: with more, everything would come first.
const MAX_WISHES: usize = 8;
/// How long a wish holds.
const HOLDS: Duration = Duration::from_secs(2);

/// Pieces that a peer wishes to have before its others ("suggest piece", BEP 6).
#[derive(Debug, Default)]
pub(crate) struct Wishes(Vec<(Piece, Time)>);

impl Wishes {
    /// It wishes this piece, too; of many, the last ones count.
    pub(crate) fn add(&mut self, now: Time, piece: Piece) {
        self.0.retain(|(wished, since)| *wished != piece && now.since(*since) < HOLDS);
        if self.0.len() == MAX_WISHES {
            self.0.remove(0);
        }
        self.0.push((piece, now));
    }

    /// Whether it wishes this piece now.
    pub(crate) fn has(&self, now: Time, piece: Piece) -> bool {
        self.0.iter().any(|(wished, since)| *wished == piece && now.since(*since) < HOLDS)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::{BLOCK, Geometry};

    use super::*;

    #[test]
    fn the_last_wishes_count_and_none_for_long() {
        let geometry = Geometry::new(BLOCK, [(u64::from(BLOCK) * 20, false)]).unwrap();
        let piece = |index| geometry.piece(index).unwrap();
        let mut wishes = Wishes::default();
        (0..9).for_each(|index| wishes.add(Time::from_secs(1), piece(index)));
        let has =
            |wishes: &Wishes, now| [0, 1, 8].map(|index| wishes.has(Time::from_millis(now), piece(index)));
        assert_eq!(has(&wishes, 2999), [false, true, true]);
        assert_eq!(has(&wishes, 3000), [false, false, false]);
        wishes.add(Time::from_secs(3), piece(1));
        assert_eq!(has(&wishes, 4000), [false, true, false]);
    }
}
