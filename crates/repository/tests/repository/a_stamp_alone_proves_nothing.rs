use std::{
    fs,
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime},
};

use peerpool_repository::{ReadError, Scope};

use crate::support::{Place, age, bytes};

/// The hash that an item of this content has.
fn is(place: &Place, name: &str, content: &[u8]) -> bool {
    let item = place.repository.shared_item(name).unwrap();
    item.info_hash() == Place::torrent_of(name, content).info.hash()
}

#[test]
fn a_file_that_got_the_number_of_a_removed_one_is_hashed() {
    let place = Place::new();
    let before: Vec<_> = (0..8)
        .map(|nth| place.file(&format!("old{nth}"), &bytes(10_000, nth)))
        .map(|path| (fs::metadata(&path).unwrap(), path))
        .collect();
    place.refresh();
    let place = place.reopened();
    let elsewhere = place.folder.path().join("new");
    let mut reused = 0;
    for (nth, (old, path)) in before.iter().enumerate() {
        fs::remove_file(path).unwrap();
        fs::write(&elsewhere, bytes(10_000, 100 + nth as u8)).unwrap();
        let new = place.path(&format!("new{nth}"));
        fs::copy(&elsewhere, &new).unwrap();
        fs::File::options().write(true).open(&new).unwrap().set_modified(old.modified().unwrap()).unwrap();
        let ino = fs::metadata(&new).unwrap().ino();
        reused += usize::from(before.iter().any(|(old, _)| old.ino() == ino));
    }
    if reused == 0 {
        eprintln!("this file system gives no number again: nothing was tried");
    }
    place.refresh();
    for nth in 0..8 {
        assert!(is(&place, &format!("new{nth}"), &bytes(10_000, 100 + nth)), "new{nth}");
    }
}

#[test]
fn a_file_renamed_and_edited_with_its_old_time_is_hashed() {
    let place = Place::new();
    let path = place.file("before", &bytes(10_000, 1));
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    place.refresh();
    let after = place.path("after");
    fs::rename(&path, &after).unwrap();
    fs::write(&after, bytes(10_000, 2)).unwrap();
    fs::File::options().write(true).open(&after).unwrap().set_modified(modified).unwrap();
    place.refresh();
    assert!(is(&place, "after", &bytes(10_000, 2)));
}

#[test]
fn a_file_written_by_another_of_its_names_is_not_served_and_hashed() {
    let place = Place::new();
    let path = place.file("file", &bytes(10_000, 1));
    let other = place.folder.path().join("other");
    fs::hard_link(&path, &other).unwrap();
    let item = place.item("file");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&other, bytes(10_000, 2)).unwrap();
    fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
    assert!(matches!(item.read_at(0, &mut [0; 100]), Err(ReadError::Changed { .. })));
    place.refresh_name("file");
    assert!(is(&place, "file", &bytes(10_000, 2)));
}

#[test]
fn a_changed_item_is_withdrawn_before_it_is_hashed() {
    let place = Place::new();
    let path = place.file("file", &bytes(10_000, 1));
    place.file("other", &bytes(10, 1));
    place.refresh();
    let stirred = Scope::Stirred(["file", "other", "nothing"].map(str::to_owned).into());
    assert!(place.refresh_scope(&stirred).withdrawn.is_empty());
    fs::write(&path, bytes(10_000, 2)).unwrap();
    let told = place.refresh_scope(&stirred);
    assert_eq!((told.withdrawn, told.outcome.hashed_bytes), (vec!["file".to_owned()], 0));
}

/// A page that is written through a memory map may change without any time.
#[test]
fn a_file_that_somebody_had_open_for_writing_is_hashed_again() {
    let place = Place::new();
    let path = place.file("folder/file", &bytes(10_000, 1));
    place.file("folder/other", &bytes(5000, 1));
    place.refresh();
    let watcher = place.repository.watch().unwrap();
    drop(fs::File::options().write(true).open(path).unwrap());
    while !matches!(watcher.next(), Some(Scope::Names(_))) {}
    let told = place.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.withdrawn.len()), (10_000, 0));
    assert_eq!(place.refresh().outcome.hashed_bytes, 0);
}

#[test]
fn an_item_that_somebody_reports_is_hashed_again() {
    let place = Place::new();
    place.file("file", &bytes(100_000, 1));
    let item = place.item("file");
    for piece in item.geometry().pieces() {
        assert!(item.verify_piece(piece).unwrap());
    }
    place.repository.distrust("file");
    assert!(place.repository.shared_item("file").is_none());
    assert_eq!(place.refresh_name("file").outcome.hashed_bytes, 100_000);
    assert!(is(&place, "file", &bytes(100_000, 1)));
}

#[test]
fn a_clock_that_is_off_changes_nothing() {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    let place = Place::new();
    let set = |path: &std::path::Path, time: SystemTime| {
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    };
    let (future, past) = (place.file("future", &bytes(1000, 1)), place.file("past", &bytes(1000, 2)));
    set(&future, SystemTime::now() + YEAR);
    set(&past, SystemTime::UNIX_EPOCH - YEAR);
    assert_eq!(place.refresh().shared.len(), 2);
    let place = place.reopened();
    assert_eq!(place.refresh().outcome.hashed_bytes, 0);
    // Edited while the clock is a year back: the time of modification goes backwards.
    for (path, seed) in [(&future, 3), (&past, 4)] {
        fs::write(path, bytes(1000, seed)).unwrap();
        set(path, SystemTime::now() - YEAR);
    }
    place.refresh();
    assert!(is(&place, "future", &bytes(1000, 3)) && is(&place, "past", &bytes(1000, 4)));
    age(&future, 10);
}
