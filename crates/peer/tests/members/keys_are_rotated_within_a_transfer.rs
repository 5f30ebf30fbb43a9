//! Beside a real tracker: its signing key is replaced while a file is fetched. The commands are those of
//! `peerpool tracker keys`; docs/security.md has them as steps.

use std::path::Path;

use peerpool_api::{TrackerUrl, read_keys_again};
use peerpool_tracker::members::KeysFolder;
use serde_json::Value;

use crate::{
    film::Film,
    pool::{PATIENCE, now},
    real_pool::Member,
};

const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_and_its_end_stop_no_transfer() {
    let mut film = Film::on_its_way().await;
    let data = film.data.path();
    let first = serial(&film.ann, &film.url);

    let rotated = KeysFolder::new(data).rotate(None, now()).unwrap().keyset;
    assert_eq!(rotated.signers.len(), 2);
    let read = read_keys_again(data).await.unwrap();
    assert_eq!((read.serial, read.peers), (rotated.serial, 2));
    for member in [&film.ann, &film.bob] {
        keeps(member, &film.url, rotated.serial).await;
    }
    let done = film.fetching.done();
    film.fetching.goes_on_to(done + MIB).await;

    // As if twelve hours had passed.
    let_overlap_end(data);
    let over = read_keys_again(data).await.unwrap();
    assert_eq!(over.serial, rotated.serial + 1);
    for member in [&film.ann, &film.bob] {
        keeps(member, &film.url, over.serial).await;
    }
    let after = KeysFolder::new(data).overview().unwrap();
    assert_eq!((after.keyset.signers, after.old_leave), (vec![rotated.signers[0]], None));
    let done = film.fetching.done();
    film.fetching.goes_on_to(done + MIB).await;
    assert!(first < rotated.serial);
}

fn serial(member: &Member, tracker: &TrackerUrl) -> u64 {
    member.device.at(tracker).unwrap().unwrap().keyset().serial
}

/// Waits until a device keeps a keyset for its next start.
async fn keeps(member: &Member, tracker: &TrackerUrl, expected: u64) {
    let keeping = async {
        while serial(member, tracker) < expected {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, keeping).await.expect("the keyset does not arrive");
}

fn let_overlap_end(data: &Path) {
    let path = data.join("keyset.next");
    let mut next: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    next["due"] = 0.into();
    std::fs::write(&path, serde_json::to_vec(&next).unwrap()).unwrap();
}
