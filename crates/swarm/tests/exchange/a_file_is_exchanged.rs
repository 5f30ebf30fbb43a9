//! Swarms wired to each other fetch an item whole, from everybody who has it.

use std::time::Duration;

use crate::world::World;
use peerpool_swarm::{Command, Reason};
use peerpool_wire::{bitfield::Bitfield, handshake::Features};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn one_downloader_gets_everything_and_nothing_twice() {
    let mut world = World::new(32, 4, 1);
    let (seed, leech) = (world.seed(), world.leech());
    world.introduce(leech, &[seed]);
    world.run(MINUTE);
    let stats = world.swarm(leech).stats();
    assert!(world.swarm(leech).is_complete());
    assert_eq!((stats.wasted, stats.received), (0, world.geometry().total()));
    assert_eq!(world.swarm(seed).stats().sent, world.geometry().total());
    // 2 MiB at 10 MB/s: the link was kept busy.
    let seconds = world.seen(leech).complete_at.unwrap().as_secs_f64();
    assert!(seconds < 0.21 * 1.25, "{seconds}");
}

#[test]
fn an_item_of_very_many_pieces_is_shown_in_parts() {
    let mut world = World::new(10_000, 1, 9);
    world.uplink = 100_000_000;
    let (seed, leech) = (world.seed(), world.leech());
    world.introduce(leech, &[seed]);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    let done = |reason: &Reason| *reason == Reason::NothingToExchange;
    assert!(world.seen(leech).disconnects.iter().all(done), "{:?}", world.seen(leech).disconnects);
}

#[test]
fn a_peer_without_any_extension_is_served_alike() {
    let mut world = World::new(16, 4, 2);
    world.features = Features::default();
    let (seed, leech) = (world.seed(), world.leech());
    world.introduce(leech, &[seed]);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    assert!(world.seen(leech).requests.iter().all(|request| request.length <= 16384));
}

#[test]
fn four_holders_share_the_work() {
    let mut world = World::new(64, 4, 3);
    let seeds: Vec<usize> = (0..4).map(|_| world.seed()).collect();
    let leech = world.leech();
    world.introduce(leech, &seeds);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    let total = world.geometry().total();
    for seed in seeds {
        assert!(world.swarm(seed).stats().sent > total / 6, "{:?}", world.swarm(seed).stats());
    }
    let wasted = world.swarm(leech).stats().wasted;
    assert!(wasted < total / 50, "{wasted} of {total}");
}

#[test]
fn two_halves_make_a_whole_for_both() {
    let mut world = World::new(40, 4, 4);
    let geometry = world.geometry();
    let halves: Vec<usize> = (0..2)
        .map(|half| {
            let mut have = Bitfield::none(40);
            geometry
                .pieces()
                .filter(|piece| piece.index() % 2 == half)
                .for_each(|piece| assert!(have.set(piece)));
            world.add(have)
        })
        .collect();
    world.introduce(halves[0], &[halves[1]]);
    world.run(MINUTE);
    assert!(halves.iter().all(|half| world.swarm(*half).is_complete()));
}

#[test]
fn ten_downloaders_serve_each_other() {
    let mut world = World::new(64, 4, 5);
    let seed = world.seed();
    let leeches: Vec<usize> = (0..10).map(|_| world.leech()).collect();
    for (nth, leech) in leeches.iter().enumerate() {
        world.introduce(*leech, &[&[seed], &leeches[..nth]].concat());
    }
    world.run(MINUTE);
    assert!(leeches.iter().all(|leech| world.swarm(*leech).is_complete()));
    let copies = world.swarm(seed).stats().sent as f64 / world.geometry().total() as f64;
    assert!(copies < 4.0, "the seed sent {copies} copies");
}

#[test]
fn only_wanted_pieces_are_fetched() {
    let mut world = World::new(32, 4, 6);
    let (seed, leech) = (world.seed(), world.leech());
    let geometry = world.geometry();
    let mut wanted = Bitfield::none(32);
    geometry.pieces().skip(10).take(5).for_each(|piece| assert!(wanted.set(piece)));
    world.command(leech, Command::Want(wanted.clone()));
    world.introduce(leech, &[seed]);
    world.run(MINUTE);
    assert_eq!(world.swarm(leech).have(), &wanted);
}

#[test]
fn a_paused_download_asks_for_nothing_and_goes_on_later() {
    let mut world = World::new(64, 4, 7);
    let (seed, leech) = (world.seed(), world.leech());
    world.introduce(leech, &[seed]);
    world.run(Duration::from_millis(100));
    world.command(leech, Command::Pause);
    world.run(Duration::from_secs(1));
    let asked = world.seen(leech).requests.len();
    world.run(Duration::from_secs(20));
    assert_eq!(world.seen(leech).requests.len(), asked);
    assert!(!world.swarm(leech).is_complete());
    world.command(leech, Command::Resume);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_does_not() {
    let run = |seed| {
        let mut world = World::new(32, 4, seed);
        let origin = world.seed();
        let leeches: Vec<usize> = (0..4).map(|_| world.leech()).collect();
        leeches.iter().for_each(|leech| world.introduce(*leech, &[&[origin], leeches.as_slice()].concat()));
        world.run(MINUTE);
        world.trace
    };
    let first = run(11);
    assert!(first == run(11));
    assert!(first != run(12));
}

#[test]
fn blocks_of_an_earlier_run_are_not_fetched_again() {
    let mut world = World::new(8, 4, 8);
    let (seed, leech) = (world.seed(), world.leech());
    let geometry = world.geometry();
    let blocks = |piece: u32, blocks: u32| geometry.span(piece, 0, blocks * 16384).unwrap();
    world.find(leech, &[blocks(2, 3), blocks(5, 4)], false);
    assert_eq!(world.swarm(leech).have().count(), 1, "a whole piece on disk is verified at once");
    world.introduce(leech, &[seed]);
    world.run(MINUTE);
    assert!(world.swarm(leech).is_complete());
    assert_eq!(world.swarm(leech).stats().received, geometry.total() - 7 * 16384);
}
