use std::{fs, path::Path, sync::Arc};

use peerpool_repository::{Cancel, RepositoryError, refresh::Cause};
use peerpool_wire::metainfo::Metainfo;

use crate::support::{Fixture, Told, age, blocks, bytes, v1_torrent};

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
fn two() -> Fixture {
    let fixture = Fixture::new();
    fixture.file("public", &bytes(10, 1));
    fixture.file("private", &bytes(10, 2));
    fixture.refresh();
    fixture.repository.unshare("private").unwrap();
    fixture.refresh();
    fixture
}

#[test]
fn unshared_names_stay_unshared_when_all_state_is_deleted() {
    let Fixture { folder, repository } = two();
    let root = repository.root().to_owned();
    drop(repository);
    fs::remove_dir_all(root.join(".peerpool")).unwrap();
    let fixture = Fixture { repository: peerpool_repository::Repository::open(&root).unwrap(), folder };
    assert_eq!(names(&fixture.refresh()), ["public"]);
    // And the other copy of the list, too, is worth something.
    let fixture = fixture.reopened();
    fs::remove_file(root.join(".peerpool-unshared")).unwrap();
    let fixture = fixture.reopened();
    assert_eq!(names(&fixture.refresh()), ["public"]);
    fixture.share("private").unwrap();
    let fixture = fixture.reopened();
    assert_eq!(names(&fixture.refresh()), ["private", "public"]);
}

#[test]
fn a_flipped_bit_in_the_list_of_what_is_unshared_shares_nothing_of_it() {
    let fixture = two();
    let (state, beside) = (fixture.path(".peerpool/unshared"), fixture.path(".peerpool-unshared"));
    let length = fs::read(&state).unwrap().len();
    let mut fixture = fixture;
    for at in 0..length {
        flip(if at % 2 == 0 { &state } else { &beside }, at);
        fixture = fixture.reopened();
        assert_eq!(names(&fixture.refresh()), ["public"], "byte {at}");
    }
}

#[test]
fn a_damaged_list_of_unshared_names_stops_all_sharing_and_is_reported() {
    let mut fixture = two();
    for name in [".peerpool/unshared", ".peerpool-unshared"] {
        fs::write(fixture.path(name), "garbage").unwrap();
    }
    fixture = fixture.reopened();
    let told = fixture.refresh();
    assert!(told.shared.is_empty());
    let advice = told.outcome.problems.iter().find(|problem| matches!(problem.cause, Cause::State(_)));
    let advice = advice.unwrap().to_string();
    assert!(advice.contains("nothing is shared") && advice.contains(".peerpool-unshared"), "{advice}");
    assert!(matches!(fixture.share("public"), Err(RepositoryError::UnsharedDamaged(_))));
    // Following it helps, without a restart.
    for name in [".peerpool/unshared", ".peerpool-unshared"] {
        fs::remove_file(fixture.path(name)).unwrap();
    }
    assert_eq!(names(&fixture.refresh()), ["private", "public"]);
}

/// An item shared by a torrent that is not the canonical one.
fn adopted() -> (Fixture, Arc<Metainfo>, Vec<u8>) {
    let content = bytes(blocks(10) + 3, 1);
    let metainfo = v1_torrent("item", &[("file", &content)], blocks(2));
    let fixture = Fixture::new();
    fixture.file("item/file", &content);
    fixture.repository.adopt(&metainfo, "item", &Cancel::default(), &|_, _| {}).unwrap();
    (fixture, metainfo, content)
}

fn is_own(fixture: &Fixture, metainfo: &Metainfo) -> bool {
    fixture.refresh();
    fixture.repository.shared_item("item").unwrap().info_hash() == metainfo.info.hash()
}

#[test]
fn a_touched_item_keeps_its_torrent() {
    let (fixture, metainfo, _) = adopted();
    age(&fixture.path("item/file"), 100);
    assert!(is_own(&fixture, &metainfo));
    assert_eq!(fixture.refresh().outcome.hashed_bytes, 0, "it was compared once");
}

#[test]
fn a_copied_repository_keeps_its_torrents() {
    let (fixture, metainfo, _) = adopted();
    let copy = tempfile::tempdir().unwrap();
    let copied =
        std::process::Command::new("cp").arg("-a").arg(fixture.repository.root()).arg(copy.path()).status();
    assert!(copied.unwrap().success());
    let repository = peerpool_repository::Repository::open(&copy.path().join("repository")).unwrap();
    assert!(is_own(&Fixture { folder: copy, repository }, &metainfo));
}

#[test]
fn an_item_that_is_what_its_torrent_says_again_is_shared_by_it_again() {
    let (fixture, metainfo, content) = adopted();
    fixture.file("item/file", &bytes(content.len(), 2));
    assert!(!is_own(&fixture, &metainfo));
    fixture.file("item/more", b"x");
    fixture.file("item/file", &content);
    assert!(!is_own(&fixture, &metainfo), "there is a file more than the torrent has");
    fs::remove_file(fixture.path("item/more")).unwrap();
    assert!(is_own(&fixture, &metainfo));
    fs::remove_dir_all(fixture.path("item")).unwrap();
    fixture.refresh();
    let fixture = fixture.reopened();
    fixture.file("item/file", &content);
    assert!(is_own(&fixture, &metainfo));
}

#[test]
fn a_damaged_list_of_torrents_is_told_and_put_aside() {
    let (fixture, metainfo, _) = adopted();
    flip(&fixture.path(".peerpool/torrents/names"), 50);
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert!(told.outcome.problems.iter().any(|problem| matches!(problem.cause, Cause::State(_))));
    assert_eq!(names(&told), ["item"]);
    fixture.repository.adopt(&metainfo, "item", &Cancel::default(), &|_, _| {}).unwrap();
    assert!(is_own(&fixture.reopened(), &metainfo));
}

#[test]
fn a_damaged_torrent_is_told_and_shares_nothing_wrong() {
    let (fixture, metainfo, _) = adopted();
    let torrent = fixture.path(&format!(".peerpool/torrents/{}.torrent", metainfo.info.hash()));
    let length = fs::read(&torrent).unwrap().len();
    flip(&torrent, length / 2);
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert!(told.outcome.problems.iter().any(|problem| matches!(problem.cause, Cause::TorrentLost)));
    assert_ne!(told.shared[0].info_hash(), metainfo.info.hash());
}
