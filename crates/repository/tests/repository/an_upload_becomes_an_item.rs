use std::{
    fs,
    time::{Duration, SystemTime},
};

use peerpool_repository::uploads::{MAX_REST, MAX_UPLOADS, Plan, Upload, UploadError, UploadId};

use crate::support::Fixture;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn file(name: &str, length: u64) -> Plan {
    Plan::file(name.to_owned(), length).unwrap()
}

fn folder(name: &str, files: &[(&str, u64)]) -> Result<Plan, UploadError> {
    Plan::folder(name.to_owned(), files.iter().map(|(path, length)| ((*path).to_owned(), *length)))
}

fn begun(fixture: &Fixture, id: u128, plan: Plan) -> UploadId {
    fixture.repository.begin_upload(UploadId(id), plan, SystemTime::now()).unwrap().id
}

fn write(fixture: &Fixture, id: UploadId, file: usize, offset: u64, bytes: &[u8]) -> Option<String> {
    let written = fixture.repository.write_upload(id, file, offset, bytes, SystemTime::now()).unwrap();
    assert_eq!(written.offset, offset + bytes.len() as u64);
    written.item
}

fn offsets(fixture: &Fixture, id: UploadId) -> Vec<u64> {
    match fixture.repository.upload(id).unwrap() {
        Upload::Begun(begun) => begun.offsets,
        Upload::Complete { item, .. } => panic!("it is `{item}`"),
    }
}

#[test]
fn a_file_that_came_in_parts_is_shared_under_its_name() {
    let fixture = Fixture::new();
    let id = begun(&fixture, 1, file("film.mkv", 7));
    assert_eq!(write(&fixture, id, 0, 0, b"one"), None);
    assert!(!fixture.path("film.mkv").exists(), "nothing stands there before all of it does");
    assert_eq!(write(&fixture, id, 0, 3, b" two").as_deref(), Some("film.mkv"));
    assert_eq!(fs::read(fixture.path("film.mkv")).unwrap(), b"one two");
    assert_eq!(fixture.refresh_name("film.mkv").shared.len(), 1);
    let became = Upload::Complete { name: "film.mkv".into(), length: 7, item: "film.mkv".into() };
    assert_eq!(fixture.repository.upload(id).unwrap(), became);
    assert_eq!(fs::read_dir(fixture.path(".peerpool/uploads")).unwrap().count(), 0);
}

#[test]
fn a_folder_comes_file_by_file_in_any_order() {
    let fixture = Fixture::new();
    let plan = folder("album", &[("one.flac", 3), ("disc 2/two.flac", 3), ("disc 2/empty.txt", 0)]);
    let id = begun(&fixture, 1, plan.unwrap());
    assert_eq!(write(&fixture, id, 1, 0, b"two"), None);
    assert_eq!(write(&fixture, id, 0, 0, b"one").as_deref(), Some("album"));
    for (path, content) in [("one.flac", "one"), ("disc 2/two.flac", "two"), ("disc 2/empty.txt", "")] {
        assert_eq!(fs::read_to_string(fixture.path("album").join(path)).unwrap(), content, "{path}");
    }
}

#[test]
fn an_upload_goes_on_after_a_restart_where_it_was() {
    let fixture = Fixture::new();
    let id = begun(&fixture, 7, folder("album", &[("a", 4), ("b", 2)]).unwrap());
    write(&fixture, id, 0, 0, b"abc");
    let fixture = fixture.reopened();
    assert_eq!(offsets(&fixture, id), [3, 0]);
    write(&fixture, id, 0, 3, b"d");
    assert_eq!(write(&fixture, id, 1, 0, b"ef").as_deref(), Some("album"));
    assert_eq!(fs::read(fixture.path("album/a")).unwrap(), b"abcd");
}

#[test]
fn bytes_that_are_not_the_next_ones_are_refused_with_the_place_of_those() {
    let fixture = Fixture::new();
    let id = begun(&fixture, 1, file("a", 6));
    write(&fixture, id, 0, 0, b"abc");
    for wrong in [0, 2, 4, 6, u64::MAX] {
        let refused = fixture.repository.write_upload(id, 0, wrong, b"x", NOW);
        assert!(matches!(refused, Err(UploadError::Offset { offset: 3 })), "{refused:?}");
    }
    let long = fixture.repository.write_upload(id, 0, 3, b"defg", NOW);
    assert!(matches!(long, Err(UploadError::TooLong { length: 6, end: 7 })), "{long:?}");
    let other = fixture.repository.write_upload(id, 1, 0, b"x", NOW);
    assert!(matches!(other, Err(UploadError::NoFile { file: 1, .. })), "{other:?}");
    assert_eq!(offsets(&fixture, id), [3], "a refusal changes nothing");
}

