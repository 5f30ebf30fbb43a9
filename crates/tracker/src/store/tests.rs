//! The same changes against memory and SQLite.

use peerpool_catalogue::NewItem;
use peerpool_wire::{
    channel::ItemKind,
    id::{Sha1Hash, Sha256Hash, TrackerId},
};

use super::*;

fn item(number: u8) -> NewItem {
    let (v1, v2) = (Sha1Hash([number; 20]), Sha256Hash([number; 32]));
    let info_hash = match number % 3 {
        0 => InfoHash::v1_only(v1),
        1 => InfoHash::v2_only(v2),
        _ => InfoHash::hybrid(v1, v2),
    };
    let facts = ItemFacts {
        info_hash,
        name: format!("món {number}"),
        kind: if number.is_multiple_of(2) { ItemKind::File } else { ItemKind::Folder },
        length: u64::from(number) << 40,
        piece_length: 1 << 24,
        pieces: 7,
        files: 3,
        private: !number.is_multiple_of(2),
        root: number.is_multiple_of(2).then_some(v2),
        v1_form: (number % 3 == 2).then_some(Sha1Hash([!number; 20])),
    };
    NewItem { facts, torrent: Arc::from(vec![number; 10]) }
}

async fn keeps_what_it_is_given(store: &mut impl Store) {
    let items: Vec<_> = (0..6).map(item).collect();
    let mut changes: Vec<_> = items.iter().cloned().map(Change::Added).collect();
    changes.push(Change::Seen(items[0].facts.info_hash));
    store.commit(&changes).await.unwrap();
    // An item that is added again, and one seen that nobody added, change nothing.
    store.commit(&[changes[2].clone(), Change::Seen(item(9).facts.info_hash)]).await.unwrap();

    let mut loaded = store.load().await.unwrap();
    loaded.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(loaded, items.iter().map(|item| item.facts.clone()).collect::<Vec<_>>());
    for item in &items {
        let torrent = store.torrent(item.facts.info_hash).await.unwrap();
        assert_eq!(torrent.as_ref(), Some(&item.torrent));
    }
    assert_eq!(store.torrent(item(9).facts.info_hash).await.unwrap(), None);
}

#[tokio::test]
async fn memory_keeps_what_it_is_given() {
    keeps_what_it_is_given(&mut Memory::default()).await;
}

#[tokio::test]
async fn sqlite_keeps_what_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("test.sqlite")).await.unwrap();
    keeps_what_it_is_given(&mut store).await;
}

#[tokio::test]
async fn a_tracker_keeps_its_first_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    for fresh in [1, 2] {
        let mut store = Sqlite::open(&path).await.unwrap();
        assert_eq!(store.tracker_id(TrackerId([fresh; 16])).await.unwrap(), TrackerId([1; 16]));
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
    let Err(error) = Sqlite::open(&path).await else { panic!("opened") };
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[tokio::test]
async fn a_question_sees_the_changes_before_it() {
    let (handle, task) = StoreHandle::start(Memory::default());
    handle.keep(Change::Added(item(2))).await;
    assert!(handle.torrent(item(2).facts.info_hash).await.is_some());
    drop(handle);
    task.await.unwrap();
}
