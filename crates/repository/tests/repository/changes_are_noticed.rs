use std::{fs, time::Duration};

use peerpool_repository::{Scope, StateFile, Watcher};

use crate::support::{Fixture, bytes};

/// Far longer than it takes; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The names that rested next; that something stirred is told before.
fn names(watcher: &Watcher) -> Vec<String> {
    loop {
        match watcher.next_within(PATIENCE) {
            Some(Scope::Names(names)) => return names.into_iter().collect(),
            Some(Scope::Stirred(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_new_file_is_noticed_by_the_name_of_its_item() {
    let fixture = Fixture::new();
    fixture.file("folder/inner/old", &bytes(10, 1));
    let watcher = fixture.repository.watch().unwrap();
    fixture.file("folder/inner/new", &bytes(10, 1));
    assert_eq!(names(&watcher), ["folder"]);
    fs::remove_dir_all(fixture.path("folder")).unwrap();
    assert_eq!(names(&watcher), ["folder"]);
}

#[test]
fn the_repositorys_own_state_is_not_a_change() {
    let fixture = Fixture::new();
    let watcher = fixture.repository.watch().unwrap();
    fixture.repository.write_state("downloads", StateFile::Downloads, b"body").unwrap();
    fixture.file("file", &bytes(10, 1));
    assert_eq!(names(&watcher), ["file"]);
}

#[test]
fn changes_in_a_new_folder_are_noticed() {
    let fixture = Fixture::new();
    let watcher = fixture.repository.watch().unwrap();
    fs::create_dir(fixture.path("folder")).unwrap();
    assert_eq!(names(&watcher), ["folder"]);
    fixture.file("folder/file", &bytes(10, 1));
    assert_eq!(names(&watcher), ["folder"]);
    fixture.file("folder/inner/file", &bytes(10, 1));
    assert_eq!(names(&watcher), ["folder"]);
}