#[test]
fn nothing_is_replaced_and_each_gets_a_free_name() {
    let fixture = Fixture::new();
    fixture.file("a.txt", b"first");
    let (second, third) = (begun(&fixture, 1, file("a.txt", 1)), begun(&fixture, 2, file("a.txt", 1)));
    assert_eq!(write(&fixture, second, 0, 0, b"2").as_deref(), Some("a (2).txt"));
    assert_eq!(write(&fixture, third, 0, 0, b"3").as_deref(), Some("a (3).txt"));
    assert_eq!(fs::read(fixture.path("a.txt")).unwrap(), b"first");
}

#[test]
fn a_name_that_leads_elsewhere_or_meets_another_is_refused_before_anything_comes() {
    let long = "x".repeat(256);
    for name in ["", ".", "..", "a/b", "a\0b", ".hidden", &long] {
        assert!(Plan::file(name.to_owned(), 1).is_err(), "{name:?}");
    }
    for paths in [
        &["../a"][..],
        &["a/../b"],
        &["/a"],
        &["a//b"],
        &["a/"],
        &[""],
        &["a", "a"],
        &["a", "a/b"],
        &["a/b", "c", "a"],
        &[],
    ] {
        let files: Vec<(&str, u64)> = paths.iter().map(|path| (*path, 1)).collect();
        assert!(folder("album", &files).is_err(), "{paths:?}");
    }
    assert!(folder("album", &[("a", 0)]).is_err(), "what has no bytes is no item");
    assert!(folder("album", &[("a", u64::MAX), ("b", 1)]).is_err());
    assert!(folder("album", &[("a.b", 1), ("a/b", 1), ("a b", 1)]).is_ok());
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let fixture = Fixture::new();
    let id = begun(&fixture, 1, folder("album", &[("a", 1), ("b", 1)]).unwrap());
    let elsewhere = fixture.folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let content = fixture.path(".peerpool/uploads").join(id.to_string()).join("content");
    std::os::unix::fs::symlink(&elsewhere, content).unwrap();
    assert!(fixture.repository.write_upload(id, 0, 0, b"x", NOW).is_err());
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

#[test]
fn uploads_are_bounded_and_those_that_rest_make_room() {
    let fixture = Fixture::new();
    let begin = |id: u128, now| fixture.repository.begin_upload(UploadId(id), file("a", 9), now);
    for id in 0..MAX_UPLOADS as u128 {
        begin(id, NOW).unwrap();
    }
    assert!(matches!(begin(1000, NOW + MAX_REST), Err(UploadError::TooMany)));
    fixture.repository.write_upload(UploadId(5), 0, 0, b"x", NOW + Duration::from_secs(60)).unwrap();
    begin(1000, NOW + MAX_REST + Duration::from_secs(1)).unwrap();
    assert_eq!(offsets(&fixture, UploadId(5)), [1], "the one that somebody went on with stays");
    assert!(matches!(fixture.repository.upload(UploadId(6)), Err(UploadError::Unknown(_))));
    assert_eq!(fixture.repository.uploads().len(), 2);
}

#[test]
fn an_abandoned_upload_leaves_nothing() {
    let fixture = Fixture::new();
    let id = begun(&fixture, 1, file("a", 3));
    write(&fixture, id, 0, 0, b"ab");
    fixture.repository.abandon_upload(id).unwrap();
    assert!(matches!(fixture.repository.abandon_upload(id), Err(UploadError::Unknown(_))));
    assert_eq!(fs::read_dir(fixture.path(".peerpool/uploads")).unwrap().count(), 0);
}

#[test]
fn more_than_the_disk_has_is_refused_at_once() {
    let fixture = Fixture::new();
    let refused = fixture.repository.begin_upload(UploadId(1), file("a", u64::MAX / 2), NOW);
    assert!(matches!(refused, Err(UploadError::NoRoom { .. })), "{refused:?}");
}
