//! The PostgreSQL that takes changes is killed under load, and its standby takes over.

use std::time::Instant;

use peerpool_system_tests::{Cluster, NODES, PATIENCE, until};

use crate::scene::Scene;

#[test]
fn a_lost_primary_is_not_noticed() {
    let Some(cluster) = Cluster::start() else { return };
    let scene = Scene::open(&cluster);
    let (primary, standby) = cluster.databases();
    scene.all_run();
    primary.kill();
    let song = cluster.pool().random_file("song.mp3", 1_000_000, 4);
    scene.peers[0].put(&song);
    let shared = Instant::now();
    for number in 1..=NODES {
        cluster.item_at(number, &song.name, |item| item.seeds == 1);
    }
    let listed = shared.elapsed();
    // Its node has no metainfo of it: that is with another one, which cannot write it.
    let elsewhere = &scene.peers[1];
    elsewhere.fetch(&song);
    let fetched = shared.elapsed();
    song.assert_equal(&elsewhere.path(&song.name));
    scene.all_run();

    standby.promote();
    let promoted = Instant::now();
    let count = format!("SELECT count(*) FROM item WHERE name = '{}'", song.name);
    until("the new item in the database", PATIENCE, || match standby.ask(&count) {
        one if one == "1" => Ok(()),
        other => Err(other),
    });
    let written = promoted.elapsed();
    scene.all_complete();
    scene.all_exact();
    scene.all_answer();
    let seen = scene.nobody_noticed();
    println!(
        "lost primary: {seen}, a new item was listed at all nodes after {listed:.2?}, fetched at another one after \
         {fetched:.2?}, and in the database {written:.2?} after the promotion"
    );
}
