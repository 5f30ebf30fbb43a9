//! Two sites with a line between them: what crosses it crosses it about once, and no site waits for another.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use peerpool_simulator::{
    peer::Behaviour,
    scenario::{Class, Scenario},
    scenarios,
    world::{Report, World},
};

const SEEDS: [u64; 2] = [1, 2];

/// The shipped scenario, changed.
fn run(seed: u64, change: impl FnOnce(&mut Scenario)) -> Report {
    let mut scenario = Scenario::parse(scenarios::named("two-sites").unwrap()).unwrap();
    change(&mut scenario);
    let report = World::new(scenario, seed, false).unwrap().run(2);
    assert_eq!(report.unfinished, 0);
    assert!(report.broken.is_empty(), "{:?}", report.broken);
    report
}

/// The same with so many peers of another kind among those behind the line.
fn run_with_behind(seed: u64, count: u32, behaviour: Behaviour) -> Report {
    run(seed, |scenario| {
        let others = Class { count, behaviour, ..scenario.class[1].clone() };
        scenario.class.push(others);
    })
}

fn line(report: &Report) -> [f64; 2] {
    report.line_copies.unwrap()
}

#[test]
fn a_line_carries_little_more_than_one_copy_whatever_its_rate() {
    for mbits in [10.0, 50.0, 1000.0] {
        for seed in SEEDS {
            let report = run(seed, |scenario| scenario.network.shared_line = Some(mbits));
            let [out, back] = line(&report);
            assert!(back < 1.1 && out < 0.1, "{mbits} Mbit/s: {back} copies, {out} the other way");
            assert!(report.ratio < 1.3, "{mbits} Mbit/s: {} times the bound", report.ratio);
        }
    }
}

#[test]
fn the_site_of_the_seed_does_not_wait_for_a_slow_line() {
    for seed in SEEDS {
        let report = run(seed, |scenario| scenario.network.shared_line = Some(5.0));
        let usual = run(seed, |scenario| scenario.network.shared_line = Some(50.0));
        let [slow, usual] = [report, usual].map(|report| report.classes[&0].last);
        assert!(slow < usual * 1.1, "{slow} s instead of {usual} s");
    }
}

#[test]
fn a_site_of_one_peer_gets_one_copy_as_fast_as_the_others() {
    for seed in SEEDS {
        let report = run(seed, |scenario| scenario.class[1].count = 1);
        assert!(line(&report)[1] < 1.1, "{:?}", line(&report));
        assert!(report.ratio < 1.2, "{}", report.ratio);
    }
}

#[test]
fn a_line_that_breaks_for_some_seconds_carries_no_second_copy() {
    for seed in SEEDS {
        let report = run(seed, |scenario| scenario.network.partition = Some([2.0, 5.0]));
        assert!(line(&report)[1] < 1.3, "{:?}", line(&report));
        let last = report.times.last;
        assert!(last < 3.0 + report.bound * 1.5, "{last} s");
    }
}

#[test]
fn bridges_that_stand_still_do_not_hold_up_their_site() {
    for seed in SEEDS {
        let report = run_with_behind(seed, 3, Behaviour::Staller);
        assert!(line(&report)[1] < 2.0, "{:?}", line(&report));
        assert!(report.ratio < 3.0, "{}", report.ratio);
    }
}

#[test]
fn stock_clients_fetch_little_over_a_line_where_our_peers_download() {
    for seed in SEEDS {
        let report = run_with_behind(seed, 5, Behaviour::Stock);
        assert!(line(&report)[1] < 1.5, "{:?}", line(&report));
        assert!(report.ratio < 1.6, "{}", report.ratio);
    }
}
