//! Peers that are alike are served alike.

use std::collections::BTreeMap;

use super::{Checker, PeerView, View};

/// The slowest of its kind takes at most so many times as long as the median.
const WORST: f64 = 2.0;

/// Below this many peers of a kind there is no telling.
const FEWEST: usize = 3;

/// Honest peers of one class do not finish far behind each other.
#[derive(Clone, Copy, Debug)]
pub struct Fairness;

impl Checker for Fairness {
    fn name(&self) -> &'static str {
        "fairness"
    }

    fn check(&mut self, view: &View<'_>) -> Vec<String> {
        if !view.over {
            return Vec::new();
        }
        let mut kinds: BTreeMap<usize, Vec<(f64, &PeerView<'_>)>> = BTreeMap::new();
        for peer in view.peers.iter().filter(|peer| peer.honest) {
            if let (Some(class), Some(took)) = (peer.class, took(peer)) {
                kinds.entry(class).or_default().push((took, peer));
            }
        }
        kinds.values_mut().filter_map(|kind| slowest_is_far_behind(kind)).collect()
    }
}

fn took(peer: &PeerView<'_>) -> Option<f64> {
    Some(peer.completed?.since(peer.arrived?).as_secs_f64())
}

fn slowest_is_far_behind(kind: &mut [(f64, &PeerView<'_>)]) -> Option<String> {
    kind.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median, _) = kind.get(kind.len() / 2)?;
    let (slowest, peer) = kind.last()?;
    (kind.len() >= FEWEST && *slowest > WORST * median)
        .then(|| format!("{:?} took {slowest:.2} s, its like {median:.2} s in the median", peer.no))
}
