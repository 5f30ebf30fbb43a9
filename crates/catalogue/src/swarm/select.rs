//! Which peers of a swarm are named to somebody who asks.
//!
//! A swarm may be large and is asked all the time, so an answer looks at a few times as many peers as it names, each of
//! them once, and puts none of them in more order than it takes to name the best.

use std::ops::Range;

use peerpool_wire::{host::Network, networks::Networks};
use rand::{Rng, RngExt};
use rustc_hash::FxHashMap;

use super::{Asker, Swarm};
use crate::{
    ranks::Rank,
    swarm_peer::{SwarmPeer, Via},
};

/// Seeds are few when there are so many times as many peers …
const FEW_SEEDS: usize = 16;
/// … and then a seed is named so many times as often as anybody else: what only it has comes to more peers at once, and
/// none of them has to pass on much of it.
const SEED_SHARE: u16 = 2;
/// In a swarm of so many peers the only seed is named to all: it can take them, and whoever reads what arrives needs it.
const SMALL: usize = 16;
/// Peers of one host in an answer before another host's turn comes.
pub(super) const TURN: u32 = 4;
/// Peers looked at for each that is wanted …
const SAMPLE: usize = 3;
/// … and at least so many.
const MIN_SAMPLE: usize = 64;

/// Which peers are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) count: usize,
    /// Who asks, and is not handed to itself; `None`: nobody that downloads.
    pub(crate) asker: Option<Asker>,
    /// Whether the asking peer says that it has everything. It gets other seeds last, but it gets them: a client
    /// that knows only a magnet link says so too, since it does not know what is left (aria2 does).
    pub(crate) complete: bool,
    pub(crate) via: Via,
    /// The asking peer's network: up to half of the peers come from its network.
    pub(crate) near: Network,
    pub(crate) networks: &'a Networks,
}

impl Wanted<'_> {
    fn is_near(&self, peer: &SwarmPeer) -> bool {
        peer.is_near(self.near, self.networks)
    }
}

/// Which peers of other networks are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// None, but to one that has everything those that look for others.
    Near,
    /// Those that may be named to a bridge.
    Far,
    All,
}

/// A peer that may be named. Lower ones come first.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// How many turns of its host come before it.
    turn: u32,
    /// How often it was handed out, as far as that counts.
    handed: u16,
    /// Its place in the swarm.
    at: u32,
}

impl Swarm {
    /// Chooses peers, those of the first ranks first; within a rank at random, and among those the ones handed out
    /// least; counts them as handed out.
    ///
    /// Peers of other networks are named to the bridges of one alone, or where it has nobody to name.
    pub(crate) fn select(&mut self, wanted: Wanted<'_>, rng: &mut impl Rng) -> Vec<&SwarmPeer> {
        let scope = self.scope(&wanted);
        let mut chosen = self.pick(wanted, scope, rng);
        if chosen.is_empty() && scope != Scope::All {
            chosen = self.pick(wanted, Scope::All, rng);
        }
        let has_only_seed = self.has_only_seed();
        for &at in &chosen {
            let peer = &mut self.peers[at as usize];
            // Once the swarm has grown, it is not to come last for that.
            if !(has_only_seed && peer.part.is_all()) {
                peer.handed = peer.handed.saturating_add(1);
            }
        }
        chosen.into_iter().map(|at| &self.peers[at as usize]).collect()
    }

    /// Of which networks whoever asks is named peers.
    fn scope(&mut self, wanted: &Wanted<'_>) -> Scope {
        match wanted.asker {
            Some(_) if wanted.complete => Scope::Near,
            Some(asker) if !self.admit(wanted.near, asker, wanted.networks) => Scope::Near,
            Some(_) if self.sites.is_some() => Scope::Far,
            _ => Scope::All,
        }
    }

    fn pick(&self, wanted: Wanted<'_>, scope: Scope, rng: &mut impl Rng) -> Vec<u32> {
        let mut chosen = Vec::new();
        for rank in Rank::ALL {
            // Whoever has everything is told of seeds last, so of all ranks those that are none come first.
            let missing = if wanted.complete { wanted.count } else { wanted.count - chosen.len() };
            if missing == 0 {
                break;
            }
            let left = Wanted { count: missing, ..wanted };
            let sample = self.sample(rank, left, scope, rng);
            if wanted.complete || sample.len() <= missing {
                chosen.extend(sample);
            } else {
                self.choose(sample, left, rank, &mut chosen);
            }
        }
        if wanted.complete {
            chosen.sort_by_key(|&at| self.peers[at as usize].part.is_all());
            chosen.truncate(wanted.count);
        }
        chosen
    }

    /// Peers of a rank that fit, in random order: all of a few, some of many.
    fn sample(&self, rank: Rank, wanted: Wanted<'_>, scope: Scope, rng: &mut impl Rng) -> Vec<u32> {
        let enough = wanted.count.saturating_mul(SAMPLE).max(MIN_SAMPLE);
        let fits = |&at: &u32| {
            let peer = &self.peers[at as usize];
            // Whoever has everything may have to dial those who cannot dial it.
            let is_near = || wanted.is_near(peer);
            let is_told = || {
                is_near()
                    || match scope {
                        Scope::Near => wanted.complete && self.looks_out(peer, wanted.networks),
                        Scope::Far => self.is_named_afar(peer, wanted.networks),
                        Scope::All => true,
                    }
            };
            let is_asker = wanted.asker.is_some_and(|asker| asker.identity == peer.identity);
            peer.port != 0 && !is_asker && peer.via.meets(wanted.via) && is_told()
        };
        some_of(self.ranks.range(rank), enough, rng).filter(fits).collect()
    }

