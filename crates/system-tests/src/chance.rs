//! Choices that a seed repeats.

use std::time::Duration;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Choices out of a seed: the same seed gives the same ones. What a busy machine makes of them differs.
#[derive(Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// Begins with this seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Some time up to `longest`.
    pub fn time(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.0.next_u64() as f64 / u64::MAX as f64)
    }

    /// Fills bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Twenty bytes, for an id or a hash.
    pub fn id(&mut self) -> [u8; 20] {
        let mut id = [0; 20];
        self.fill(&mut id);
        id
    }
}
