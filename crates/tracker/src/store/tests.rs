//! The same changes against every store.

use std::time::Duration;

use peerpool_catalogue::ItemFacts;
use peerpool_wire::{
    channel::ItemKind,
    id::{Sha1Hash, Sha256Hash, TrackerId},
};

use super::*;
use crate::metrics::Metrics;

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
    NewItem { facts, torrent: Arc::from(vec![number; 10]), added: 0, owner: None }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// What it has, without the .torrent files.
async fn loaded(store: &mut impl Store) -> Vec<ItemFacts> {
    let (items, mut loaded) = mpsc::channel(100);
    store.load(items).await.unwrap();
    let mut facts = Vec::new();
    while let Some(batch) = loaded.recv().await {
        facts.extend(batch.into_iter().map(|item| item.facts));
    }
    facts
}

async fn keeps_what_it_is_given(store: &mut impl Store) {
    let items: Vec<_> = (0..6).map(item).collect();
    let mut changes: Vec<_> = items.iter().cloned().map(Change::Added).collect();
    changes.push(Change::Seen(items[0].facts.info_hash));
    store.commit(changes.clone().into()).await.unwrap();
    // An item that is added again, and one seen that nobody added, change nothing.
    store.commit(vec![changes[2].clone(), Change::Seen(item(9).facts.info_hash)].into()).await.unwrap();

    let mut loaded = loaded(store).await;
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
    let (handle, _lost, task) = StoreHandle::start(Memory::default(), Metrics::new());
    handle.keep(Change::Added(item(2))).await;
    assert!(handle.torrent(item(2).facts.info_hash).await.is_some());
    drop(handle);
    task.await.unwrap();
}

#[tokio::test]
async fn a_removed_item_is_gone_and_its_like_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("test.sqlite")).await.unwrap();
    let (v1, hybrid) = (item(3), item(2));
    store.commit(vec![Change::Added(v1.clone()), Change::Added(hybrid.clone())].into()).await.unwrap();
    let half = InfoHash::v1_only(hybrid.facts.info_hash.v1().unwrap());
    store.commit(vec![Change::Removed(v1.facts.info_hash), Change::Removed(half)].into()).await.unwrap();
    assert_eq!(loaded(&mut store).await, [hybrid.facts]);
    assert_eq!(store.torrent(v1.facts.info_hash).await.unwrap(), None);
}

#[tokio::test]
async fn only_time_in_which_the_tracker_ran_makes_an_item_old() {
    const DAY: i64 = 24 * 3600;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut store = Sqlite::open(&path).await.unwrap();
    store.tracker_id(TrackerId([1; 16])).await.unwrap();
    store.commit(vec![Change::Added(item(1))].into()).await.unwrap();
    for (days, kept) in [(89, 1), (91, 0)] {
        store.set_age(days * DAY).await;
        store.breathe().await.unwrap();
        drop(store);
        // However long it was off, and whatever the clock says by now.
        store = Sqlite::open(&path).await.unwrap();
        assert_eq!(loaded(&mut store).await.len(), kept, "after {days} days");
    }
}

/// A store on a disk that is full for a while.
struct Full {
    inner: Memory,
    tries: usize,
    poisoned: Option<InfoHash>,
}

impl Store for Full {
    async fn load(&mut self, items: mpsc::Sender<Vec<NewItem>>) -> Result<(), StoreError> {
        self.inner.load(items).await
    }

    async fn commit(&mut self, changes: Arc<Vec<Change>>) -> Result<(), StoreError> {
        let is_poisoned = |change: &Change| matches!(change, Change::Added(item) if Some(item.facts.info_hash) == self.poisoned);
        if self.tries > 0 || changes.iter().any(is_poisoned) {
            self.tries = self.tries.saturating_sub(1);
            return Err(StoreError::Gone);
        }
        self.inner.commit(changes).await
    }

    async fn members(&mut self) -> Result<Vec<MembersChange>, StoreError> {
        self.inner.members().await
    }

    async fn commit_members(&mut self, changes: Vec<MembersChange>) -> Result<(), StoreError> {
        self.inner.commit_members(changes).await
    }

    async fn audit(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.inner.audit(before, limit).await
    }

