use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_repository::{PartialError, PartialItem, Wanted};
use peerpool_wire::metainfo::Metainfo;

use crate::support::{Fixture, blocks, bytes, fetch, fetch_piece, piece_space, v1_torrent};

const FILES: [&str; 3] = ["a", "inner/b", "c"];

fn content(path: &str) -> Vec<u8> {
    let seed = FILES.iter().position(|file| *file == path).unwrap() as u8;
    bytes(blocks(2) + 100, seed + 1)
}

fn torrents() -> [(Arc<Metainfo>, Vec<u8>); 2] {
    let files = FILES.map(|path| (path, content(path)));
    let borrowed = files.each_ref().map(|(path, bytes)| (*path, bytes.as_slice()));
    [Fixture::torrent_of_folder("item", &borrowed), v1_torrent("item", &borrowed, blocks(2))].map(
        |metainfo| {
            let space = piece_space(&metainfo, content);
            (metainfo, space)
        },
    )
}

fn file_of(metainfo: &Metainfo, path: &str) -> usize {
    metainfo.info.files().iter().position(|file| file.path.join("/") == path).unwrap()
}

/// The file of the download itself.
fn own(fixture: &Fixture, metainfo: &Metainfo, path: &str) -> PathBuf {
    fixture.path(&format!(".peerpool/partial/{}/content/{path}", metainfo.info.hash()))
}

type Deed = fn(&Path);

/// What somebody may do to a file.
const DEEDS: [(&str, Deed); 7] = [
    ("edited", |path| edit(path)),
    ("edited with the old times", |path| {
        let modified = fs::metadata(path).unwrap().modified().unwrap();
        edit(path);
        fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
    }),
    ("truncated", |path| fs::File::options().write(true).open(path).unwrap().set_len(10).unwrap()),
    ("appended to", |path| {
        let longer = fs::metadata(path).unwrap().len() + 5;
        fs::File::options().write(true).open(path).unwrap().set_len(longer).unwrap();
    }),
    ("removed", |path| fs::remove_file(path).unwrap()),
    ("replaced by a link", |path| {
        fs::remove_file(path).unwrap();
        symlink("/etc/hostname", path).unwrap();
    }),
    ("replaced by a folder", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
        fs::write(path.join("x"), "x").unwrap();
    }),
];

fn edit(path: &Path) {
    use std::os::unix::fs::FileExt;
    fs::File::options().write(true).open(path).unwrap().write_all_at(b"edited", 20).unwrap();
}

/// Completes; fetches again what turned out to be missing.
fn complete(fixture: &Fixture, item: &Arc<PartialItem>, space: &[u8], what: &str) {
    let refused = fixture.repository.complete(item, "item").unwrap_err();
    assert!(
        matches!(refused, PartialError::Incomplete { .. } | PartialError::Touched { .. }),
        "{what}: {refused}"
    );
    assert!(!fixture.path("item").exists(), "{what}");
    fetch_missing(item, space);
    fixture.repository.complete(item, "item").unwrap();
    for path in FILES {
        assert_eq!(fs::read(fixture.path("item").join(path)).unwrap(), content(path), "{what}: {path}");
    }
}

#[test]
fn edits_made_during_a_download_are_found_at_its_end() {
    for (metainfo, space) in torrents() {
        for (what, deed) in DEEDS {
            let fixture = Fixture::new();
            let item = fixture.download(&metainfo);
            fetch(&item, &space);
            item.checkpoint().unwrap();
            deed(&own(&fixture, &metainfo, "inner/b"));
            complete(&fixture, &item, &space, what);
        }
    }
}

