use std::{fs, io::Write, os::unix::fs::symlink};

use peerpool_repository::ReadError;

use crate::support::{Fixture, bytes};

fn refused(item: &peerpool_repository::SharedItem) -> bool {
    let mut buffer = vec![0; 1000];
    matches!(item.read_at(0, &mut buffer), Err(ReadError::Changed { path }) if path.ends_with("file"))
}

#[test]
fn a_file_changed_while_shared_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(100_000, 1));
    let item = fixture.item("file");
    item.read_at(0, &mut vec![0; 1000]).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().write_all(b"other").unwrap();
    assert!(refused(&item) && item.check().is_err());
    let told = fixture.refresh_name("file");
    assert_eq!(told.withdrawn, ["file"]);
    assert_ne!(told.shared[0].info_hash(), item.info_hash());
    told.shared[0].read_at(0, &mut vec![0; 1000]).unwrap();
}

#[test]
fn a_truncated_file_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(100_000, 1));
    let item = fixture.item("file");
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(10).unwrap();
    assert!(refused(&item));
}

#[test]
fn a_file_replaced_by_a_link_or_a_folder_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(100_000, 1));
    let item = fixture.item("file");
    fs::rename(&path, fixture.folder.path().join("elsewhere")).unwrap();
    symlink(fixture.folder.path().join("elsewhere"), &path).unwrap();
    assert!(refused(&item));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(refused(&item));
    fs::remove_dir(&path).unwrap();
    assert!(refused(&item));
    assert_eq!(fixture.refresh().withdrawn, ["file"]);
}

#[test]
fn a_folder_replaced_by_a_link_leads_nowhere() {
    let fixture = Fixture::new();
    fixture.file("folder/inner/file", &bytes(100_000, 1));
    let item = fixture.item("folder");
    fs::rename(fixture.path("folder/inner"), fixture.folder.path().join("inner")).unwrap();
    symlink(fixture.folder.path().join("inner"), fixture.path("folder/inner")).unwrap();
    assert!(refused(&item));
}

#[test]
fn a_touched_file_is_offered_as_it_was() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(100_000, 1));
    let item = fixture.item("file");
    crate::support::age(&path, 7200);
    assert!(refused(&item));
    let told = fixture.refresh_name("file");
    assert_eq!(told.shared[0].info_hash(), item.info_hash());
    told.shared[0].read_at(0, &mut vec![0; 1000]).unwrap();
}

/// Sending from a file starts with looking for the run, and ends with looking whether the file has stayed the same.
#[cfg(target_os = "linux")]
#[test]
fn a_file_sent_by_the_system_is_checked_before_and_after() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(300_000, 1));
    let item = fixture.item("file");
    assert!(item.cached_run(0, 100_000).unwrap().is_none(), "it is not open");
    item.read_at(0, &mut vec![0; 300_000]).unwrap();
    let run = item.cached_run(100_000, 150_000).unwrap().unwrap();
    assert_eq!(run.offset, 100_000);
    item.check_run(&run).unwrap();

    fs::OpenOptions::new().write(true).open(path).unwrap().write_all(b"other").unwrap();

    assert!(matches!(item.check_run(&run), Err(ReadError::Changed { .. })));
    assert!(item.cached_run(0, 100_000).unwrap().is_none(), "it was closed");
}

#[cfg(target_os = "linux")]
#[test]
fn only_runs_within_one_file_are_sent_by_the_system() {
    let fixture = Fixture::new();
    fixture.file("folder/a", &bytes(100_000, 1));
    fixture.file("folder/b", &bytes(100_000, 2));
    let item = fixture.item("folder");
    let total = item.geometry().total();
    item.read_at(0, &mut vec![0; total as usize]).unwrap();
    assert_eq!(item.cached_run(0, 100_000).unwrap().unwrap().offset, 0);
    assert!(item.cached_run(0, 100_001).unwrap().is_none(), "a pad follows");
    assert!(item.cached_run(50_000, total - 50_000).unwrap().is_none());
    assert!(item.cached_run(total, 1).unwrap().is_none());
}
