//! From a scenario to a world full of peers.

use std::{sync::Arc, time::Duration};

use peerpool_swarm::Item;
use peerpool_wire::{
    geometry::{Geometry, GeometryError},
    id::PeerId,
    time::Time,
};
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    Between, Curve, Planned, SHORTEST_WINDOW, World, line::Line, partition::Partition, progress::Progress,
    rules::Rules,
};
use crate::{
    mail::PeerNo,
    peer::{Behaviour, PeerSpec, Surroundings, VirtualPeer, peer_id},
    scenario::{Leaves, Scenario, ScenarioError, millis},
    tracker::Tracker,
};

/// A scenario for which no world can be built.
#[derive(Debug, thiserror::Error)]
pub enum CastError {
    /// It cannot be run.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Its item cannot be cut into pieces.
    #[error("the scenario's item: {0}; change `item.size-kib` or `item.pieces`")]
    Item(#[from] GeometryError),
}

/// Builds the world at its beginning.
pub(super) fn build(scenario: Scenario, seed: u64, words: bool) -> Result<World, CastError> {
    scenario.check()?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let specs = specs(&scenario, &mut rng);
    let around = Arc::new(surroundings(&scenario, &specs, seed, words)?);
    let arrivals = arrivals(&scenario, &mut rng);
    let shortest = around.delays.iter().min().copied().unwrap_or_default();
    let waiting = specs.iter().filter(|spec| !spec.seed && spec.behaviour.is_fair()).count();
    let pieces = around.item.geometry.piece_count() as usize;
    let departures = match scenario.seed.leaves {
        Some(Leaves::After(secs)) => vec![(Time::ZERO + Duration::from_secs_f64(secs), PeerNo(0))],
        _ => Vec::new(),
    };
    let behind = around.behind_line.clone();
    let ids = (0..).map(PeerNo).zip(&specs).map(|(no, spec)| peer_id(no, spec.behaviour)).collect();
    let line = scenario
        .network
        .shared_line
        .map(|mbits| Line::new((mbits * 125_000.0) as u64, millis(scenario.network.queue), behind.clone()));
    let peers: Vec<VirtualPeer> = (0..)
        .map(PeerNo)
        .zip(specs)
        .map(|(no, spec)| VirtualPeer::new(no, spec, Arc::clone(&around)))
        .collect();
    Ok(World {
        next: vec![None; peers.len()],
        window: (2 * shortest).max(SHORTEST_WINDOW),
        threads: 1,
        now: Time::ZERO,
        between: Between {
            line,
            partition: scenario
                .network
                .partition
                .map(|[from, until]| Partition::new(from, until, behind.clone())),
        },
        tracker: Tracker::new(scenario.neighbours, seed, ids, behind),
        planned: Planned {
            arrivals: arrivals.into_iter().collect(),
            departures: departures.into_iter().collect(),
        },
        progress: Progress::new(pieces, waiting),
        curve: Curve::new(scenario.seed.count as usize),
        rules: Rules::new(),
        peers,
        scenario,
        around,
    })
}

/// Whether a peer is at the site behind the shared line.
fn is_behind_line(scenario: &Scenario, spec: &PeerSpec) -> bool {
    !spec.seed && scenario.class.get(spec.class).is_some_and(|class| class.behind_line)
}

/// The peer id that it shows to others.
fn shown_id(no: PeerNo, spec: &PeerSpec) -> PeerId {
    let shown = if spec.behaviour == Behaviour::Impostor { PeerNo(0) } else { no };
    peer_id(shown, spec.behaviour)
}

fn surroundings(
    scenario: &Scenario,
    specs: &[PeerSpec],
    seed: u64,
    words: bool,
) -> Result<Surroundings, CastError> {
    let size = u64::from(scenario.item.size_kib) * 1024;
    let geometry = Geometry::new(scenario.piece_length(), [(size, false)])?;
    Ok(Surroundings {
        item: Item::nameless(Arc::new(geometry)),
        ids: (0..).map(PeerNo).zip(specs).map(|(no, spec)| shown_id(no, spec)).collect(),
        delays: specs.iter().map(|spec| spec.link.delay.max(SHORTEST_WINDOW / 2)).collect(),
        verify: Duration::from_micros(scenario.network.verify),
        behind_line: specs.iter().map(|spec| is_behind_line(scenario, spec)).collect(),
        config: scenario.config(),
        words,
        seed,
    })
}

/// What each peer is: the seeds first, then the others in random order of their classes.
fn specs(scenario: &Scenario, rng: &mut ChaCha8Rng) -> Vec<PeerSpec> {
    let seed = PeerSpec {
        link: scenario.link(scenario.seed.link),
        behaviour: Behaviour::Honest,
        seed: true,
        complete: true,
        reads: None,
        class: 0,
    };
    let mut specs = vec![seed.clone(); scenario.seed.count as usize];
    let mut classes = scenario.classes();
    classes.shuffle(rng);
    specs.extend(classes.into_iter().map(|class| match scenario.class.get(class) {
        Some(shape) => {
            let link = scenario.link(shape.link);
            let (behaviour, complete) = (shape.behaviour, shape.complete);
            let reads = shape.reads.map(|mbits| mbits * 125_000.0);
            PeerSpec { link, behaviour, seed: false, complete, reads, class }
        }
        None => PeerSpec { seed: false, complete: false, ..seed.clone() },
    }));
    specs
}

/// When each peer arrives: the seeds at once.
fn arrivals(scenario: &Scenario, rng: &mut ChaCha8Rng) -> Vec<(Time, PeerNo)> {
    let seeds = (0..scenario.seed.count).map(|nth| (Time::ZERO, PeerNo(nth)));
    let others = (0..scenario.peers).map(|nth| {
        let by_chance = scenario.arrivals.within * rng.random::<f64>();
        let secs = scenario.arrivals.every * f64::from(nth) + by_chance;
        (Time::ZERO + Duration::from_secs_f64(secs), PeerNo(scenario.seed.count + nth))
    });
    seeds.chain(others).collect()
}
