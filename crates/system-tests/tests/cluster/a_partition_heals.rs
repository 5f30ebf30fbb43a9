//! A node is cut from the other nodes, and peers still reach all of them.

use std::time::{Duration, Instant};

use peerpool_system_tests::Cluster;

use crate::scene::{PEERS, Scene};

#[test]
fn a_partition_heals() {
    let Some(cluster) = Cluster::start_on_hosts() else { return };
    let scene = Scene::open(&cluster);
    let network = cluster.network();
    let here = scene.peers_at(3);
    assert!((1..PEERS).contains(&here));
    scene.all_run();
    network.part(3, &[1, 2]);
    let parted = Instant::now();
    scene.all_complete();
    // Each side has waited for the other one's peers to come to it.
    scene.noted_at(1, PEERS - here);
    scene.noted_at(2, PEERS - here);
    scene.noted_at(3, here);
    let apart = parted.elapsed();
    assert_eq!(scene.peers_at(3), here, "nobody had a reason to move");
    network.unite(3, &[1, 2]);
    let united = Instant::now();
    cluster.all_linked();
    scene.all_exact();
    let again = united.elapsed();
    assert!(again < Duration::from_secs(10), "all were listed again after {again:?} only");
    scene.all_answer();
    let seen = scene.nobody_noticed();
    println!(
        "partition: {seen}, each side lists its own peers after {apart:.2?}, and all of them again {again:.2?} after \
         the end"
    );
}