    /// Of more peers than wanted: up to half from the same network, the least handed out first, a few of each host at a
    /// time.
    fn choose(&self, sample: Vec<u32>, wanted: Wanted<'_>, rank: Rank, chosen: &mut Vec<u32>) {
        let seeds_are_few = self.seeds as usize * FEW_SEEDS <= self.peers.len();
        let has_only_seed = self.has_only_seed();
        let (mut near, mut far) = (Vec::new(), Vec::with_capacity(sample.len()));
        for at in sample {
            let peer = &self.peers[at as usize];
            let is_near = wanted.is_near(peer);
            let handed = if has_only_seed && peer.part.is_all() {
                0
            } else if seeds_are_few && is_near && peer.part.is_all() {
                peer.handed / SEED_SHARE
            } else {
                peer.handed
            };
            if is_near { &mut near } else { &mut far }.push(Candidate { turn: 0, handed, at });
        }
        let is_known_to_be_even =
            rank == Rank::Announced && self.index.as_ref().is_some_and(|index| index.crowded == 0);
        if rank != Rank::Last && !is_known_to_be_even {
            self.give_turns(&mut near, &mut far);
        }
        let from_near = near.len().min((wanted.count / 2).max(wanted.count.saturating_sub(far.len())));
        chosen.extend(first(&mut near, from_near));
        chosen.extend(first(&mut far, wanted.count - from_near));
    }

    /// Whether it is small, and one peer has everything.
    fn has_only_seed(&self) -> bool {
        self.seeds == 1 && self.peers.len() <= SMALL
    }

    /// Sees to it that a host with many candidates does not come before one with few.
    fn give_turns(&self, near: &mut [Candidate], far: &mut [Candidate]) {
        let host = |candidate: &Candidate| self.peers[candidate.at as usize].host();
        let candidates = || near.iter().chain(far.iter());
        let mut counts = FxHashMap::with_capacity_and_hasher(near.len() + far.len(), Default::default());
        let mut is_crowded = false;
        for candidate in candidates() {
            let count: &mut u32 = counts.entry(host(candidate)).or_default();
            *count += 1;
            is_crowded |= *count > TURN;
        }
        if !is_crowded {
            return;
        }
        let mut all: Vec<&mut Candidate> = near.iter_mut().chain(far).collect();
        all.sort_by_key(|candidate| candidate.handed);
        counts.clear();
        for candidate in all {
            let nth = counts.entry(host(candidate)).or_default();
            candidate.turn = *nth / TURN;
            *nth += 1;
        }
    }
}

/// The places of the first so many candidates, in no order.
fn first(candidates: &mut [Candidate], count: usize) -> impl Iterator<Item = u32> + '_ {
    if (1..candidates.len()).contains(&count) {
        candidates.select_nth_unstable_by_key(count - 1, |candidate| (candidate.turn, candidate.handed));
    }
    candidates.iter().take(count).map(|candidate| candidate.at)
}

/// So many different indexes of a range, or all of them: every one as likely as every other, and any two hardly more often
/// together than others. An arithmetic progression around the range, which draws two numbers and remembers none.
fn some_of(range: Range<usize>, count: usize, rng: &mut impl Rng) -> impl Iterator<Item = u32> {
    let length = range.len() as u32;
    let mut at = if length == 0 { 0 } else { rng.random_range(0..length) };
    // Coming around, it meets an index again only after all others.
    let step = loop {
        let step = if length < 2 { 1 } else { rng.random_range(1..length) };
        if greatest_common_divisor(step, length) <= 1 {
            break step;
        }
    };
    std::iter::repeat_with(move || {
        let index = range.start as u32 + at;
        at = if at >= length - step { at - (length - step) } else { at + step };
        index
    })
    .take(count.min(length as usize))
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::some_of;

    proptest! {
        #[test]
        fn some_of_a_range_are_different_and_as_many_as_there_are(start in 0usize..50, length in 0usize..200, count in 0usize..300, seed: u64) {
            let range = start..start + length;
            let some: Vec<u32> = some_of(range.clone(), count, &mut ChaCha8Rng::seed_from_u64(seed)).collect();
            prop_assert_eq!(some.len(), count.min(length));
            prop_assert!(some.iter().all(|&at| range.contains(&(at as usize))));
            prop_assert_eq!(some.iter().collect::<BTreeSet<_>>().len(), some.len());
        }
    }

    #[test]
    fn every_index_is_as_likely_as_every_other() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut counts = [0u32; 30];
        for _ in 0..30_000 {
            some_of(0..30, 10, &mut rng).for_each(|at| counts[at as usize] += 1);
        }
        // 10,000 each; five standard deviations.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 410), "{counts:?}");
    }
}