    async fn add_transfers(&mut self, all: Vec<Passed>) -> Result<(), StoreError> {
        self.inner.add_transfers(all).await
    }

    async fn transfers(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<(u64, Passed)>, StoreError> {
        self.inner.transfers(before, limit).await
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        // What is only pending must not come from here.
        self.inner.torrent(info_hash).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_is_tried_again_and_what_waits_can_be_had_meanwhile() {
    let full = Full { inner: Memory::default(), tries: 3, poisoned: None };
    let (handle, _lost, task) = StoreHandle::start(full, Metrics::new());
    for number in 0..5 {
        handle.keep(Change::Added(item(number))).await;
    }
    assert!(handle.torrent(item(4).facts.info_hash).await.is_some());
    tokio::time::sleep(Duration::from_secs(60)).await;
    handle.keep(Change::Added(item(5))).await;
    for number in 0..6 {
        assert!(handle.torrent(item(number).facts.info_hash).await.is_some(), "{number}");
    }
    drop(handle);
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_change_that_cannot_be_kept_does_not_keep_the_others_out() {
    let poisoned = Some(item(1).facts.info_hash);
    let (told, mut committed) = mpsc::unbounded_channel();
    struct Watched(Full, mpsc::UnboundedSender<usize>);
    impl Store for Watched {
        async fn load(&mut self, items: mpsc::Sender<Vec<NewItem>>) -> Result<(), StoreError> {
            self.0.load(items).await
        }
        async fn commit(&mut self, changes: Arc<Vec<Change>>) -> Result<(), StoreError> {
            let count = changes.len();
            self.0.commit(changes).await?;
            let _ = self.1.send(count);
            Ok(())
        }
        async fn members(&mut self) -> Result<Vec<MembersChange>, StoreError> {
            self.0.members().await
        }
        async fn commit_members(&mut self, changes: Vec<MembersChange>) -> Result<(), StoreError> {
            self.0.commit_members(changes).await
        }
        async fn audit(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
            self.0.audit(before, limit).await
        }
        async fn add_transfers(&mut self, all: Vec<Passed>) -> Result<(), StoreError> {
            self.0.add_transfers(all).await
        }
        async fn transfers(
            &mut self,
            before: Option<u64>,
            limit: u32,
        ) -> Result<Vec<(u64, Passed)>, StoreError> {
            self.0.transfers(before, limit).await
        }
        async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
            self.0.torrent(info_hash).await
        }
    }
    let full = Full { inner: Memory::default(), tries: 0, poisoned };
    let (handle, _lost, _task) = StoreHandle::start(Watched(full, told), Metrics::new());
    for number in [1, 2, 0] {
        handle.keep(Change::Added(item(number))).await;
    }
    let mut kept = 0;
    while kept < 2 {
        kept += committed.recv().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_given_up_for_lack_of_room_is_asked_for_again() {
    let full = Full { inner: Memory::default(), tries: usize::MAX, poisoned: None };
    let (handle, mut lost, _task) = StoreHandle::start(full, Metrics::new());
    for number in 0..3 {
        let large = NewItem { torrent: Arc::from(vec![number; 30 << 20]), ..item(number) };
        handle.keep(Change::Added(large)).await;
    }
    assert_eq!(lost.recv().await, Some(item(0).facts.info_hash));
    assert!(handle.torrent(item(2).facts.info_hash).await.is_some());
}

#[tokio::test]
async fn damaged_rows_count_as_missing_until_they_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut store = Sqlite::open(&path).await.unwrap();
    let items = [item(2), item(3), item(4)];
    store.commit(items.clone().map(Change::Added).to_vec().into()).await.unwrap();
    store.execute("UPDATE metainfo SET torrent = x'00' WHERE item = 1").await;
    store.execute("UPDATE item SET name = 'mon 9' WHERE id = 2").await;
    assert_eq!(store.torrent(items[0].facts.info_hash).await.unwrap(), None);
    assert_eq!(loaded(&mut store).await, [items[0].facts.clone(), items[2].facts.clone()]);

    store.commit(items.clone().map(Change::Added).to_vec().into()).await.unwrap();
    assert_eq!(loaded(&mut store).await.len(), 3);
    for item in &items {
        assert_eq!(store.torrent(item.facts.info_hash).await.unwrap(), Some(item.torrent.clone()));
    }
}

/// A database as a release before items had numbers left it.
const OLD: &str = "
    DROP TABLE item;
    CREATE TABLE item (
        id INTEGER PRIMARY KEY, v1 BLOB UNIQUE, v2 BLOB UNIQUE, name TEXT NOT NULL, is_folder INTEGER NOT NULL,
        length INTEGER NOT NULL, piece_length INTEGER NOT NULL, pieces INTEGER NOT NULL, files INTEGER NOT NULL,
        private INTEGER NOT NULL, root BLOB, added INTEGER NOT NULL, seen INTEGER NOT NULL, v1_form BLOB, digest BLOB,
        CHECK (v1 IS NOT NULL OR v2 IS NOT NULL)
    ) STRICT;
    INSERT INTO item
    SELECT id, v1, v2, name, is_folder, length, piece_length, pieces, files, private, root, 7, seen, v1_form, digest FROM kept;
    DROP TABLE kept;
    DROP TABLE member; DROP TABLE device; DROP TABLE groups_of_members; DROP TABLE in_group; DROP TABLE invite; DROP TABLE rule;
    DROP TABLE voided; DROP TABLE access; DROP TABLE audit;
    DROP TABLE password; DROP TABLE ticket; DROP TABLE transfer; DROP TABLE stock; DROP TABLE announce_key; DROP TABLE account; DROP TABLE passkey;
    CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY);
    INSERT INTO _sqlx_migrations VALUES (1), (2), (3), (4);
    PRAGMA user_version = 0;";

#[tokio::test]
async fn a_database_of_an_earlier_release_keeps_its_items() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let items: Vec<_> = (0..4).map(item).collect();
    let mut store = Sqlite::open(&path).await.unwrap();
    store.commit(items.iter().cloned().map(Change::Added).collect::<Vec<_>>().into()).await.unwrap();
    store.execute("CREATE TABLE kept AS SELECT * FROM item").await;
    store.execute(OLD).await;
    drop(store);

    let mut store = Sqlite::open(&path).await.unwrap();
    assert_eq!(loaded(&mut store).await, items.iter().map(|item| item.facts.clone()).collect::<Vec<_>>());
    for item in &items {
        assert_eq!(store.torrent(item.facts.info_hash).await.unwrap().as_ref(), Some(&item.torrent));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut store = Sqlite::open(&path).await.unwrap();
    store.execute("PRAGMA user_version = 1000").await;
    drop(store);
    let Err(error) = Sqlite::open(&path).await else { panic!("opened") };
    assert!(error.to_string().contains("newer release"), "{error}");
}

#[tokio::test]
async fn a_database_to_which_a_newer_release_only_added_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut store = Sqlite::open(&path).await.unwrap();
    store.commit(vec![Change::Added(item(1))].into()).await.unwrap();
    store.execute("INSERT INTO step VALUES (999, 1), (1000, 1); PRAGMA user_version = 1000").await;
    for _ in 0..2 {
        drop(store);
        store = Sqlite::open(&path).await.unwrap();
        assert_eq!(loaded(&mut store).await, [item(1).facts]);
    }
    store.execute("UPDATE step SET only_adds = 0 WHERE number = 999").await;
    drop(store);
    assert!(Sqlite::open(&path).await.is_err());
}

#[tokio::test]
async fn an_item_remembers_when_it_became_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.sqlite");
    let mut store = Sqlite::open(&path).await.unwrap();
    store.commit(vec![Change::Added(NewItem { added: 1_700_000_000, ..item(1) })].into()).await.unwrap();
    drop(store);
    let mut store = Sqlite::open(&path).await.unwrap();
    let (items, mut loaded) = mpsc::channel(1);
    store.load(items).await.unwrap();
    let added: Vec<u64> = loaded.recv().await.unwrap().iter().map(|item| item.added).collect();
    assert_eq!(added, [1_700_000_000]);
}

mod any;
mod items;
mod members;
#[cfg(unix)]
mod postgres;
