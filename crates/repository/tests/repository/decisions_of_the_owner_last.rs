use std::{fs, path::Path, sync::Arc};

use peerpool_repository::{Cancel, RepositoryError, refresh::Cause};
use peerpool_wire::metainfo::Metainfo;

use crate::support::{Place, Told, age, blocks, bytes, v1_torrent};

fn names(told: &Told) -> Vec<&str> {
    let mut names: Vec<&str> = told.shared.iter().map(|item| item.name()).collect();
    names.sort_unstable();
    names
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A repository with a file that is shared, and one that was unshared.
fn two() -> Place {
    let place = Place::new();
    place.file("public", &bytes(10, 1));
    place.file("private", &bytes(10, 2));
    place.refresh();
    place.repository.unshare("private").unwrap();
    place.refresh();
    place
}

#[test]
fn unshared_names_stay_unshared_when_all_state_is_deleted() {
    let Place { folder, repository } = two();
    let root = repository.root().to_owned();
    drop(repository);
    fs::remove_dir_all(root.join(".peerpool")).unwrap();
    let place = Place { repository: peerpool_repository::Repository::open(&root).unwrap(), folder };
    assert_eq!(names(&place.refresh()), ["public"]);
    // And the other copy of the list, too, is worth something.
    let place = place.reopened();
    fs::remove_file(root.join(".peerpool-unshared")).unwrap();
    let place = place.reopened();
    assert_eq!(names(&place.refresh()), ["public"]);
    place.share("private").unwrap();
    let place = place.reopened();
    assert_eq!(names(&place.refresh()), ["private", "public"]);
}

#[test]
fn a_flipped_bit_in_the_list_of_what_is_unshared_shares_nothing_of_it() {
    let place = two();
    let (state, beside) = (place.path(".peerpool/unshared"), place.path(".peerpool-unshared"));
    let length = fs::read(&state).unwrap().len();
    let mut place = place;
    for at in 0..length {
        flip(if at % 2 == 0 { &state } else { &beside }, at);
        place = place.reopened();
        assert_eq!(names(&place.refresh()), ["public"], "byte {at}");
    }
}

#[test]
fn a_damaged_list_of_unshared_names_stops_all_sharing_and_is_reported() {
    let mut place = two();
    for name in [".peerpool/unshared", ".peerpool-unshared"] {
        fs::write(place.path(name), "garbage").unwrap();
    }
    place = place.reopened();
    let told = place.refresh();
    assert!(told.shared.is_empty());
    let advice = told.outcome.problems.iter().find(|problem| matches!(problem.cause, Cause::State(_)));
    let advice = advice.unwrap().to_string();
    assert!(advice.contains("nothing is shared") && advice.contains(".peerpool-unshared"), "{advice}");
    assert!(matches!(place.share("public"), Err(RepositoryError::UnsharedDamaged(_))));
    // Following it helps, without a restart.
    for name in [".peerpool/unshared", ".peerpool-unshared"] {
        fs::remove_file(place.path(name)).unwrap();
    }
    assert_eq!(names(&place.refresh()), ["private", "public"]);
}

/// An item shared by a torrent that is not the canonical one.
fn adopted() -> (Place, Arc<Metainfo>, Vec<u8>) {
    let content = bytes(blocks(10) + 3, 1);
    let metainfo = v1_torrent("item", &[("file", &content)], blocks(2));
    let place = Place::new();
    place.file("item/file", &content);
    place.repository.adopt(&metainfo, "item", &Cancel::default(), &|_, _| {}).unwrap();
    (place, metainfo, content)
}

fn is_own(place: &Place, metainfo: &Metainfo) -> bool {
    place.refresh();
    place.repository.shared_item("item").unwrap().info_hash() == metainfo.info.hash()
}

#[test]
fn a_touched_item_keeps_its_torrent() {
    let (place, metainfo, _) = adopted();
    age(&place.path("item/file"), 100);
    assert!(is_own(&place, &metainfo));
    assert_eq!(place.refresh().outcome.hashed_bytes, 0, "it was compared once");
}

#[test]
fn a_copied_repository_keeps_its_torrents() {
    let (place, metainfo, _) = adopted();
    let copy = tempfile::tempdir().unwrap();
    let copied =
        std::process::Command::new("cp").arg("-a").arg(place.repository.root()).arg(copy.path()).status();
    assert!(copied.unwrap().success());
    let repository = peerpool_repository::Repository::open(&copy.path().join("repository")).unwrap();
    assert!(is_own(&Place { folder: copy, repository }, &metainfo));
}

#[test]
fn an_item_that_is_what_its_torrent_says_again_is_shared_by_it_again() {
    let (place, metainfo, content) = adopted();
    place.file("item/file", &bytes(content.len(), 2));
    assert!(!is_own(&place, &metainfo));
    place.file("item/more", b"x");
    place.file("item/file", &content);
    assert!(!is_own(&place, &metainfo), "there is a file more than the torrent has");
    fs::remove_file(place.path("item/more")).unwrap();
    assert!(is_own(&place, &metainfo));
    fs::remove_dir_all(place.path("item")).unwrap();
    place.refresh();
    let place = place.reopened();
    place.file("item/file", &content);
    assert!(is_own(&place, &metainfo));
}

#[test]
fn a_damaged_list_of_torrents_is_told_and_put_aside() {
    let (place, metainfo, _) = adopted();
    flip(&place.path(".peerpool/torrents/names"), 50);
    let place = place.reopened();
    let told = place.refresh();
    assert!(told.outcome.problems.iter().any(|problem| matches!(problem.cause, Cause::State(_))));
    assert_eq!(names(&told), ["item"]);
    place.repository.adopt(&metainfo, "item", &Cancel::default(), &|_, _| {}).unwrap();
    assert!(is_own(&place.reopened(), &metainfo));
}

#[test]
fn a_damaged_torrent_is_told_and_shares_nothing_wrong() {
    let (place, metainfo, _) = adopted();
    let torrent = place.path(&format!(".peerpool/torrents/{}.torrent", metainfo.info.hash()));
    let length = fs::read(&torrent).unwrap().len();
    flip(&torrent, length / 2);
    let place = place.reopened();
    let told = place.refresh();
    assert!(told.outcome.problems.iter().any(|problem| matches!(problem.cause, Cause::TorrentLost)));
    assert_ne!(told.shared[0].info_hash(), metainfo.info.hash());
}
