use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
};

use peerpool_repository::refresh::{Cause, Problem};

use crate::support::{Fixture, bytes};

fn causes(fixture: &Fixture) -> Vec<(String, String)> {
    let problems = fixture.refresh().outcome.problems;
    problems
        .iter()
        .map(|problem| (problem.path.display().to_string(), format!("{:?}", problem.cause)))
        .collect()
}

#[test]
fn a_link_in_a_folder_is_left_out_and_the_rest_is_shared() {
    let fixture = Fixture::new();
    fixture.file("folder/file", &bytes(10, 1));
    symlink("/etc/passwd", fixture.path("folder/link")).unwrap();
    assert_eq!(causes(&fixture), [("folder/link".to_owned(), "SymbolicLink".to_owned())]);
    assert_eq!(
        fixture.item("folder").info_hash(),
        Fixture::torrent_of_folder("folder", &[("file", &bytes(10, 1))]).info.hash()
    );
}

#[test]
fn a_link_among_the_items_is_no_item() {
    let fixture = Fixture::new();
    symlink("/etc", fixture.path("link")).unwrap();
    assert_eq!(causes(&fixture), [("link".to_owned(), "SymbolicLink".to_owned())]);
    assert!(fixture.repository.shared().is_empty());
}

#[test]
fn a_pipe_is_left_out_without_waiting_for_it() {
    let fixture = Fixture::new();
    fixture.file("folder/file", &bytes(10, 1));
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, fixture.path("folder/pipe"), mode).unwrap();
    assert_eq!(causes(&fixture), [("folder/pipe".to_owned(), "SpecialFile".to_owned())]);
    assert!(fixture.repository.shared_item("folder").is_some());
}

#[test]
fn an_item_whose_own_name_no_torrent_can_hold_is_told() {
    let fixture = Fixture::new();
    fs::write(fixture.repository.root().join(OsStr::from_bytes(b"top\xff")), b"x").unwrap();
    let outcome = fixture.refresh().outcome;
    assert!(matches!(outcome.problems[..], [Problem { cause: Cause::NotUtf8, .. }]), "{outcome:?}");
    assert!(fixture.repository.shared().is_empty());
}

#[test]
fn empty_items_are_reported_as_empty() {
    let fixture = Fixture::new();
    fixture.file("empty", b"");
    fs::create_dir(fixture.path("folder")).unwrap();
    let expected = ["empty", "folder"].map(|name| (name.to_owned(), "Empty".to_owned()));
    assert_eq!(causes(&fixture), expected);
}

#[test]
fn hidden_names_are_no_items() {
    let fixture = Fixture::new();
    fixture.file(".hidden", b"x");
    let outcome = fixture.refresh().outcome;
    assert_eq!((outcome.found, outcome.problems.len()), (0, 0));
}

#[test]
fn an_unreadable_file_is_left_out_and_told() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    let path = fixture.file("folder/secret", &bytes(10, 1));
    fixture.file("folder/open", &bytes(10, 2));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let outcome = fixture.refresh().outcome;
    assert!(matches!(outcome.problems[0].cause, Cause::Unreadable(_)));
    let expected = Fixture::torrent_of_folder("folder", &[("open", &bytes(10, 2))]);
    assert_eq!(fixture.item("folder").info_hash(), expected.info.hash());
}

#[test]
fn an_unshared_item_stays_out_until_it_is_shared_again() {
    let fixture = Fixture::new();
    fixture.file("file", &bytes(10, 1));
    fixture.refresh();
    fixture.repository.unshare("file").unwrap();
    assert_eq!(fixture.refresh_name("file").withdrawn, ["file"]);
    let fixture = fixture.reopened();
    assert!(fixture.refresh().shared.is_empty());
    assert_eq!(fixture.share("file").unwrap(), "file");
    assert_eq!(fixture.refresh_name("file").shared.len(), 1);
    assert!(fixture.repository.unshare("nothing").is_err());
}

#[test]
fn a_folder_from_elsewhere_is_copied_in() {
    let fixture = Fixture::new();
    let outside = fixture.folder.path().join("outside");
    fs::create_dir_all(outside.join("inner")).unwrap();
    fs::write(outside.join("inner/file"), bytes(1000, 1)).unwrap();
    assert_eq!(fixture.share(&outside).unwrap(), "outside");
    assert_eq!(fs::read(fixture.path("outside/inner/file")).unwrap(), bytes(1000, 1));
    assert!(fixture.share(&outside).is_err(), "the name is taken now");
    assert!(fixture.share(fixture.folder.path()).is_err(), "it holds the repository");
}
