//! A file of records that a crash cut off, or that the disk damaged, loses what was hit and nothing else.

use std::fs;

use peerpool_repository::Repository;

const NAME: &str = "transfers";

fn bodies(repository: &Repository) -> Vec<String> {
    let (_, bodies) = repository.records(NAME).unwrap();
    bodies.into_iter().map(|body| String::from_utf8(body).unwrap()).collect()
}

#[test]
fn a_torn_line_is_taken_away_and_the_next_record_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let (mut records, none) = repository.records(NAME).unwrap();
    assert!(none.is_empty());
    for body in ["one", "two", "three"] {
        records.append(body.as_bytes()).unwrap();
    }
    let file = repository.state_folder().join(NAME);
    let whole = fs::read(&file).unwrap();
    for cut in 1..5 {
        fs::write(&file, &whole[..whole.len() - cut]).unwrap();
        let (mut records, _) = repository.records(NAME).unwrap();
        assert_eq!(records.count(), 2, "cut off by {cut}");
        records.append(b"four").unwrap();
        assert_eq!(bodies(&repository), ["one", "two", "four"], "cut off by {cut}");
    }
}

#[test]
fn a_damaged_record_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let (mut records, _) = repository.records(NAME).unwrap();
    for body in ["one", "two", "three"] {
        records.append(body.as_bytes()).unwrap();
    }
    let file = repository.state_folder().join(NAME);
    let damaged = fs::read_to_string(&file).unwrap().replace("two", "tvo");
    fs::write(&file, damaged).unwrap();
    assert_eq!(bodies(&repository), ["one", "three"]);
}

#[test]
fn records_are_replaced_and_added_to_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let (mut records, _) = repository.records(NAME).unwrap();
    records.append(b"old").unwrap();
    records.replace([b"new".to_vec(), b"newer".to_vec()].into_iter()).unwrap();
    records.append(b"newest").unwrap();
    assert_eq!(records.count(), 3);
    assert_eq!(bodies(&repository), ["new", "newer", "newest"]);
}
