//! What the audit says of the pool's keys.

use peerpool_access::Moment;
use peerpool_api::{AuditEntry, read_keys_again};

use super::*;
use crate::members::KeysFolder;

#[tokio::test]
async fn a_rotation_of_the_keys_is_noted_once() {
    let data = tempfile::tempdir().unwrap();
    let config = Config { data: Some(data.path().to_owned()), ..Pool::config(true) };
    let tracker = Tracker::start(config).await.unwrap();
    let pool = Pool { tracker, slots: Slots::as_many_as_files(), headers: Vec::new() };
    let pool = pool.with_ann_and_bob().await;
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
