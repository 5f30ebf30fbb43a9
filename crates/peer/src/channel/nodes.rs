//! Which node of the pool to talk to, and after which pause.
//!
//! Without I/O: whoever drives it says what became of a node, and draws what is random.

use std::time::Duration;

use peerpool_api::{TrackerUrl, Trackers};
use peerpool_wire::channel::MAX_NODES;

/// Pauses between rounds, before jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Within this time the peers of a node that has died come to the others.
const SPREAD: Duration = Duration::from_secs(2);
/// How long connecting and being welcomed may take in all …
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// … and while another node can be tried.
const HASTE: Duration = Duration::from_secs(3);

/// What is random in a turn, each from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) node: f64,
    pub(super) pause: f64,
}

/// What to do without a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Try a node that was not tried yet. Whoever waits for something need not pause.
    Move { pause: Duration },
    /// None answers: try again after a pause.
    BackOff { pause: Duration },
}

/// The nodes of the pool, as far as they are known. A pool with one tracker has one.
#[derive(Debug)]
pub(super) struct Nodes {
    /// By whoever started the peer; never forgotten.
    named: Trackers,
    /// By nodes, the newest list first.
    told: Vec<TrackerUrl>,
    current: TrackerUrl,
    /// Given up in this round.
    tried: Vec<TrackerUrl>,
    /// How often in a row none answered.
    rounds: u32,
}

impl Nodes {
    /// Begins with the one that was named first.
    pub(super) fn new(named: Trackers) -> Self {
        let current = named.first().clone();
        Self { named, told: Vec::new(), current, tried: Vec::new(), rounds: 0 }
    }

    pub(super) fn named(&self) -> &Trackers {
        &self.named
    }

    /// The node to talk to.
    pub(super) fn current(&self) -> &TrackerUrl {
        &self.current
    }

    /// Whether none was given up since it began or a session stood.
    pub(super) fn is_fresh(&self) -> bool {
        self.rounds == 0 && self.tried.is_empty()
    }

    /// Whether all nodes have been tried in vain since then.
    pub(super) fn have_failed(&self) -> bool {
        self.rounds > 0
    }

    /// Whether there is another one to turn to.
    pub(super) fn are_several(&self) -> bool {
        self.all().any(|node| *node != self.current)
    }

    /// How long the current one may take to welcome this peer. Where all have failed they may only be slow.
    pub(super) fn patience(&self) -> Duration {
        if self.rounds == 0 && self.are_several() { HASTE } else { PATIENCE }
    }

    /// A node has told where nodes are.
    pub(super) fn hear_of(&mut self, mut told: Vec<TrackerUrl>) {
        let before = std::mem::take(&mut self.told);
        for node in before {
            if !told.contains(&node) {
                told.push(node);
            }
        }
        told.truncate(MAX_NODES);
        self.told = told;
    }

    /// The current node has welcomed this peer.
    pub(super) fn welcome(&mut self) {
        self.tried.clear();
        self.rounds = 0;
    }

    /// The session with the current node is over.
    pub(super) fn lose(&mut self, chance: Chance) -> Turn {
        self.turn(SPREAD.mul_f64(chance.pause), chance)
    }

    /// The current node has welcomed nobody: it refused, or does not answer.
    pub(super) fn fail(&mut self, chance: Chance) -> Turn {
        self.turn(Duration::ZERO, chance)
    }

    fn turn(&mut self, pause: Duration, chance: Chance) -> Turn {
        self.tried.push(self.current.clone());
        let left = self.all().filter(|node| !self.tried.contains(node));
        if let Some(next) = pick(left, chance.node) {
            self.current = next;
            return Turn::Move { pause };
        }
        self.tried.clear();
        if let Some(next) = pick(self.all(), chance.node) {
            self.current = next;
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.rounds.min(10));
        self.rounds = self.rounds.saturating_add(1);
        // Never in step with other peers.
        Turn::BackOff { pause: doubled.min(LONGEST_PAUSE).mul_f64(0.5 + chance.pause) }
    }

    fn all(&self) -> impl Iterator<Item = &TrackerUrl> {
        let told = self.told.iter().filter(|node| !self.named.iter().any(|named| named == *node));
        self.named.iter().chain(told)
    }
}

