//! What must hold in every run, whatever the scenario.
//!
//! A checker sees the world from outside, now and then and at its end, and knows nothing of scenarios.

mod connections;
mod conservation;
mod fairness;
mod integrity;
mod progress;

pub use connections::Connections;
pub use conservation::Conservation;
pub use fairness::Fairness;
pub use integrity::Integrity;
pub use progress::Progress;

use peerpool_swarm::ConnId;
use peerpool_wire::{bitfield::Bitfield, time::Time};

use crate::mail::PeerNo;

/// One peer, as a checker sees it.
#[derive(Clone, Debug)]
pub struct PeerView<'a> {
    /// Which one.
    pub no: PeerNo,
    /// Whether it takes part now.
    pub online: bool,
    /// Whether it does what its swarm says.
    pub honest: bool,
    /// Its class; seeds have none.
    pub class: Option<usize>,
    /// The pieces that its swarm claims.
    pub have: &'a Bitfield,
    /// The pieces that its disk has verified.
    pub good: &'a Bitfield,
    /// Payload bytes that left.
    pub sent: u64,
    /// Payload bytes that arrived.
    pub received: u64,
    /// Payload bytes that arrived after their connection was gone.
    pub lost: u64,
    /// Payload bytes on their way to it.
    pub in_flight: u64,
    /// When it arrived.
    pub arrived: Option<Time>,
    /// When it had everything.
    pub completed: Option<Time>,
    /// Its open connections: number here, with whom, number there.
    pub conns: Vec<(ConnId, PeerNo, ConnId)>,
    /// How many connections its swarm counts.
    pub swarm_conns: usize,
    /// What its swarm did that it must never do.
    pub faults: &'a [String],
}

/// The world, as a checker sees it.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// The virtual time.
    pub now: Time,
    /// All peers, by number.
    pub peers: Vec<PeerView<'a>>,
    /// Whether this is the end of the run.
    pub over: bool,
}

/// Something that must hold.
pub trait Checker {
    /// What it is about, in a word.
    fn name(&self) -> &'static str;

    /// Looks at the world; tells what does not hold, a line each.
    fn check(&mut self, view: &View<'_>) -> Vec<String>;
}

/// All of them.
pub fn all() -> Vec<Box<dyn Checker>> {
    vec![
        Box::new(Integrity),
        Box::new(Conservation),
        Box::new(Progress::default()),
        Box::new(Fairness),
        Box::new(Connections::default()),
    ]
}

#[cfg(test)]
mod tests;
