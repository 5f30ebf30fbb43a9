//! Neighbours that are of no use do not keep a peer from finding others.

use std::time::Duration;

use crate::world::World;
use peerpool_swarm::Command;

const MINUTE: Duration = Duration::from_secs(60);

/// How long a downloader takes that knows a seed, and before it `idle` of these.
fn time_among(idle: impl Fn(&mut World) -> usize) -> f64 {
    let mut world = World::new(64, 4, 1);
    let useless: Vec<usize> = (0..40).map(|_| idle(&mut world)).collect();
    let (seed, leech) = (world.seed(), world.leech());
    world.introduce(leech, &useless);
    world.introduce(leech, &[seed]);
    world.run_until(MINUTE, |world| world.swarm(leech).is_complete());
    world.seen(leech).complete_at.map_or(f64::INFINITY, |at| at.as_secs_f64())
}

#[test]
fn peers_that_have_nothing_do_not_hide_a_seed() {
    let seconds = time_among(World::leech);
    assert!(seconds < 12.0, "{seconds}");
}

#[test]
fn forty_paused_peers_do_not_slow_a_late_one() {
    let seconds = time_among(|world| {
        let peer = world.leech();
        world.command(peer, Command::Pause);
        peer
    });
    assert!(seconds < 12.0, "{seconds}");
}

#[test]
fn holders_that_never_deliver_do_not_hide_a_seed() {
    let seconds = time_among(|world| {
        let peer = world.seed();
        world.character(peer).mute = true;
        peer
    });
    assert!(seconds < 30.0, "{seconds}");
}
