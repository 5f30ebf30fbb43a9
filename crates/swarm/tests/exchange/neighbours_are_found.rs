//! A peer with fewer neighbours than it wants looks for more.

use std::time::Duration;

use crate::world::World;
use peerpool_swarm::Command;

#[test]
fn a_peer_with_few_neighbours_looks_for_more_ever_more_rarely() {
    let mut world = World::new(8, 4, 1);
    let leech = world.leech();
    world.run(Duration::from_secs(5));
    let searches: Vec<u64> = world.seen(leech).searches.iter().map(|at| at.as_micros() / 1000).collect();
    assert_eq!(searches, [300, 900, 2100, 4500]);
}

#[test]
fn satisfied_paused_and_complete_peers_look_for_nobody() {
    let mut world = World::new(8, 4, 2);
    let (leech, paused, complete) = (world.leech(), world.leech(), world.seed());
    let others: Vec<usize> = (0..14).map(|_| world.leech()).collect();
    world.introduce(leech, &others);
    world.command(paused, Command::Pause);
    world.run(Duration::from_millis(1500));
    for nth in [leech, paused, complete] {
        assert_eq!(world.seen(nth).searches, [], "peer {nth}");
    }
}
