//! What came out of a run.

use std::collections::BTreeMap;

use peerpool_wire::time::Time;
use serde::Serialize;

use super::World;
use crate::{
    bound::{Downloader, bound},
    peer::{Ledger, VirtualPeer},
};

/// First, median and last of the honest peers that have everything, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    /// The first.
    pub first: f64,
    /// The median.
    pub median: f64,
    /// The last.
    pub last: f64,
}

/// How the run went, sampled over time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Curve {
    #[serde(skip)]
    seeds: usize,
    #[serde(skip)]
    due: Time,
    /// Seconds since the start.
    pub time: Vec<f64>,
    /// Pieces that downloading peers have, as a share of all that they want.
    pub done: Vec<f64>,
    /// Seconds that the first seed's uplink has been busy.
    pub seed_busy: Vec<f64>,
    /// Payload bytes that the first seed has sent.
    pub seed_sent: Vec<f64>,
    /// Of these, bytes that it sent for the first time.
    pub seed_first: Vec<f64>,
    /// Seconds that the other uplinks have been busy, on average.
    pub others_busy: Vec<f64>,
}

/// A sample at most so often.
const EVERY: std::time::Duration = std::time::Duration::from_millis(50);

impl Curve {
    pub(super) fn new(seeds: usize) -> Self {
        Self { seeds, ..Self::default() }
    }

    pub(super) fn sample(&mut self, now: Time, peers: &[VirtualPeer]) {
        if now < self.due {
            return;
        }
        self.due = now + EVERY.mul_f64((peers.len() as f64 / 2000.0).max(1.0));
        let others = &peers[self.seeds.min(peers.len())..];
        let count = others.len().max(1) as f64;
        let have: u64 = others.iter().map(|peer| u64::from(peer.swarm().have().count())).sum();
        let all = others.first().map_or(1, |peer| peer.swarm().have().len().max(1));
        let busy: f64 = others.iter().map(|peer| peer.uplink_busy().as_secs_f64()).sum();
        self.time.push(now.as_secs_f64());
        self.done.push(have as f64 / count / f64::from(all));
        self.seed_busy.push(peers.first().map_or(0.0, |seed| seed.uplink_busy().as_secs_f64()));
        let seed = peers.first().map(VirtualPeer::ledger);
        self.seed_sent.push(seed.map_or(0.0, |seed| seed.sent as f64));
        self.seed_first.push(seed.map_or(0.0, |seed| seed.first_sent as f64));
        self.others_busy.push(busy / count);
    }

    /// How much a curve rose in each of ten equal parts of the run.
    fn rises(&self, values: &[f64]) -> Vec<f64> {
        let end = self.time.last().copied().unwrap_or(0.0);
        let at = |part: u32| interpolate(&self.time, values, end * f64::from(part) / 10.0);
        (0..10).map(|part| at(part + 1) - at(part)).collect()
    }

    /// How busy an uplink was in each of ten equal parts of the run, 0 to 1.
    fn busy(&self, seconds: &[f64]) -> Vec<f64> {
        let part = self.time.last().copied().unwrap_or(0.0) / 10.0;
        self.rises(seconds).into_iter().map(|rise| rise / part).collect()
    }

    /// Which share of what the first seed sent it sent for the first time, in each of ten equal parts of the run.
    fn first_times(&self) -> Vec<f64> {
        let (all, first) = (self.rises(&self.seed_sent), self.rises(&self.seed_first));
        all.into_iter().zip(first).map(|(all, first)| if all > 0.0 { first / all } else { 0.0 }).collect()
    }
}

/// The value at `x` of the curve through the points, which begins at the origin.
fn interpolate(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let nth = xs.partition_point(|sample| *sample < x);
    let before = nth.checked_sub(1);
    let point = |at: usize| Some((*xs.get(at)?, *ys.get(at)?));
    let (x0, y0) = before.and_then(point).unwrap_or((0.0, 0.0));
    match point(nth) {
        Some((x1, y1)) if x1 > x0 => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        _ => y0,
    }
}

