//! Each node in turn is drained and started again, under load.

use std::time::Instant;

use peerpool_system_tests::{Cluster, NODES};

use crate::scene::Scene;

#[test]
fn nodes_are_upgraded_one_by_one() {
    let Some(cluster) = Cluster::start_of_before() else { return };
    let scene = Scene::open_slowly(&cluster);
    let begun = Instant::now();
    for number in 1..=NODES {
        cluster.drain_node(number);
        scene.all_run();
        assert_eq!(scene.peers_at(number), 0);
        cluster.start_node(number);
    }
    let upgraded = begun.elapsed();
    scene.all_complete();
    let exact = scene.all_exact();
    scene.all_answer();
    let seen = scene.nobody_noticed();
    assert_eq!(seen.announced.refusals, Vec::<String>::new());
    println!(
        "upgrade: {seen}, three nodes drained and started in {upgraded:.2?}, counts exact {exact:.2?} after the last \
         download"
    );
}
