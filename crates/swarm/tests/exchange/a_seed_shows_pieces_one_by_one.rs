//! A seed shows its pieces to those who have the least of their own.

use std::time::Duration;

use crate::world::World;
use peerpool_swarm::Command;

#[test]
fn nobody_is_shown_a_third_piece_before_everybody_got_a_first_one() {
    let mut world = World::new(64, 4, 1);
    world.uplink = 2_000_000;
    let seed = world.seed();
    let leeches: Vec<usize> = (0..8).map(|_| world.leech()).collect();
    for leech in &leeches {
        world.introduce(*leech, &[seed]);
    }
    let done = |world: &World| -> Vec<u32> {
        leeches.iter().map(|leech| world.swarm(*leech).stats().pieces_done).collect()
    };
    world.run_until(Duration::from_secs(10), |world| done(world).iter().any(|pieces| *pieces > 2));
    let done = done(&world);
    assert!(done.iter().any(|pieces| *pieces > 2) && done.iter().all(|pieces| *pieces > 0), "{done:?}");
}

#[test]
fn pieces_shown_to_a_peer_that_pauses_come_to_the_others_soon() {
    let mut world = World::new(8, 16, 1);
    let seed = world.seed();
    let [pausing, others @ ..] = [world.leech(), world.leech(), world.leech()];
    for leech in [pausing, others[0], others[1]] {
        world.introduce(leech, &[seed]);
    }
    world.introduce(others[1], &others[..1]);
    world.run_until(Duration::from_secs(1), |world| !world.seen(pausing).requests.is_empty());
    world.command(pausing, Command::Pause);
    world
        .run_until(Duration::from_secs(10), |world| others.iter().all(|nth| world.swarm(*nth).is_complete()));
    let seconds = others.map(|nth| world.seen(nth).complete_at.map_or(f64::INFINITY, |at| at.as_secs_f64()));
    assert!(seconds.iter().all(|seconds| *seconds < 1.0), "{seconds:?}");
}