/// What came out of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What the scenario is about.
    pub about: String,
    /// Downloading peers.
    pub peers: u32,
    /// Pieces of the item.
    pub pieces: u32,
    /// Bytes of the item.
    pub bytes: u64,
    /// Honest peers that have everything.
    pub finished: usize,
    /// Honest peers that are still there and do not.
    pub unfinished: usize,
    /// The lower bound, in seconds.
    pub bound: f64,
    /// When they finished, after the start of the run.
    pub times: Times,
    /// How long each took from its own arrival.
    pub took: Times,
    /// The same for each class of honest peers, where there are several.
    pub classes: BTreeMap<usize, Times>,
    /// How long those who play the item stood still after their first second, in seconds; the worst of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stalled: Option<f64>,
    /// The last one over the bound.
    pub ratio: f64,
    /// The median over the bound.
    pub median_ratio: f64,
    /// When every piece had a second holder, in seconds.
    pub one_copy_out: Option<f64>,
    /// What the seeds sent, in copies of the item.
    pub seed_copies: f64,
    /// What crossed the line between two sites, out of the one behind it and into it, in copies of the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_copies: Option<[f64; 2]>,
    /// Payload bytes that peers received and could not use, as a share of what they needed.
    pub wasted: f64,
    /// Messages sent per downloading peer, by kind.
    pub messages: BTreeMap<&'static str, f64>,
    /// Bytes on the wire over payload bytes sent.
    pub overhead: f64,
    /// How busy the first seed's uplink was, in tenths of the run.
    pub seed_uplink: Vec<f64>,
    /// Which share of what it sent it sent for the first time, in tenths of the run.
    pub seed_first_times: Vec<f64>,
    /// How busy the other uplinks were on average, in tenths of the run.
    pub other_uplinks: Vec<f64>,
    /// Why swarms closed connections, and how often.
    pub closed: BTreeMap<String, u32>,
    /// Rules that were broken, by checker.
    pub broken: BTreeMap<&'static str, Vec<String>>,
    /// The hash of everything that happened.
    pub trace: String,
    /// How it went.
    #[serde(skip)]
    pub curve: Curve,
    /// Completion times of honest peers, sorted, in seconds.
    #[serde(skip)]
    pub completions: Vec<f64>,
}

impl Report {
    pub(super) fn of(world: &World) -> Self {
        let (seeds, others) = world.peers.split_at(world.scenario.seed.count as usize);
        let honest = || others.iter().filter(|peer| peer.spec().behaviour.is_fair());
        let bytes = world.around.item.geometry.payload();
        let completions = sorted(honest().filter_map(|peer| Some(peer.ledger().completed?.as_secs_f64())));
        let took = sorted(honest().filter_map(|peer| took(peer.ledger())));
        let times = Times::of(&completions);
        let bound = bound_of(world, seeds, others, bytes);
        let per_peer = |of: fn(&Ledger) -> u64| {
            others.iter().map(|peer| of(peer.ledger())).sum::<u64>() as f64 / others.len().max(1) as f64
        };
        let sent: u64 = world.peers.iter().map(|peer| peer.ledger().sent).sum();
        let wire: u64 = world.peers.iter().map(|peer| peer.ledger().wire).sum();
        Self {
            about: world.scenario.about.clone(),
            peers: world.scenario.peers,
            pieces: world.around.item.geometry.piece_count(),
            bytes,
            finished: completions.len(),
            unfinished: honest().filter(|peer| peer.is_online() && !peer.swarm().is_complete()).count(),
            bound,
            times,
            took: Times::of(&took),
            classes: classes(others),
            stalled: others
                .iter()
                .filter_map(|peer| Some(peer.player()?.stalled().as_secs_f64()))
                .max_by(f64::total_cmp),
            ratio: times.last / bound,
            median_ratio: times.median / bound,
            one_copy_out: world.progress.one_copy_out.map(Time::as_secs_f64),
            seed_copies: seeds.iter().map(|peer| peer.ledger().sent).sum::<u64>() as f64 / bytes as f64,
            line_copies: world
                .between
                .line
                .as_ref()
                .map(|line| line.carried().map(|crossed| crossed as f64 / bytes as f64)),
            wasted: wasted(world, others),
            messages: BTreeMap::from([
                ("all", per_peer(|ledger| ledger.messages)),
                ("have", per_peer(|ledger| ledger.haves)),
                ("request", per_peer(|ledger| ledger.requests)),
                ("cancel", per_peer(|ledger| ledger.cancels)),
            ]),
            overhead: wire as f64 / sent.max(1) as f64,
            seed_uplink: world.curve.busy(&world.curve.seed_busy),
            seed_first_times: world.curve.first_times(),
            other_uplinks: world.curve.busy(&world.curve.others_busy),
            closed: closed(&world.peers),
            broken: world
                .rules
                .broken
                .iter()
                .filter(|(_, lines)| !lines.is_empty())
                .map(|(name, lines)| (*name, lines.clone()))
                .collect(),
            trace: format!("{:016x}", world.trace().hash()),
            curve: world.curve.clone(),
            completions,
        }
    }
}

