//! The same seed gives the same run, byte for byte.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use peerpool_simulator::{
    scenario::Scenario,
    scenarios,
    world::{Report, World},
};

/// A small run of a shipped scenario: the report, and everything that happened, in words.
fn run(name: &str, seed: u64, threads: usize) -> (Report, String) {
    let mut scenario = Scenario::parse(scenarios::named(name).unwrap()).unwrap();
    scenario.peers = 70;
    scenario.item.size_kib = 1024;
    scenario.item.pieces = 32;
    scenario.network.jitter = 2.0;
    let mut world = World::new(scenario, seed, true).unwrap();
    let report = world.run(threads);
    let words = world.trace().words().unwrap().to_owned();
    (report, words)
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    let (first, words) = run("corrupt", 7, 1);
    let (second, again) = run("corrupt", 7, 1);
    assert!(words.lines().count() > 10_000);
    assert!(words == again, "the traces differ");
    assert_eq!(first.trace, second.trace);
}

#[test]
fn another_seed_gives_another_trace() {
    assert_ne!(run("n10", 1, 1).0.trace, run("n10", 2, 1).0.trace);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (one, words) = run("n10", 3, 1);
    let (three, again) = run("n10", 3, 3);
    assert_eq!(one.trace, three.trace);
    assert!(words == again, "the traces differ");
}
