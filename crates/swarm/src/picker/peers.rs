//! Who has which pieces.

use peerpool_wire::{bitfield::Bitfield, geometry::Piece};
use rand_chacha::ChaCha8Rng;

use super::Picker;

impl Picker {
    /// A peer with these pieces is connected from now on; true when it is counted as one that has everything.
    pub(crate) fn add_peer(&mut self, theirs: &Bitfield, rng: &mut ChaCha8Rng) -> bool {
        if theirs.is_all() {
            self.seeds += 1;
            return true;
        }
        for piece in theirs.iter().filter_map(|index| self.geometry.piece(index)) {
            self.rarity.increment(piece, rng);
        }
        false
    }

    /// A peer with these pieces is no longer connected; `whole` tells how it was counted.
    pub(crate) fn remove_peer(&mut self, theirs: &Bitfield, whole: bool, rng: &mut ChaCha8Rng) {
        if whole {
            self.seeds -= 1;
            return;
        }
        for piece in theirs.iter().filter_map(|index| self.geometry.piece(index)) {
            self.rarity.decrement(piece, rng);
        }
    }

    /// A connected peer got one more piece.
    pub(crate) fn peer_has(&mut self, piece: Piece, rng: &mut ChaCha8Rng) {
        self.rarity.increment(piece, rng);
    }

    /// A connected peer has everything by now, and is counted like that. Looks at every piece.
    pub(crate) fn peer_is_whole(&mut self, rng: &mut ChaCha8Rng) {
        for piece in self.geometry.clone().pieces() {
            self.rarity.decrement(piece, rng);
        }
        self.seeds += 1;
    }

    /// A connected peer no longer has a piece; `whole` tells how it was counted. It is counted piece by piece from now
    /// on.
    pub(crate) fn peer_lost(&mut self, piece: Piece, whole: bool, rng: &mut ChaCha8Rng) {
        if whole {
            self.seeds -= 1;
            for piece in self.geometry.clone().pieces() {
                self.rarity.increment(piece, rng);
            }
        }
        self.rarity.decrement(piece, rng);
    }
}