/// Those that make sense, of what a node says.
pub(super) fn urls(nodes: &[String]) -> Vec<TrackerUrl> {
    nodes.iter().filter_map(|node| node.parse().ok()).collect()
}

fn pick<'a>(nodes: impl Iterator<Item = &'a TrackerUrl>, chance: f64) -> Option<TrackerUrl> {
    let nodes: Vec<&TrackerUrl> = nodes.collect();
    let which = (chance * nodes.len() as f64) as usize;
    nodes.get(which.min(nodes.len().saturating_sub(1))).map(|node| (*node).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Chance = Chance { node: 0.5, pause: 0.5 };

    fn url(text: &str) -> TrackerUrl {
        text.parse().unwrap()
    }

    fn nodes(named: &str) -> Nodes {
        Nodes::new(named.parse().unwrap())
    }

    fn told(nodes: &[&str]) -> Vec<TrackerUrl> {
        nodes.iter().map(|node| url(node)).collect()
    }

    #[test]
    fn a_lone_tracker_is_tried_again_after_growing_pauses() {
        let mut nodes = nodes("a");
        nodes.welcome();
        assert!(!nodes.are_several());
        assert_eq!(nodes.patience(), PATIENCE);
        let mut pauses = vec![nodes.lose(HALF)];
        pauses.extend((0..7).map(|_| nodes.fail(HALF)));
        let seconds = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0].map(Duration::from_secs_f64);
        assert_eq!(pauses, seconds.map(|pause| Turn::BackOff { pause }));
        assert_eq!(*nodes.current(), url("a"));
        nodes.welcome();
        assert_eq!(nodes.lose(HALF), Turn::BackOff { pause: FIRST_PAUSE });
    }

    #[test]
    fn every_node_is_tried_once_before_a_round_is_over() {
        for node in [0.0, 0.3, 0.6, 0.99, 1.0] {
            let chance = Chance { node, pause: 0.0 };
            let mut nodes = nodes("a,b,c,d");
            let mut seen = vec![nodes.current().clone()];
            while let Turn::Move { pause } = nodes.fail(chance) {
                assert_eq!(pause, Duration::ZERO, "nobody waits for one that refuses");
                assert!(!nodes.have_failed());
                seen.push(nodes.current().clone());
            }
            seen.sort();
            assert_eq!(seen, told(&["a", "b", "c", "d"]));
            assert!(nodes.have_failed());
        }
    }

    #[test]
    fn the_peers_of_a_dead_node_spread_over_time_and_over_the_others() {
        let mut went = Vec::new();
        for chance in [0.0, 0.25, 0.75] {
            let mut nodes = nodes("a,b,c");
            nodes.welcome();
            let turn = nodes.lose(Chance { node: chance, pause: chance });
            assert_eq!(turn, Turn::Move { pause: SPREAD.mul_f64(chance) });
            went.push(nodes.current().clone());
        }
        assert_eq!(went, told(&["b", "b", "c"]));
    }

    #[test]
    fn what_a_node_tells_is_added_and_what_was_named_is_kept() {
        let mut nodes = nodes("a");
        nodes.hear_of(told(&["a", "b"]));
        assert!(nodes.are_several());
        nodes.hear_of(Vec::new());
        assert!(nodes.are_several(), "a node that knows no others takes nothing back");
        nodes.hear_of((0..2 * MAX_NODES).map(|number| url(&format!("node{number}"))).collect());
        assert_eq!(nodes.all().count(), 1 + MAX_NODES, "the named one, and as many as may be told");
        assert!(nodes.all().any(|node| *node == url("a")));
    }

    #[test]
    fn a_node_that_is_named_by_the_last_one_that_refuses_is_tried() {
        let mut nodes = nodes("a");
        nodes.hear_of(told(&["b"]));
        assert_eq!(nodes.fail(HALF), Turn::Move { pause: Duration::ZERO });
        assert_eq!(*nodes.current(), url("b"));
    }

    #[test]
    fn nodes_are_waited_for_longer_once_all_have_failed() {
        let mut nodes = nodes("a,b");
        assert_eq!(nodes.patience(), HASTE);
        nodes.fail(HALF);
        assert_eq!(nodes.patience(), HASTE);
        nodes.fail(HALF);
        assert_eq!(nodes.patience(), PATIENCE);
    }
}
