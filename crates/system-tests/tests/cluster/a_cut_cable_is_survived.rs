//! The host of a node is cut from everybody under load, and mended later.

use std::time::Instant;

use peerpool_system_tests::Cluster;

use crate::scene::Scene;

const VICTIM: usize = 1;

#[test]
fn a_cut_cable_is_survived() {
    let Some(cluster) = Cluster::start_on_hosts() else { return };
    let scene = Scene::open(&cluster);
    assert!(scene.peers_at(VICTIM) > 0);
    scene.all_run();
    cluster.network().cut(VICTIM as u8);
    let cut = Instant::now();
    scene.all_at(&[2, 3]);
    let moved = cut.elapsed();
    scene.all_complete();
    let exact = scene.exact_at(&[2, 3]);
    scene.all_answer();
    cluster.network().mend(VICTIM as u8);
    let mended = Instant::now();
    cluster.all_linked();
    // Some stock clients take half a minute to come back to it.
    scene.exact_at(&[1, 2, 3]);
    let again = mended.elapsed();
    let seen = scene.nobody_noticed();
    println!(
        "cut cable: {seen}, all peers elsewhere after {moved:.2?}, counts exact {exact:.2?} after the last download, \
         and {again:.2?} after it was mended"
    );
}
