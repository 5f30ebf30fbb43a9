//! Every shipped scenario ends with everything everywhere, and no rule broken. Small items, so that it is quick.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use peerpool_simulator::{
    plot,
    scenario::Scenario,
    scenarios,
    world::{Report, World},
};

fn small(name: &str) -> Report {
    let mut scenario = Scenario::parse(scenarios::named(name).unwrap()).unwrap();
    scenario.peers = scenario.peers.min(30);
    scenario.item.size_kib = 4096;
    scenario.item.pieces = 64;
    World::new(scenario, 1, false).unwrap().run(1)
}

#[test]
fn every_scenario_completes_and_breaks_no_rule() {
    for (name, _) in scenarios::ALL {
        let report = small(name);
        assert!(report.broken.is_empty(), "{name}: {:?}", report.broken);
        assert_eq!(report.unfinished, 0, "{name}");
        assert!(report.finished > 0, "{name}");
        assert!(report.ratio >= 1.0, "{name} is faster than possible: {}", report.ratio);
    }
}

#[test]
fn honest_peers_finish_within_what_the_scenario_promises() {
    let mut promised = 0;
    for (name, text) in scenarios::ALL {
        let scenario = Scenario::parse(text).unwrap();
        if let Some(within) = scenario.within {
            promised += 1;
            let report = World::new(scenario, 1, false).unwrap().run(2);
            assert_eq!(report.unfinished, 0, "{name}");
            assert!(report.ratio <= within, "{name}: {} instead of {within}", report.ratio);
        }
    }
    assert!(promised >= 5);
}

#[test]
fn a_lone_downloader_takes_as_long_as_its_link_and_nothing_is_sent_twice() {
    let report = small("lone");
    assert!(report.ratio < 1.3, "{}", report.ratio);
    assert!(report.seed_copies < 1.01, "{}", report.seed_copies);
}

#[test]
fn wrong_bytes_are_never_kept_and_their_senders_are_banned() {
    let report = small("corrupt");
    assert!(report.closed.keys().any(|reason| reason.contains("wrong data")), "{:?}", report.closed);
}

#[test]
fn an_item_that_nobody_has_any_more_is_given_up() {
    let text = "about = \"the seed leaves too early\"\npeers = 3\nseed = { leaves = { after = 0.5 } }";
    let report = World::new(Scenario::parse(text).unwrap(), 1, false).unwrap().run(1);
    assert_eq!(report.finished, 0);
    assert_eq!(report.unfinished, 3);
    assert!(report.broken.is_empty(), "{:?}", report.broken);
}

#[test]
fn a_run_can_be_drawn() {
    let picture = plot::svg(&small("n10"));
    assert!(picture.starts_with("<svg"));
    assert_eq!(picture.matches("<path").count(), 2);
    assert!(!picture.contains("NaN"));
}

#[test]
fn a_player_does_not_stand_still_and_holds_up_nobody() {
    let run = |name: &str, seed| {
        let scenario = Scenario::parse(scenarios::named(name).unwrap()).unwrap();
        World::new(scenario, seed, false).unwrap().run(2)
    };
    for seed in 1..4 {
        let (with, without) = (run("stream", seed), run("n10", seed));
        assert!(
            with.stalled.unwrap() < 0.1,
            "with seed {seed}, the player stands still for {:?} s",
            with.stalled
        );
        // Those of the first class play nothing.
        let (last, usual) = (with.classes[&0].last, without.times.last);
        assert!(last <= usual * 1.1, "with seed {seed}: {last} s instead of {usual} s");
    }
}