impl Times {
    fn of(sorted: &[f64]) -> Self {
        let at = |nth: usize| sorted.get(nth).copied().unwrap_or(f64::NAN);
        Self { first: at(0), median: at(sorted.len() / 2), last: at(sorted.len().saturating_sub(1)) }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn took(ledger: &Ledger) -> Option<f64> {
    Some(ledger.completed?.since(ledger.arrived?).as_secs_f64())
}

/// How long the honest peers of each class took, if there are several classes.
fn classes(others: &[VirtualPeer]) -> BTreeMap<usize, Times> {
    let mut by_class: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for peer in others.iter().filter(|peer| peer.spec().behaviour.is_fair()) {
        by_class.entry(peer.spec().class).or_default().extend(took(peer.ledger()));
    }
    if by_class.len() < 2 {
        by_class.clear();
    }
    by_class.into_iter().map(|(class, times)| (class, Times::of(&sorted(times.into_iter())))).collect()
}

fn bound_of(world: &World, seeds: &[VirtualPeer], others: &[VirtualPeer], bytes: u64) -> f64 {
    let seed_up: u64 = seeds.iter().map(|seed| seed.spec().link.up).sum();
    let downloaders: Vec<Downloader> = others
        .iter()
        .filter(|peer| peer.spec().behaviour.takes() && !peer.spec().complete)
        .map(|peer| Downloader {
            arrives: peer.ledger().arrived.unwrap_or(world.now).as_secs_f64(),
            up: if peer.spec().behaviour.gives() { peer.spec().link.up as f64 } else { 0.0 },
            down: peer.spec().link.down as f64,
        })
        .collect();
    let over_the_line =
        world.scenario.network.shared_line.map_or(0.0, |mbit| bytes as f64 / (mbit * 125_000.0));
    bound(bytes, seed_up as f64, &downloaders).max(over_the_line)
}

/// What was received beyond the pieces that were completed and those begun.
fn wasted(world: &World, others: &[VirtualPeer]) -> f64 {
    let received: u64 = others.iter().map(|peer| peer.ledger().received).sum();
    let held: u64 = others.iter().map(|peer| peer.disk().bytes(&world.around.item.geometry)).sum();
    received.saturating_sub(held) as f64 / held.max(1) as f64
}

fn closed(peers: &[VirtualPeer]) -> BTreeMap<String, u32> {
    let mut all = BTreeMap::new();
    for (reason, count) in peers.iter().flat_map(|peer| &peer.ledger().closed) {
        *all.entry(reason.clone()).or_default() += count;
    }
    all
}
