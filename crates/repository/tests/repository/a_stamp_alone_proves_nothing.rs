use std::{
    fs,
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime},
};

use peerpool_repository::{ReadError, Scope};

use crate::support::{Fixture, age, bytes};

/// The hash that an item of this content has.
fn is(fixture: &Fixture, name: &str, content: &[u8]) -> bool {
    let item = fixture.repository.shared_item(name).unwrap();
    item.info_hash() == Fixture::torrent_of(name, content).info.hash()
}

#[test]
fn a_file_that_got_the_number_of_a_removed_one_is_hashed() {
    let fixture = Fixture::new();
    let before: Vec<_> = (0..8)
        .map(|nth| fixture.file(&format!("old{nth}"), &bytes(10_000, nth)))
        .map(|path| (fs::metadata(&path).unwrap(), path))
        .collect();
    fixture.refresh();
    let fixture = fixture.reopened();
    let elsewhere = fixture.folder.path().join("new");
    let mut reused = 0;
    for (nth, (old, path)) in before.iter().enumerate() {
        fs::remove_file(path).unwrap();
        fs::write(&elsewhere, bytes(10_000, 100 + nth as u8)).unwrap();
        let new = fixture.path(&format!("new{nth}"));
        fs::copy(&elsewhere, &new).unwrap();
        fs::File::options().write(true).open(&new).unwrap().set_modified(old.modified().unwrap()).unwrap();
        let ino = fs::metadata(&new).unwrap().ino();
        reused += usize::from(before.iter().any(|(old, _)| old.ino() == ino));
    }
    if reused == 0 {
        eprintln!("this file system gives no number again: nothing was tried");
    }
    fixture.refresh();
    for nth in 0..8 {
        assert!(is(&fixture, &format!("new{nth}"), &bytes(10_000, 100 + nth)), "new{nth}");
    }
}

#[test]
fn a_file_renamed_and_edited_with_its_old_time_is_hashed() {
    let fixture = Fixture::new();
    let path = fixture.file("before", &bytes(10_000, 1));
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fixture.refresh();
    let after = fixture.path("after");
    fs::rename(&path, &after).unwrap();
    fs::write(&after, bytes(10_000, 2)).unwrap();
    fs::File::options().write(true).open(&after).unwrap().set_modified(modified).unwrap();
    fixture.refresh();
    assert!(is(&fixture, "after", &bytes(10_000, 2)));
}

#[test]
fn a_file_written_by_another_of_its_names_is_not_served_and_hashed() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(10_000, 1));
    let other = fixture.folder.path().join("other");
    fs::hard_link(&path, &other).unwrap();
    let item = fixture.item("file");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&other, bytes(10_000, 2)).unwrap();
    fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
    assert!(matches!(item.read_at(0, &mut [0; 100]), Err(ReadError::Changed { .. })));
    fixture.refresh_name("file");
    assert!(is(&fixture, "file", &bytes(10_000, 2)));
}

#[test]
fn a_changed_item_is_withdrawn_before_it_is_hashed() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(10_000, 1));
    fixture.file("other", &bytes(10, 1));
    fixture.refresh();
    let stirred = Scope::Stirred(["file", "other", "nothing"].map(str::to_owned).into());
    assert!(fixture.refresh_scope(&stirred).withdrawn.is_empty());
    fs::write(&path, bytes(10_000, 2)).unwrap();
    let told = fixture.refresh_scope(&stirred);
    assert_eq!((told.withdrawn, told.outcome.hashed_bytes), (vec!["file".to_owned()], 0));
}

/// A page that is written through a memory map may change without any time.
#[test]
fn a_file_that_somebody_had_open_for_writing_is_hashed_again() {
    let fixture = Fixture::new();
    let path = fixture.file("folder/file", &bytes(10_000, 1));
    fixture.file("folder/other", &bytes(5000, 1));
    fixture.refresh();
    let watcher = fixture.repository.watch().unwrap();
    drop(fs::File::options().write(true).open(path).unwrap());
    while !matches!(watcher.next(), Some(Scope::Names(_))) {}
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.withdrawn.len()), (10_000, 0));
    assert_eq!(fixture.refresh().outcome.hashed_bytes, 0);
}

#[test]
fn an_item_that_somebody_reports_is_hashed_again() {
    let fixture = Fixture::new();
    fixture.file("file", &bytes(100_000, 1));
    let item = fixture.item("file");
    for piece in item.geometry().pieces() {
        assert!(item.verify_piece(piece).unwrap());
    }
    fixture.repository.distrust("file");
    assert!(fixture.repository.shared_item("file").is_none());
    assert_eq!(fixture.refresh_name("file").outcome.hashed_bytes, 100_000);
    assert!(is(&fixture, "file", &bytes(100_000, 1)));
}

#[test]
fn a_clock_that_is_off_changes_nothing() {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    let fixture = Fixture::new();
    let set = |path: &std::path::Path, time: SystemTime| {
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    };
    let (future, past) = (fixture.file("future", &bytes(1000, 1)), fixture.file("past", &bytes(1000, 2)));
    set(&future, SystemTime::now() + YEAR);
    set(&past, SystemTime::UNIX_EPOCH - YEAR);
    assert_eq!(fixture.refresh().shared.len(), 2);
    let fixture = fixture.reopened();
    assert_eq!(fixture.refresh().outcome.hashed_bytes, 0);
    // Edited while the clock is a year back: the time of modification goes backwards.
    for (path, seed) in [(&future, 3), (&past, 4)] {
        fs::write(path, bytes(1000, seed)).unwrap();
        set(path, SystemTime::now() - YEAR);
    }
    fixture.refresh();
    assert!(is(&fixture, "future", &bytes(1000, 3)) && is(&fixture, "past", &bytes(1000, 4)));
    age(&future, 10);
}
