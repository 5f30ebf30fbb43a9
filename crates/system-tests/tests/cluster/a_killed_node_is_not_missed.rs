//! A node is killed under load.

use std::time::Instant;

use peerpool_system_tests::Cluster;

use crate::scene::Scene;

const VICTIM: usize = 2;

#[test]
fn a_killed_node_is_not_missed() {
    let Some(cluster) = Cluster::start() else { return };
    let scene = Scene::open(&cluster);
    assert!(scene.peers_at(VICTIM) > 0);
    cluster.kill_node(VICTIM);
    let killed = Instant::now();
    scene.all_at(&[1, 3]);
    let moved = killed.elapsed();
    scene.all_run();
    scene.all_complete();
    let exact = scene.exact_at(&[1, 3]);
    scene.all_answer();
    cluster.start_node(VICTIM);
    let again = scene.all_exact();
    let seen = scene.nobody_noticed();
    println!(
        "killed node: {seen}, all peers elsewhere after {moved:.2?}, counts exact {exact:.2?} after the last \
         download, and {again:.2?} after the node was back"
    );
}
