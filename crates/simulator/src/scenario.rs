//! What a run is about, as written in a file.

use std::time::Duration;

use peerpool_catalogue::Policy;
use peerpool_swarm::Config;
use peerpool_wire::id::PeerId;
use serde::Deserialize;

use crate::{
    link::{LinkSpec, PACKET},
    mail::PORT,
    peer::Behaviour,
};

/// A scenario. See `scenarios/` for examples; what a file does not say has the default given here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// One line for people.
    pub about: String,
    /// Number of downloading peers.
    pub peers: u32,
    /// What they download.
    #[serde(default)]
    pub item: ItemShape,
    /// Who has it at the start.
    #[serde(default)]
    pub seed: SeedShape,
    /// Kinds of downloading peers. Without any, all have the seed's link and are honest.
    #[serde(default)]
    pub class: Vec<Class>,
    /// When they arrive.
    #[serde(default)]
    pub arrivals: Arrivals,
    /// A peer leaves so long after it has everything, in seconds; none: it stays.
    pub leaves_after: Option<f64>,
    /// What all links have in common.
    #[serde(default)]
    pub network: Network,
    /// How many peers the tracker hands out at a time; the default is what the real one does.
    #[serde(default = "neighbours")]
    pub neighbours: u32,
    /// Settings of all swarms.
    #[serde(default)]
    pub swarm: SwarmShape,
    /// The last honest peer is to finish within so many times the bound; none: nothing is promised.
    pub within: Option<f64>,
}

fn neighbours() -> u32 {
    Policy::default().neighbours as u32
}

/// The item.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ItemShape {
    /// Its size in KiB.
    pub size_kib: u32,
    /// How many pieces.
    pub pieces: u32,
}

impl Default for ItemShape {
    fn default() -> Self {
        Self { size_kib: 32 * 1024, pieces: 512 }
    }
}

/// A peer's link.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LinkShape {
    /// Mbit/s on the way out.
    pub up: f64,
    /// Mbit/s on the way in.
    pub down: f64,
    /// Milliseconds to another peer with such a link and back.
    pub round_trip: f64,
}

impl Default for LinkShape {
    fn default() -> Self {
        Self { up: 50.0, down: 50.0, round_trip: 10.0 }
    }
}

/// The peers that have everything at the start.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SeedShape {
    /// How many.
    pub count: u32,
    /// Their links.
    pub link: LinkShape,
    /// Whether the first one leaves, and when.
    pub leaves: Option<Leaves>,
    /// Whether it leaves without a word, as after a power cut.
    pub silently: bool,
}

impl Default for SeedShape {
    fn default() -> Self {
        Self { count: 1, link: LinkShape::default(), leaves: None, silently: false }
    }
}

/// When a seed leaves.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaves {
    /// As soon as the others have every piece between them.
    OneCopyOut,
    /// So many seconds after the start.
    After(f64),
}

/// A kind of downloading peers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Class {
    /// Exactly so many; 0: a part of those that remain, by `share`.
    pub count: u32,
    /// Weight among the classes without a count.
    pub share: f64,
    /// Their links.
    pub link: LinkShape,
    /// What they do.
    pub behaviour: Behaviour,
    /// Whether they have every piece from the start, and say so to the tracker.
    pub complete: bool,
    /// Mbit/s at which they play the item while it arrives, from a second after they come.
    pub reads: Option<f64>,
    /// Whether they are at the site behind `network.shared-line`, or the one that `network.partition` cuts off.
    pub behind_line: bool,
}

impl Default for Class {
    fn default() -> Self {
        Self {
            count: 0,
            share: 1.0,
            link: LinkShape::default(),
            behaviour: Behaviour::Honest,
            complete: false,
            reads: None,
            behind_line: false,
        }
    }
}

/// When peers arrive, in seconds. Seeds are there from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Arrivals {
    /// One after another, so far apart.
    pub every: f64,
    /// Each at a random time within so long.
    pub within: f64,
}

/// Settings of all swarms; what is not said is as in [`peerpool_swarm::Config::new`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SwarmShape {
    /// Peers served at a time.
    pub upload_slots: Option<usize>,
    /// Connections that a peer opens itself.
    pub wanted_connections: Option<usize>,
    /// Connections kept.
    pub max_connections: Option<usize>,
    /// Whether a seed shows its pieces one by one.
    pub super_seed: Option<bool>,
}

