//! Pieces in order of rarity, kept incrementally.

use peerpool_wire::geometry::Piece;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

const OUT: u32 = u32::MAX;

/// The pieces that may be begun, in order of how many connected peers have them, ties in random order.
///
/// `order` holds the listed pieces, bucket after bucket; bucket `a` (the pieces that `a` peers have) ends
/// before `ends[a]`. A change of one count moves a piece over one border, whatever the number of pieces
/// and peers. Peers that have everything are not counted here: they change no order.
#[derive(Debug)]
pub(crate) struct Rarity {
    order: Vec<u32>,
    ends: Vec<u32>,
    place: Vec<u32>,
    count: Vec<u32>,
}

impl Rarity {
    /// No piece of `pieces` listed, none counted.
    pub(crate) fn new(pieces: u32) -> Self {
        Self {
            order: Vec::new(),
            ends: vec![0],
            place: vec![OUT; pieces as usize],
            count: vec![0; pieces as usize],
        }
    }

    /// How many counted peers have a piece.
    pub(crate) fn count(&self, piece: Piece) -> u32 {
        self.count[piece.as_usize()]
    }

    /// Whether a piece is listed.
    pub(crate) fn is_listed(&self, piece: Piece) -> bool {
        self.place[piece.as_usize()] != OUT
    }

    /// Number of listed pieces.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Number of listed pieces that no counted peer has.
    pub(crate) fn unavailable(&self) -> u32 {
        self.ends[0]
    }

    /// The listed pieces, rarest first, leaving out those that no counted peer has unless `all`.
    pub(crate) fn iter(&self, all: bool) -> impl Iterator<Item = u32> + '_ {
        let from = if all { 0 } else { self.ends[0] as usize };
        self.order[from..].iter().copied()
    }

    /// One more peer has a piece.
    pub(crate) fn increment(&mut self, piece: Piece, rng: &mut ChaCha8Rng) {
        let bucket = self.count[piece.as_usize()] as usize;
        self.count[piece.as_usize()] += 1;
        if self.is_listed(piece) {
            self.ensure_bucket(bucket + 1);
            let last = self.ends[bucket] - 1;
            self.swap(self.place[piece.as_usize()], last);
            self.ends[bucket] = last;
            self.shuffle_into(bucket + 1, last, rng);
        }
    }

    /// One peer less has a piece.
    pub(crate) fn decrement(&mut self, piece: Piece, rng: &mut ChaCha8Rng) {
        let bucket = self.count[piece.as_usize()] as usize;
        debug_assert!(bucket > 0, "{piece} is counted down more often than up");
        let Some(below) = bucket.checked_sub(1) else {
            return;
        };
        self.count[piece.as_usize()] -= 1;
        if self.is_listed(piece) {
            let first = self.ends[below];
            self.swap(self.place[piece.as_usize()], first);
            self.ends[below] = first + 1;
            self.shuffle_into(below, first, rng);
        }
    }

    /// Lists a piece.
    pub(crate) fn insert(&mut self, piece: Piece, rng: &mut ChaCha8Rng) {
        if self.is_listed(piece) {
            return;
        }
        let bucket = self.count[piece.as_usize()] as usize;
        self.ensure_bucket(bucket);
        // Room is made at the end of its bucket: the first piece of each bucket above moves to that bucket's end.
        let mut hole = self.order.len() as u32;
        self.order.push(piece.index());
        for above in (bucket + 1..self.ends.len()).rev() {
            let first = self.ends[above - 1];
            self.ends[above] += 1;
            if first != hole {
                self.set(hole, self.order[first as usize]);
                hole = first;
            }
        }
        self.ends[bucket] += 1;
        self.set(hole, piece.index());
        self.shuffle_into(bucket, hole, rng);
    }

    /// Takes a piece off the list.
    pub(crate) fn remove(&mut self, piece: Piece) {
        if !self.is_listed(piece) {
            return;
        }
        let mut hole = self.place[piece.as_usize()];
        for bucket in self.count[piece.as_usize()] as usize..self.ends.len() {
            let last = self.ends[bucket] - 1;
            self.ends[bucket] = last;
            if last != hole {
                self.set(hole, self.order[last as usize]);
                hole = last;
            }
        }
        self.order.pop();
        self.place[piece.as_usize()] = OUT;
    }

    fn ensure_bucket(&mut self, bucket: usize) {
        let total = self.order.len() as u32;
        if self.ends.len() <= bucket {
            self.ends.resize(bucket + 1, total);
        }
    }

    fn set(&mut self, place: u32, piece: u32) {
        self.order[place as usize] = piece;
        self.place[piece as usize] = place;
    }

    fn swap(&mut self, a: u32, b: u32) {
        let (first, second) = (self.order[a as usize], self.order[b as usize]);
        self.set(a, second);
        self.set(b, first);
    }

    /// Swaps the piece at `place` with a random one of its bucket, so that ties stay in random order.
    fn shuffle_into(&mut self, bucket: usize, place: u32, rng: &mut ChaCha8Rng) {
        let start = bucket.checked_sub(1).map_or(0, |below| self.ends[below]);
        let end = self.ends[bucket];
        if end - start > 1 {
            let other = rng.random_range(start..end);
            self.swap(place, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::Geometry;
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Op {
        Increment,
        Decrement,
        Insert,
        Remove,
    }

    proptest! {
        #[test]
        fn the_order_agrees_with_sorting_by_count(
            ops in prop::collection::vec((prop::sample::select(vec![Op::Increment, Op::Decrement, Op::Insert, Op::Remove]), 0u32..20), 0..300),
            seed in any::<u64>(),
        ) {
            let geometry = Geometry::new(1, [(20, false)]).unwrap();
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut rarity = Rarity::new(20);
            let (mut counts, mut listed) = ([0u32; 20], [false; 20]);
            for (op, index) in ops {
                let piece = geometry.piece(index).unwrap();
                match op {
                    Op::Increment => { rarity.increment(piece, &mut rng); counts[index as usize] += 1; }
                    Op::Decrement if counts[index as usize] > 0 => { rarity.decrement(piece, &mut rng); counts[index as usize] -= 1; }
                    Op::Decrement => {}
                    Op::Insert => { rarity.insert(piece, &mut rng); listed[index as usize] = true; }
                    Op::Remove => { rarity.remove(piece); listed[index as usize] = false; }
                }
                let order: Vec<u32> = rarity.iter(true).collect();
                prop_assert!(order.is_sorted_by_key(|index| counts[*index as usize]));
                let mut sorted = order.clone();
                sorted.sort_unstable();
                prop_assert_eq!(sorted, (0..20).filter(|index| listed[*index as usize]).collect::<Vec<u32>>());
                let unavailable = (0..20).filter(|index| listed[*index] && counts[*index] == 0).count();
                prop_assert_eq!(rarity.unavailable() as usize, unavailable);
            }
        }
    }

    #[test]
    fn ties_come_in_another_order_for_another_seed() {
        let geometry = Geometry::new(1, [(64, false)]).unwrap();
        let order = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut rarity = Rarity::new(64);
            geometry.pieces().for_each(|piece| rarity.insert(piece, &mut rng));
            rarity.iter(true).collect::<Vec<u32>>()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
