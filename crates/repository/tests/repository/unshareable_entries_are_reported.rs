use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
};

use peerpool_repository::refresh::{Cause, Problem};

use crate::support::{Place, bytes};

fn causes(place: &Place) -> Vec<(String, String)> {
    let problems = place.refresh().outcome.problems;
    problems
        .iter()
        .map(|problem| (problem.path.display().to_string(), format!("{:?}", problem.cause)))
        .collect()
}

#[test]
fn a_link_in_a_folder_is_left_out_and_the_rest_is_shared() {
    let place = Place::new();
    place.file("folder/file", &bytes(10, 1));
    symlink("/etc/passwd", place.path("folder/link")).unwrap();
    assert_eq!(causes(&place), [("folder/link".to_owned(), "SymbolicLink".to_owned())]);
    assert_eq!(
        place.item("folder").info_hash(),
        Place::torrent_of_folder("folder", &[("file", &bytes(10, 1))]).info.hash()
    );
}

#[test]
fn a_link_among_the_items_is_no_item() {
    let place = Place::new();
    symlink("/etc", place.path("link")).unwrap();
    assert_eq!(causes(&place), [("link".to_owned(), "SymbolicLink".to_owned())]);
    assert!(place.repository.shared().is_empty());
}

#[test]
fn a_pipe_is_left_out_without_waiting_for_it() {
    let place = Place::new();
    place.file("folder/file", &bytes(10, 1));
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, place.path("folder/pipe"), mode).unwrap();
    assert_eq!(causes(&place), [("folder/pipe".to_owned(), "SpecialFile".to_owned())]);
    assert!(place.repository.shared_item("folder").is_some());
}

#[test]
fn an_item_whose_own_name_no_torrent_can_hold_is_told() {
    let place = Place::new();
    fs::write(place.repository.root().join(OsStr::from_bytes(b"top\xff")), b"x").unwrap();
    let outcome = place.refresh().outcome;
    assert!(matches!(outcome.problems[..], [Problem { cause: Cause::NotUtf8, .. }]), "{outcome:?}");
    assert!(place.repository.shared().is_empty());
}

#[test]
fn empty_items_are_reported_as_empty() {
    let place = Place::new();
    place.file("empty", b"");
    fs::create_dir(place.path("folder")).unwrap();
    let expected = ["empty", "folder"].map(|name| (name.to_owned(), "Empty".to_owned()));
    assert_eq!(causes(&place), expected);
}

#[test]
fn hidden_names_are_no_items() {
    let place = Place::new();
    place.file(".hidden", b"x");
    let outcome = place.refresh().outcome;
    assert_eq!((outcome.found, outcome.problems.len()), (0, 0));
}

#[test]
fn an_unreadable_file_is_left_out_and_told() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let path = place.file("folder/secret", &bytes(10, 1));
    place.file("folder/open", &bytes(10, 2));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let outcome = place.refresh().outcome;
    assert!(matches!(outcome.problems[0].cause, Cause::Unreadable(_)));
    let expected = Place::torrent_of_folder("folder", &[("open", &bytes(10, 2))]);
    assert_eq!(place.item("folder").info_hash(), expected.info.hash());
}

#[test]
fn an_unshared_item_stays_out_until_it_is_shared_again() {
    let place = Place::new();
    place.file("file", &bytes(10, 1));
    place.refresh();
    place.repository.unshare("file").unwrap();
    assert_eq!(place.refresh_name("file").withdrawn, ["file"]);
    let place = place.reopened();
    assert!(place.refresh().shared.is_empty());
    assert_eq!(place.share("file").unwrap(), "file");
    assert_eq!(place.refresh_name("file").shared.len(), 1);
    assert!(place.repository.unshare("nothing").is_err());
}

#[test]
fn a_folder_from_elsewhere_is_copied_in() {
    let place = Place::new();
    let outside = place.folder.path().join("outside");
    fs::create_dir_all(outside.join("inner")).unwrap();
    fs::write(outside.join("inner/file"), bytes(1000, 1)).unwrap();
    assert_eq!(place.share(&outside).unwrap(), "outside");
    assert_eq!(fs::read(place.path("outside/inner/file")).unwrap(), bytes(1000, 1));
    assert!(place.share(&outside).is_err(), "the name is taken now");
    assert!(place.share(place.folder.path()).is_err(), "it holds the repository");
}
