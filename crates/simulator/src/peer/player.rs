//! Somebody who plays the item while it arrives.

use std::{ops::Range, time::Duration};

use peerpool_wire::{bitfield::Bitfield, geometry::Geometry, time::Time};

/// How often it looks at what is there.
const GLANCE: Duration = Duration::from_millis(50);
/// How long it waits before it begins to play.
const BUFFERING: Duration = Duration::from_secs(1);

/// A player and where it is.
#[derive(Debug)]
pub struct Player {
    /// Bytes that it plays in a second.
    rate: f64,
    /// Bytes that it has played.
    position: f64,
    begins: Time,
    looked: Time,
    due: Option<Time>,
    stalled: Duration,
}

impl Player {
    /// One that plays so many bytes a second, once it has begun.
    pub(super) fn new(rate: f64) -> Self {
        Self {
            rate,
            position: 0.0,
            begins: Time::ZERO,
            looked: Time::ZERO,
            due: None,
            stalled: Duration::ZERO,
        }
    }

    /// It begins to read now, and to play a second later.
    pub(super) fn begin(&mut self, now: Time) {
        (self.begins, self.looked, self.due) = (now + BUFFERING, now + BUFFERING, Some(now));
    }

    /// When it looks again; `None` before it begins, and when it has played everything.
    pub(super) fn next_look(&self) -> Option<Time> {
        self.due
    }

    /// How long it has stood still since it began to play.
    pub fn stalled(&self) -> Duration {
        self.stalled
    }

    /// Plays what it could play since the last look. Returns what it still has before it, in bytes of the item.
    pub(super) fn look(&mut self, now: Time, geometry: &Geometry, have: &Bitfield) -> Range<u64> {
        self.due = Some(now + GLANCE);
        if now > self.begins {
            let since = now.since(self.looked).as_secs_f64();
            let wanted = (self.rate * since).min(geometry.total() as f64 - self.position);
            let played = wanted.min(there(geometry, have, self.position) - self.position);
            self.position += played;
            self.stalled += Duration::from_secs_f64((wanted - played) / self.rate);
            self.looked = now;
        }
        if self.position as u64 >= geometry.total() {
            self.due = None;
        }
        self.position as u64..geometry.total()
    }
}

/// Where what is there without a gap from `position` on ends.
fn there(geometry: &Geometry, have: &Bitfield, position: f64) -> f64 {
    let mut end = position as u64;
    while let Some(piece) = geometry.piece((end / u64::from(geometry.piece_length())) as u32) {
        if !have.has(piece) {
            break;
        }
        end = geometry.offset_of(piece) + u64::from(geometry.length_of(piece));
    }
    (end as f64).max(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    #[test]
    fn it_plays_at_its_rate_and_stands_still_where_a_piece_is_missing() {
        let geometry = Geometry::new(16384, [(16384 * 4, false)]).unwrap();
        let mut have = Bitfield::none(4);
        have.set(geometry.piece(0).unwrap());
        let mut player = Player::new(16384.0);
        player.begin(at(0));
        assert_eq!(player.look(at(900), &geometry, &have).start, 0, "it waits a second");
        assert_eq!(player.look(at(1500), &geometry, &have).start, 8192);
        assert_eq!(player.look(at(3000), &geometry, &have).start, 16384);
        assert_eq!(player.stalled(), Duration::from_secs(1));
        have.set(geometry.piece(1).unwrap());
        assert_eq!(player.look(at(3500), &geometry, &have).start, 16384 + 8192);
        assert_eq!(player.stalled(), Duration::from_secs(1));
        let all = Bitfield::all(4);
        assert!(player.look(at(60_000), &geometry, &all).is_empty());
        assert_eq!(player.next_look(), None);
    }
}
