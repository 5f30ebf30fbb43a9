//! A node stands still under load, and goes on later.

use std::time::Instant;

use peerpool_system_tests::Cluster;

use crate::scene::Scene;

const VICTIM: usize = 2;

#[test]
fn a_hanging_node_is_left() {
    let Some(cluster) = Cluster::start() else { return };
    let scene = Scene::open(&cluster);
    assert!(scene.peers_at(VICTIM) > 0);
    scene.all_run();
    cluster.freeze_node(VICTIM);
    let frozen = Instant::now();
    scene.all_at(&[1, 3]);
    let moved = frozen.elapsed();
    scene.all_complete();
    let exact = scene.exact_at(&[1, 3]);
    scene.all_answer();
    cluster.thaw_node(VICTIM);
    let again = scene.all_exact();
    let seen = scene.nobody_noticed();
    println!(
        "hanging node: {seen}, all peers elsewhere after {moved:.2?}, counts exact {exact:.2?} after the last \
         download, and {again:.2?} after the node went on"
    );
}
