//! Several nodes of one pool: real catalogues and members, with links between them that are delayed, cut and reset, a
//! database that goes away, clocks that are wrong, peers and stock clients that come, move and vanish.
//!
//! First everything goes wrong for a while, then nothing does, and in the end every node must say what a plain table of
//! who is there says (`checks.rs`). Times are shorter than a tracker's, in proportion to each other.

mod checks;
mod clients;
mod faults;
mod links;
mod members;
mod node;
mod peers;
mod updates;
mod world;

use std::fmt;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::world::World;

/// What came of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Source of all chance.
    pub seed: u64,
    /// What did not hold, a line each.
    pub broken: Vec<String>,
    /// Things that happened.
    pub events: u64,
    /// Pieces of news that crossed a link.
    pub news: u64,
    /// Faults: nodes killed and hung, links cut and reset, outages of the database.
    pub faults: u32,
    /// Peers that moved, and whose node knew already what they have.
    pub kept: u32,
    /// How often a checker compared something.
    pub checked: u64,
    /// A digest of everything that crossed a link; two runs of a seed have the same.
    pub digest: u64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, events, news, faults, kept, checked, .. } = self;
        write!(
            f,
            "seed {seed}: {events} events, {faults} faults, {news} pieces of news, {kept} peers kept, {checked} checks"
        )?;
        self.broken.iter().try_for_each(|line| write!(f, "\n  broken: {line}"))
    }
}

/// Runs a pool through its faults.
pub fn run(seed: u64) -> Outcome {
    World::new(seed, ChaCha8Rng::seed_from_u64(seed), false).run().0
}

/// The same, with everything that happened, a line each.
pub fn trace(seed: u64) -> (Outcome, Vec<String>) {
    World::new(seed, ChaCha8Rng::seed_from_u64(seed), true).run()
}
