//! Several nodes of one pool, through faults. `peerpool-sim pool --count 10000` runs many more seeds.

use peerpool_simulator::pool;

#[test]
fn all_nodes_say_the_same_once_nothing_goes_wrong_any_more() {
    let outcomes: Vec<pool::Outcome> = (1..=100).map(pool::run).collect();
    let broken: Vec<&pool::Outcome> = outcomes.iter().filter(|outcome| !outcome.broken.is_empty()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    // It was worth looking: things did go wrong, and news went around.
    let (faults, news) =
        outcomes.iter().fold((0, 0), |(faults, news), of| (faults + of.faults, news + of.news));
    assert!(faults > 500 && news > 5000, "{faults} faults, {news} pieces of news");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let runs = [pool::run(7), pool::run(7), pool::trace(7).0];
    assert!(runs.windows(2).all(|pair| pair[0] == pair[1]), "{runs:?}");
    assert_ne!(runs[0].digest, pool::run(8).digest);
}