#[test]
fn edits_made_while_the_peer_was_off_are_found_at_its_start() {
    for (metainfo, space) in torrents() {
        for (what, deed) in DEEDS {
            let fixture = Fixture::new();
            let item = fixture.download(&metainfo);
            fetch(&item, &space);
            item.checkpoint().unwrap();
            drop(item);
            deed(&own(&fixture, &metainfo, "inner/b"));
            let fixture = fixture.reopened();
            let item = fixture.download(&metainfo);
            let missing = metainfo.info.piece_count() - item.verified().count();
            assert!(missing > 0 || what == "appended to", "{what}");
            fetch_missing(&item, &space);
            fixture.repository.complete(&item, "item").unwrap();
            for path in FILES {
                assert_eq!(
                    fs::read(fixture.path("item").join(path)).unwrap(),
                    content(path),
                    "{what}: {path}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_was_only_touched_is_not_fetched_again() {
    for (metainfo, space) in torrents() {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        fetch(&item, &space);
        crate::support::age(&own(&fixture, &metainfo, "c"), 100);
        fixture.repository.complete(&item, "item").unwrap();
        assert_eq!(fs::read(fixture.path("item/c")).unwrap(), content("c"));
    }
}

/// A download of which one file was put into the repository, and all pieces fetched since.
fn delivered(fixture: &Fixture, metainfo: &Arc<Metainfo>, space: &[u8]) -> Arc<PartialItem> {
    let file = file_of(metainfo, "inner/b");
    let wanted = Wanted::Files(BTreeSet::from([file]));
    let item = fixture.repository.download(metainfo.clone(), wanted).unwrap();
    for piece in item.wanted_pieces().iter().filter_map(|index| item.geometry().piece(index)) {
        fetch_piece(&item, space, piece);
    }
    fixture.repository.deliver(&item, file, "item").unwrap();
    let item = fixture.repository.download(metainfo.clone(), Wanted::Whole).unwrap();
    fetch_missing(&item, space);
    item
}

fn fetch_missing(item: &Arc<PartialItem>, space: &[u8]) {
    let verified = item.verified();
    for piece in item.geometry().pieces().filter(|piece| !verified.has(*piece)) {
        fetch_piece(item, space, piece);
    }
}

#[test]
fn an_owners_edit_of_a_delivered_file_is_kept_and_the_item_is_not_complete() {
    for (metainfo, space) in torrents() {
        for (what, deed) in DEEDS.into_iter().filter(|(what, _)| *what != "removed") {
            let fixture = Fixture::new();
            let item = delivered(&fixture, &metainfo, &space);
            let path = fixture.path("item/inner/b");
            deed(&path);
            let edited = fs::read(&path).ok();
            let refused = fixture.repository.complete(&item, "item").unwrap_err();
            assert!(matches!(refused, PartialError::NameTaken { .. }), "{what}: {refused}");
            assert_eq!(fs::read(&path).ok(), edited, "{what}");
            assert!(fixture.repository.shared_item("item").is_none(), "{what}");
            // Fetched again, it is in the way still.
            fetch_missing(&item, &space);
            assert!(fixture.repository.complete(&item, "item").is_err(), "{what}");
            assert_eq!(fs::read(&path).ok(), edited, "{what}");
        }
    }
}

#[test]
fn a_file_that_its_owner_removed_comes_with_the_whole_item() {
    for (metainfo, space) in torrents() {
        let fixture = Fixture::new();
        let item = delivered(&fixture, &metainfo, &space);
        fs::remove_file(fixture.path("item/inner/b")).unwrap();
        fixture.repository.complete(&item, "item").unwrap();
        assert_eq!(fs::read(fixture.path("item/inner/b")).unwrap(), content("inner/b"));
        assert_eq!(fixture.refresh().outcome.hashed_bytes, 0);
    }
}

#[test]
fn a_delivered_file_that_changed_is_told_and_not_offered_at_the_next_start() {
    let (metainfo, space) = &torrents()[0];
    let fixture = Fixture::new();
    let item = delivered(&fixture, metainfo, space);
    drop(item);
    let fixture = fixture.reopened();
    assert!(!fixture.repository.partials().unwrap()[0].altered);
    edit(&fixture.path("item/inner/b"));
    assert!(fixture.repository.partials().unwrap()[0].altered);
}

#[test]
fn a_piece_that_somebody_reports_is_read_again() {
    let (metainfo, space) = &torrents()[0];
    let fixture = Fixture::new();
    let item = fixture.download(metainfo);
    fetch(&item, space);
    let piece = metainfo.info.geometry().piece(metainfo.info.geometry().pieces_of_file(0).start).unwrap();
    assert!(item.verify_piece(piece).unwrap());
    edit(&own(&fixture, metainfo, &metainfo.info.files()[0].path.join("/")));
    assert!(!item.verify_piece(piece).unwrap());
    assert!(!item.verified().has(piece));
}

#[test]
fn a_damaged_state_does_not_make_a_folder_an_item_nor_a_part_the_whole() {
    let (metainfo, space) = &torrents()[0];
    let fixture = Fixture::new();
    let file = file_of(metainfo, "inner/b");
    let wanted = Wanted::Files(BTreeSet::from([file]));
    let item = fixture.repository.download(metainfo.clone(), wanted.clone()).unwrap();
    fetch(&item, space);
    fixture.repository.deliver(&item, file, "item").unwrap();
    drop(item);
    fs::write(fixture.path(&format!(".peerpool/partial/{}/state", metainfo.info.hash())), "garbage").unwrap();
    let fixture = fixture.reopened();
    assert_eq!(fixture.repository.partials().unwrap()[0].wanted, wanted);
    assert!(fixture.refresh().shared.is_empty(), "the folder is the download's");
    let item = fixture.download(metainfo);
    assert!(item.verified().is_all());
    fixture.repository.complete(&item, "item").unwrap();
}
