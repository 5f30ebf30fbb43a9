use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::support::{Place, age, bytes};

#[test]
fn a_restart_hashes_nothing() {
    let place = Place::new();
    place.file("file", &bytes(100_000, 1));
    place.file("folder/a", &bytes(10, 2));
    place.file("folder/b", &bytes(20_000, 3));
    assert_eq!(place.refresh().outcome.hashed_bytes, 120_010);
    let before = place.repository.shared_item("folder").unwrap().info_hash();
    let place = place.reopened();
    let told = place.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared.len(), told.outcome.shared), (0, 2, 2));
    assert_eq!(place.repository.shared_item("folder").unwrap().info_hash(), before);
}

#[test]
fn unchanged_items_are_not_offered_anew() {
    let place = Place::new();
    place.file("file", &bytes(100_000, 1));
    place.refresh();
    let told = place.refresh();
    assert_eq!((told.shared.len(), told.withdrawn.len(), told.outcome.shared), (0, 0, 1));
}

#[test]
fn the_files_of_a_renamed_folder_are_not_hashed_again() {
    let place = Place::new();
    place.file("before/inner/file", &bytes(100_000, 1));
    place.refresh();
    fs::rename(place.path("before"), place.path("after")).unwrap();
    let place = place.reopened();
    let told = place.refresh();
    assert_eq!(told.outcome.hashed_bytes, 0);
    assert_eq!(told.shared[0].name(), "after");
    let files: [(&str, &[u8]); 1] = [("inner/file", &bytes(100_000, 1))];
    assert_eq!(told.shared[0].info_hash(), Place::torrent_of_folder("after", &files).info.hash());
}

#[test]
fn only_the_new_files_of_a_folder_are_hashed() {
    let place = Place::new();
    place.file("file", &bytes(9000, 1));
    place.file("folder/a", &bytes(8000, 2));
    place.file("folder/b", &bytes(7000, 3));
    place.refresh();
    fs::create_dir(place.path("folder/inner")).unwrap();
    fs::rename(place.path("file"), place.path("folder/inner/file")).unwrap();
    let place = place.reopened();
    let told = place.refresh();
    assert_eq!(told.outcome.hashed_bytes, 9000);
    let files: [(&str, &[u8]); 3] =
        [("a", &bytes(8000, 2)), ("b", &bytes(7000, 3)), ("inner/file", &bytes(9000, 1))];
    assert_eq!(told.shared[0].info_hash(), Place::torrent_of_folder("folder", &files).info.hash());
}

#[test]
fn a_damaged_index_is_made_anew() {
    let place = Place::new();
    place.file("file", &bytes(100_000, 1));
    let before = place.item("file").info_hash();
    let index = place.repository.state_folder().join("index");
    let whole = fs::read(&index).unwrap();
    for damaged in [whole[..whole.len() / 2].to_vec(), Vec::new(), vec![0xFF; 100], {
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        flipped
    }] {
        fs::write(&index, damaged).unwrap();
        let again = Repository::open_after(&place);
        assert_eq!(again, (100_000, before));
    }

    struct Repository;
    impl Repository {
        /// What a later process hashes, and the item it finds. It works on a copy of the folder.
        fn open_after(place: &Place) -> (u64, peerpool_wire::id::InfoHash) {
            let later = Place::new();
            let path = later.path("file");
            fs::copy(place.path("file"), &path).unwrap();
            age(&path, 3600);
            let index = later.repository.state_folder().join("index");
            fs::copy(place.repository.state_folder().join("index"), index).unwrap();
            let later = later.reopened();
            let told = later.refresh();
            (told.outcome.hashed_bytes, told.shared[0].info_hash())
        }
    }
}

#[test]
fn a_file_modified_a_moment_ago_is_hashed_again() {
    let place = Place::new();
    let path = place.file("file", &bytes(100_000, 1));
    // A file system that counts whole seconds: what is written within this one cannot be told apart.
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let modified = UNIX_EPOCH + Duration::from_secs(second);
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let first = place.refresh();
    assert!(first.outcome.unsettled.contains("file"));
    let second = place.refresh_name("file");
    assert_eq!(second.outcome.hashed_bytes, 100_000);
    assert_eq!((second.shared.len(), second.withdrawn.len()), (1, 0), "it stays shared meanwhile");
}

#[test]
fn a_file_whose_time_was_put_back_is_hashed_again() {
    let place = Place::new();
    let path = place.file("file", &bytes(100_000, 1));
    let before = place.item("file").info_hash();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, bytes(100_000, 2)).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let told = place.refresh();
    assert_eq!(told.outcome.hashed_bytes, 100_000);
    assert_ne!(told.shared[0].info_hash(), before);
}
