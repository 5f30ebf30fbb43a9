//! How close to the bound swarms come. Time is virtual and chance comes from a seed, so these figures are exact.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use peerpool_simulator::{
    scenario::Scenario,
    scenarios,
    world::{Report, World},
};

fn run(name: &str) -> Report {
    let scenario = Scenario::parse(scenarios::named(name).unwrap()).unwrap();
    World::new(scenario, 1, false).unwrap().run(2)
}

#[test]
fn ten_peers_with_equal_links_finish_within_15_percent_of_the_bound() {
    let report = run("n10");
    assert!(report.ratio < 1.15 && report.seed_copies < 1.3, "{}, {}", report.ratio, report.seed_copies);
}

#[test]
fn thirty_peers_with_equal_links_finish_within_20_percent_of_the_bound() {
    let report = run("n30");
    assert!(report.ratio < 1.20 && report.seed_copies < 1.3, "{}, {}", report.ratio, report.seed_copies);
}

#[test]
fn peers_with_unequal_uplinks_finish_within_25_percent_of_the_bound() {
    let report = run("hetero");
    assert!(report.ratio < 1.25 && report.seed_copies < 1.3, "{}, {}", report.ratio, report.seed_copies);
}

#[test]
fn a_free_rider_slows_others_by_less_than_10_percent() {
    let (without, with) = (run("n10").times.last, run("free-rider").times.last);
    assert!(with < without * 1.1, "{with} instead of {without}");
}