/// What all links have in common.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Network {
    /// Most milliseconds added to a delay at random.
    pub jitter: f64,
    /// Share of packets lost.
    pub loss: f64,
    /// Bytes of a packet train.
    pub train: u32,
    /// KiB of unsent data that a socket takes.
    pub socket_buffer: u32,
    /// KiB on their way on one connection at most.
    pub receive_buffer: u32,
    /// Milliseconds of queue before the downlink.
    pub queue: f64,
    /// Mbit/s in each direction of the line between the site of some classes and everybody else.
    pub shared_line: Option<f64>,
    /// From when to when nothing passes between the two sites, in seconds; what was sent meanwhile arrives afterwards.
    pub partition: Option<[f64; 2]>,
    /// Microseconds to verify a piece.
    pub verify: u64,
    /// Milliseconds until the tracker has answered.
    pub tracker: f64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            jitter: 0.0,
            loss: 0.0,
            train: 3 * PACKET,
            socket_buffer: 64,
            receive_buffer: 4096,
            queue: 100.0,
            shared_line: None,
            partition: None,
            verify: 200,
            tracker: 10.0,
        }
    }
}

/// A scenario that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file is not a scenario.
    #[error("the scenario cannot be read: {0}; compare it with one in crates/simulator/scenarios")]
    Syntax(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("the scenario's `{field}` is {value}: {need}")]
    Value {
        /// Which one.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What it must be.
        need: &'static str,
    },
}

impl Scenario {
    /// Reads a scenario.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Checks that it can be run; to be called again after changes.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let links = self.class.iter().map(|class| class.link);
        for link in links.chain([self.seed.link]) {
            at_least("link.up", link.up, 0.001, "it is in Mbit/s, and more than nothing")?;
            at_least("link.down", link.down, 0.001, "it is in Mbit/s, and more than nothing")?;
            at_least("link.round-trip", link.round_trip, 0.0, "no time is shorter than zero")?;
        }
        at_least("peers", f64::from(self.peers), 1.0, "somebody must download")?;
        at_least("seed.count", f64::from(self.seed.count), 1.0, "somebody must have it")?;
        at_least("item.size-kib", f64::from(self.item.size_kib), 1.0, "an item has bytes")?;
        at_least("item.pieces", f64::from(self.item.pieces), 1.0, "an item has pieces")?;
        at_least("network.train", f64::from(self.network.train), 512.0, "trains are packets")?;
        at_least("neighbours", f64::from(self.neighbours), 1.0, "peers need neighbours")
    }

    /// The shape of a link with what all have in common.
    pub fn link(&self, shape: LinkShape) -> LinkSpec {
        let network = &self.network;
        LinkSpec {
            up: (shape.up * 125_000.0) as u64,
            down: (shape.down * 125_000.0) as u64,
            delay: millis(shape.round_trip / 4.0),
            jitter: millis(network.jitter),
            loss: network.loss,
            train: network.train,
            socket_buffer: network.socket_buffer * 1024,
            receive_buffer: network.receive_buffer * 1024,
            queue: millis(network.queue),
        }
    }

    /// The settings of a swarm.
    pub fn config(&self) -> Config {
        let usual = Config::new(PeerId::new([0; 12]), PORT);
        Config {
            upload_slots: self.swarm.upload_slots.unwrap_or(usual.upload_slots),
            wanted_connections: self.swarm.wanted_connections.unwrap_or(usual.wanted_connections),
            max_connections: self.swarm.max_connections.unwrap_or(usual.max_connections),
            super_seed: self.swarm.super_seed.unwrap_or(usual.super_seed),
            ..usual
        }
    }

    /// Length of a piece in bytes.
    pub fn piece_length(&self) -> u32 {
        (self.item.size_kib * 1024).div_ceil(self.item.pieces)
    }

    /// Which class each downloading peer belongs to: those with a count first, then by share.
    pub fn classes(&self) -> Vec<usize> {
        let mut members: Vec<usize> = Vec::with_capacity(self.peers as usize);
        for (nth, class) in self.class.iter().enumerate() {
            members.extend(std::iter::repeat_n(nth, class.count as usize));
        }
        members.truncate(self.peers as usize);
        let shared: Vec<usize> = (0..self.class.len()).filter(|nth| self.class[*nth].count == 0).collect();
        let total: f64 = shared.iter().map(|nth| self.class[*nth].share).sum();
        let rest = f64::from(self.peers) - members.len() as f64;
        let mut upto = 0.0;
        let before = members.len();
        for nth in shared {
            upto += self.class[nth].share / total * rest;
            members.resize(before + upto.round() as usize, nth);
        }
        members.resize(self.peers as usize, 0);
        members
    }
}

fn at_least(field: &'static str, value: f64, least: f64, need: &'static str) -> Result<(), ScenarioError> {
    if value >= least { Ok(()) } else { Err(ScenarioError::Value { field, value, need }) }
}

/// A time given in milliseconds.
pub(crate) fn millis(value: f64) -> Duration {
    Duration::from_micros((value * 1000.0) as u64)
}
