use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::support::{Fixture, age, bytes};

#[test]
fn a_restart_hashes_nothing() {
    let fixture = Fixture::new();
    fixture.file("file", &bytes(100_000, 1));
    fixture.file("folder/a", &bytes(10, 2));
    fixture.file("folder/b", &bytes(20_000, 3));
    assert_eq!(fixture.refresh().outcome.hashed_bytes, 120_010);
    let before = fixture.repository.shared_item("folder").unwrap().info_hash();
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared.len(), told.outcome.shared), (0, 2, 2));
    assert_eq!(fixture.repository.shared_item("folder").unwrap().info_hash(), before);
}

#[test]
fn unchanged_items_are_not_offered_anew() {
    let fixture = Fixture::new();
    fixture.file("file", &bytes(100_000, 1));
    fixture.refresh();
    let told = fixture.refresh();
    assert_eq!((told.shared.len(), told.withdrawn.len(), told.outcome.shared), (0, 0, 1));
}

#[test]
fn the_files_of_a_renamed_folder_are_not_hashed_again() {
    let fixture = Fixture::new();
    fixture.file("before/inner/file", &bytes(100_000, 1));
    fixture.refresh();
    fs::rename(fixture.path("before"), fixture.path("after")).unwrap();
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert_eq!(told.outcome.hashed_bytes, 0);
    assert_eq!(told.shared[0].name(), "after");
    let files: [(&str, &[u8]); 1] = [("inner/file", &bytes(100_000, 1))];
    assert_eq!(told.shared[0].info_hash(), Fixture::torrent_of_folder("after", &files).info.hash());
}

#[test]
fn only_the_new_files_of_a_folder_are_hashed() {
    let fixture = Fixture::new();
    fixture.file("file", &bytes(9000, 1));
    fixture.file("folder/a", &bytes(8000, 2));
    fixture.file("folder/b", &bytes(7000, 3));
    fixture.refresh();
    fs::create_dir(fixture.path("folder/inner")).unwrap();
    fs::rename(fixture.path("file"), fixture.path("folder/inner/file")).unwrap();
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert_eq!(told.outcome.hashed_bytes, 9000);
    let files: [(&str, &[u8]); 3] =
        [("a", &bytes(8000, 2)), ("b", &bytes(7000, 3)), ("inner/file", &bytes(9000, 1))];
    assert_eq!(told.shared[0].info_hash(), Fixture::torrent_of_folder("folder", &files).info.hash());
}

#[test]
fn a_damaged_index_is_made_anew() {
    let fixture = Fixture::new();
    fixture.file("file", &bytes(100_000, 1));
    let before = fixture.item("file").info_hash();
    let index = fixture.repository.state_folder().join("index");
    let whole = fs::read(&index).unwrap();
    for damaged in [whole[..whole.len() / 2].to_vec(), Vec::new(), vec![0xFF; 100], {
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        flipped
    }] {
        fs::write(&index, damaged).unwrap();
        let again = Repository::open_after(&fixture);
        assert_eq!(again, (100_000, before));
    }

    struct Repository;
    impl Repository {
        /// What a later process hashes, and the item it finds. It works on a copy of the folder.
        fn open_after(fixture: &Fixture) -> (u64, peerpool_wire::id::InfoHash) {
            let later = Fixture::new();
            let path = later.path("file");
            fs::copy(fixture.path("file"), &path).unwrap();
            age(&path, 3600);
            let index = later.repository.state_folder().join("index");
            fs::copy(fixture.repository.state_folder().join("index"), index).unwrap();
            let later = later.reopened();
            let told = later.refresh();
            (told.outcome.hashed_bytes, told.shared[0].info_hash())
        }
    }
}

#[test]
fn a_file_modified_a_moment_ago_is_hashed_again() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(100_000, 1));
    // A file system that counts whole seconds: what is written within this one cannot be told apart.
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let modified = UNIX_EPOCH + Duration::from_secs(second);
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let first = fixture.refresh();
    assert!(first.outcome.unsettled.contains("file"));
    let second = fixture.refresh_name("file");
    assert_eq!(second.outcome.hashed_bytes, 100_000);
    assert_eq!((second.shared.len(), second.withdrawn.len()), (1, 0), "it stays shared meanwhile");
}

#[test]
fn a_file_whose_time_was_put_back_is_hashed_again() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(100_000, 1));
    let before = fixture.item("file").info_hash();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, bytes(100_000, 2)).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let told = fixture.refresh();
    assert_eq!(told.outcome.hashed_bytes, 100_000);
    assert_ne!(told.shared[0].info_hash(), before);
}
