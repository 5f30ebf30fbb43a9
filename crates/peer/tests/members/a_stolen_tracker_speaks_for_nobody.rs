//! Beside a real tracker: a thief has its data folder, and its administrators go on with a backup, as docs/security.md says.

use std::{fs, path::Path, time::Duration};

use peerpool_access::{MemberId, Pass, Role, Subject, members::PASS_LIFE};
use peerpool_api::paths;
use peerpool_peer::membership::{AskError, ReachError};
use peerpool_tracker::members::{KeysFolder, TrackerKeys};

use crate::{
    film::Film,
    pool::{READER, key, now},
    real_pool::start_tracker,
    stranger::Stranger,
};

const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_tracker_s_data_speaks_for_the_pool_until_its_keys_are_renewed() {
    let Film { url, ann, bob, item, mut fetching, tracker, data, peers } = Film::on_its_way().await;
    let safe = tempfile::tempdir().unwrap();
    let root = safe.path().join("root.key");
    KeysFolder::new(data.path()).export_root(&root).unwrap();
    let addr = tracker.addr();
    tracker.shutdown().await;
    let [thiefs, backup] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    copy(data.path(), thiefs.path());
    copy(data.path(), backup.path());
    let stolen = TrackerKeys::load_or_create(thiefs.path(), "pool", now()).unwrap();
    let forged = Pass {
        pool: stolen.pool(),
        key: key(READER),
        member: MemberId(1),
        subjects: [Subject::from(MemberId(1)), Role::Admin.into(), Role::Member.into()].into_iter().collect(),
        made: now() - Duration::from_secs(60),
        until: now() + PASS_LIFE,
        epoch: 0,
    };
    let forged = stolen.sign(&forged).unwrap();
    let anns = peers[0].peer.listen_addr();
    let dial = async || Stranger::dial_peer(anns, READER, ann.device.identity().unwrap().public()).await;
    let mut thief = dial().await;
    thief.is_let_in(&forged, item).await;
    thief.is_served().await;

    // The backup on a new machine, at the old address.
    let renewed = KeysFolder::new(backup.path()).renew(Some(&root), now()).unwrap();
    let new = start_tracker(addr, backup.path()).await;
    for member in [&ann, &bob] {
        let mut tracker = member.device.reach(&member.device.at(&url).unwrap().unwrap()).await.unwrap();
        tracker.get::<peerpool_api::Me>(paths::ME).await.unwrap();
        assert_eq!(member.device.at(&url).unwrap().unwrap().keyset().serial, renewed.keyset.serial);
    }
    // The connection on the forged pass ends when Ann's peer hears of it, and the pass opens no other.
    assert_eq!(thief.until(|_| false).await, crate::stranger::Heard::End);
    let mut again = dial().await;
    again.greet(&forged, item.primary()).await;
    assert_eq!(again.everything().await, 0);
    // Members go on with new passes.
    fetching.has(fetching.done() + MIB).await;

    new.shutdown().await;
    let _thiefs = start_tracker(addr, thiefs.path()).await;
    let refused = ann.device.reach(&ann.device.at(&url).unwrap().unwrap()).await;
    assert!(matches!(refused, Err(ReachError::Ask(AskError::Secure { .. }))), "{refused:?}");
    assert_eq!(ann.device.at(&url).unwrap().unwrap().keyset().serial, renewed.keyset.serial);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // The socket of the tracker is no file.
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
