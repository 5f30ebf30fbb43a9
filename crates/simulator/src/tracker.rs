//! Who is told of whom: the tracker's hand-out of neighbours.

use rand::{Rng, RngExt, seq::SliceRandom};

use crate::mail::PeerNo;

/// A tracker that builds a random regular graph: whoever arrives is told of peers that few others were told of.
#[derive(Clone, Debug)]
pub struct Tracker {
    present: Vec<PeerNo>,
    /// For each peer, how many neighbours it was given and given to.
    degree: Vec<u32>,
    neighbours: u32,
}

/// So many peers are drawn for each that is handed out; of these, the ones with the fewest neighbours are.
const DRAWN: usize = 6;

impl Tracker {
    /// A tracker for that many peers, which wants each to have so many neighbours.
    pub fn new(peers: usize, neighbours: u32) -> Self {
        Self { present: Vec::new(), degree: vec![0; peers], neighbours }
    }

    /// A peer arrives, and is told of half as many as it should have: later ones are told of it.
    pub fn arrive(&mut self, peer: PeerNo, rng: &mut impl Rng) -> Vec<PeerNo> {
        let chosen = self.choose(peer, rng);
        self.present.push(peer);
        chosen
    }

    /// A peer leaves.
    pub fn leave(&mut self, peer: PeerNo) {
        self.present.retain(|other| *other != peer);
    }

    /// A peer that has too few neighbours asks again.
    pub fn ask_again(&mut self, peer: PeerNo, rng: &mut impl Rng) -> Vec<PeerNo> {
        self.choose(peer, rng)
    }

    /// How many peers are there.
    pub fn present(&self) -> usize {
        self.present.len()
    }

    fn choose(&mut self, peer: PeerNo, rng: &mut impl Rng) -> Vec<PeerNo> {
        let wanted = self.neighbours.div_ceil(2) as usize;
        let mut drawn = self.draw(wanted * DRAWN, rng);
        drawn.retain(|other| *other != peer);
        drawn.sort_by_key(|other| self.degree[other.as_usize()]);
        drawn.truncate(wanted);
        for other in &drawn {
            self.degree[other.as_usize()] += 1;
        }
        self.degree[peer.as_usize()] += drawn.len() as u32;
        drawn
    }

    /// Different peers in random order.
    fn draw(&self, count: usize, rng: &mut impl Rng) -> Vec<PeerNo> {
        let mut drawn: Vec<PeerNo> = if self.present.len() <= 2 * count {
            self.present.clone()
        } else {
            (0..count).map(|_| self.present[rng.random_range(0..self.present.len())]).collect()
        };
        drawn.sort_unstable();
        drawn.dedup();
        drawn.shuffle(rng);
        drawn
    }
}
