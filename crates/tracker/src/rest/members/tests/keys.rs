//! What the audit says of the pool's keys.

use std::path::Path;

use peerpool_access::Moment;
use peerpool_api::{AuditEntry, read_keys_again};

use super::*;
use crate::members::KeysFolder;

/// A tracker of this data folder.
async fn start(data: &Path) -> Pool {
    let config = Config { data: Some(data.to_owned()), ..Pool::config(true) };
    let tracker = Tracker::start(config).await.unwrap();
    Pool { tracker, slots: Slots::as_many_as_files(), headers: Vec::new() }
}

/// The keysets that the audit has, the newest first, each with who has made it.
async fn noted(pool: &Pool) -> Vec<(String, String)> {
    let audit: Vec<AuditEntry> = pool.answer(ANN, "GET", "audit", None).await;
    let noted = audit.into_iter().filter(|entry| entry.action == "keys_changed");
    noted.map(|entry| (entry.actor, entry.detail.unwrap())).collect()
}

#[tokio::test]
async fn keys_that_were_changed_while_no_tracker_ran_are_noted_at_its_start_and_once() {
    let data = tempfile::tempdir().unwrap();
    let folder = KeysFolder::new(data.path());
    let pool = start(data.path()).await.with_ann_and_bob().await;
    assert_eq!(noted(&pool).await, []);
    pool.tracker.shutdown().await;
    // Long ago, so that the key that it has replaced leaves as well, and then once more.
    let now = crate::clock::date();
    folder.rotate(None, Moment(now - 7 * 24 * 3600)).unwrap();
    let mut expected = Vec::new();
    for rotates in [false, true, false] {
        let rotated = rotates.then(|| folder.rotate(None, Moment(now)).unwrap().keyset);
        let pool = start(data.path()).await;
        let noted = noted(&pool).await;
        let is_new = expected.is_empty() || rotates;
        assert_eq!(noted.len(), expected.len() + usize::from(is_new), "{noted:?}");
        assert_eq!(noted[noted.len() - expected.len()..], expected);
        if let Some(keyset) = rotated {
            let detail =
                format!("keyset {}, passes by {}", keyset.serial, HEXLOWER.encode(&keyset.signers[0].0));
            assert_eq!(noted[0], ("operator".to_owned(), detail));
        }
        expected = noted;
        pool.tracker.shutdown().await;
    }
}

#[tokio::test]
async fn a_rotation_of_the_keys_is_noted_once() {
    let data = tempfile::tempdir().unwrap();
    let pool = start(data.path()).await.with_ann_and_bob().await;
    let now = Moment(crate::clock::date());
    let rotated = KeysFolder::new(data.path()).rotate(None, now).unwrap().keyset;
    for _ in 0..2 {
        assert_eq!(read_keys_again(data.path()).await.unwrap().serial, rotated.serial);
    }
    let audit: Vec<AuditEntry> = pool.answer(ANN, "GET", "audit", None).await;
    let noted: Vec<_> = audit.iter().filter(|entry| entry.action == "keys_changed").collect();
    let [entry] = noted.as_slice() else { panic!("{audit:?}") };
    assert_eq!((entry.actor.as_str(), entry.target.as_str()), ("operator", "home"));
    let detail = format!("keyset {}, passes by {}", rotated.serial, HEXLOWER.encode(&rotated.signers[0].0));
    assert_eq!(entry.detail.as_deref(), Some(detail.as_str()));
}
