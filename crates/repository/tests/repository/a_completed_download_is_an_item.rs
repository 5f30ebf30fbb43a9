use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    sync::Arc,
};

use peerpool_repository::{PartialError, Wanted};
use peerpool_wire::{bencode::Node, metainfo::Metainfo};

use crate::support::{Fixture, age, blocks, bytes, fetch, fetch_piece, piece_space, v1_torrent};

fn folder() -> (Arc<Metainfo>, Vec<u8>) {
    let files = [("a", bytes(blocks(3) + 1, 1)), ("inner/b", bytes(10, 2)), ("inner/empty", vec![])];
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (*path, bytes.as_slice())).collect();
    let metainfo = Fixture::torrent_of_folder("item", &borrowed);
    let space = piece_space(&metainfo, |path| files.iter().find(|(of, _)| *of == path).unwrap().1.clone());
    (metainfo, space)
}

#[test]
fn a_folder_is_shared_without_hashing_it_again() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    fetch(&item, &space);
    let shared = fixture.repository.complete(&item, "item").unwrap();
    drop(item);
    assert_eq!(shared.info_hash(), metainfo.info.hash());
    let mut read = vec![0; space.len()];
    shared.read_at(0, &mut read).unwrap();
    assert_eq!(read, space);
    assert_eq!(fs::metadata(fixture.path("item/inner/empty")).unwrap().len(), 0);
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared.len(), told.withdrawn.len()), (0, 0, 0));
    let fixture = fixture.reopened();
    assert!(fixture.repository.partials().unwrap().is_empty());
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared[0].info_hash()), (0, metainfo.info.hash()));
}

#[test]
fn a_single_file_is_shared_without_hashing_it_again() {
    let content = bytes(blocks(70) + 3, 1);
    let metainfo = Fixture::torrent_of("file", &content);
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    fixture.repository.complete(&item, "file").unwrap();
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared[0].info_hash()), (0, metainfo.info.hash()));
    // In a folder with other files its last piece counts with padding, which nobody has hashed yet.
    fs::create_dir(fixture.path("folder")).unwrap();
    fs::rename(fixture.path("file"), fixture.path("folder/file")).unwrap();
    fixture.file("folder/other", &bytes(blocks(70), 2));
    let files: [(&str, &[u8]); 2] = [("file", &content), ("other", &bytes(blocks(70), 2))];
    assert_eq!(fixture.item("folder").info_hash(), Fixture::torrent_of_folder("folder", &files).info.hash());
}

#[test]
fn a_torrent_made_elsewhere_stays_the_same_item() {
    let content = bytes(blocks(10) + 3, 1);
    let metainfo = v1_torrent("item", &[("file", &content)], blocks(2));
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    fixture.repository.complete(&item, "another name").unwrap();
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared[0].info_hash()), (0, metainfo.info.hash()));
    assert_eq!(told.shared[0].name(), "another name");
    // Changed, it is an item of this repository like any other.
    let path = fixture.path("another name/file");
    fs::write(&path, bytes(5, 2)).unwrap();
    age(&path, 3600);
    let told = fixture.refresh();
    assert_eq!(
        told.shared[0].info_hash(),
        Fixture::torrent_of_folder("another name", &[("file", &bytes(5, 2))]).info.hash()
    );
}

#[test]
fn an_unfinished_download_cannot_be_completed() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    fetch_piece(&item, &space, metainfo.info.geometry().piece(0).unwrap());
    let refused = fixture.repository.complete(&item, "item");
    assert!(
        matches!(refused, Err(PartialError::Incomplete { missing, .. }) if missing == metainfo.info.piece_count() - 1)
    );
    assert!(!fixture.path("item").exists());
}

#[test]
fn a_download_never_overwrites_a_different_file() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    fixture.file("item", b"mine");
    fixture.refresh();
    let item = fixture.download(&metainfo);
    fetch(&item, &space);
    let refused = fixture.repository.complete(&item, "item").unwrap_err();
    assert!(
        matches!(&refused, PartialError::NameTaken { path, .. } if *path == fixture.path("item")),
        "{refused}"
    );
    assert_eq!(fs::read(fixture.path("item")).unwrap(), b"mine");
    fixture.repository.complete(&item, "item (2)").unwrap();
    assert_eq!(fs::read(fixture.path("item (2)/inner/b")).unwrap(), bytes(10, 2));
    let told = fixture.reopened().refresh();
    let hashes: Vec<_> = told.shared.iter().map(|item| item.info_hash()).collect();
    assert!(
        hashes.contains(&metainfo.info.hash()),
        "under its new name it is still the item that was fetched"
    );
}

#[test]
fn an_identical_item_that_is_there_already_is_accepted() {
    let content = bytes(blocks(2), 1);
    let fixture = Fixture::new();
    let path = fixture.file("file", &content);
    let metainfo = fixture.item("file").metainfo().clone();
    let inode = fs::metadata(&path).unwrap().ino();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    fixture.repository.complete(&item, "file").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    assert!(fixture.repository.partials().unwrap().is_empty());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    fetch(&item, &space);
    for name in ["", ".", "..", "../out", "a/b", "/abs", ".peerpool", ".hidden"] {
        assert!(
            matches!(fixture.repository.complete(&item, name), Err(PartialError::Unfit { .. })),
            "{name}"
        );
    }
    fixture.repository.complete(&item, "item").unwrap();
}

#[test]
fn a_link_in_the_download_folder_is_not_followed() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    let outside = fixture.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let content = fixture.path(&format!(".peerpool/partial/{}/content", metainfo.info.hash()));
    fs::create_dir(&content).unwrap();
    std::os::unix::fs::symlink(&outside, content.join("inner")).unwrap();
    let last = metainfo.info.geometry().pieces().last().unwrap();
    let mut writer = item.piece(last);
    let payload = crate::support::payload(&metainfo, &space, last);
    assert!(matches!(writer.write(0, payload), Err(PartialError::Disk { .. })));
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn a_file_marked_executable_is() {
    let content = bytes(100, 1);
    let plain = v1_torrent("item", &[("run", &content)], blocks(1));
    let file = Node::dict([
        ("attr", Node::from("x")),
        ("length", Node::from(content.len() as i64)),
        ("path", Node::list(["run"])),
    ]);
    let hashes: Vec<u8> = plain.info.v1_pieces().iter().flat_map(|hash| hash.0).collect();
    let info = Node::dict([
        ("files", Node::List(vec![file])),
        ("name", Node::from("item")),
        ("piece length", Node::from(blocks(1) as i64)),
        ("pieces", Node::from(hashes)),
    ]);
    let metainfo = Arc::new(Metainfo::from_torrent(&Node::dict([("info", info)]).encode()).unwrap());
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    fixture.repository.complete(&item, "item").unwrap();
    assert_ne!(fs::metadata(fixture.path("item/run")).unwrap().permissions().mode() & 0o100, 0);
}

#[test]
fn a_single_file_of_a_folder_is_delivered_alone() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    let file = metainfo.info.files().iter().position(|file| file.path == ["inner", "b"]).unwrap();
    let wanted = Wanted::Files(BTreeSet::from([file]));
    let item = fixture.repository.download(metainfo.clone(), wanted).unwrap();
    let pieces: Vec<u32> = item.wanted_pieces().iter().collect();
    assert_eq!(pieces.len(), 1);
    assert!(matches!(fixture.repository.deliver(&item, file, "item"), Err(PartialError::Incomplete { .. })));
    fetch_piece(&item, &space, metainfo.info.geometry().piece(pieces[0]).unwrap());
    let path = fixture.repository.deliver(&item, file, "item").unwrap();
    assert_eq!(
        (path.as_path(), fs::read(&path).unwrap()),
        (fixture.path("item/inner/b").as_path(), bytes(10, 2))
    );
    // The folder is the download's, not an item of its own.
    assert_eq!(fixture.refresh().outcome.found, 0);
    drop(item);
    let fixture = fixture.reopened();
    assert_eq!(fixture.refresh().outcome.found, 0);
    // Wanted as a whole later, it is completed around that file.
    let item = fixture.download(&metainfo);
    assert_eq!((item.wanted(), item.verified().count()), (Wanted::Whole, 1));
    fetch(&item, &space);
    fixture.repository.complete(&item, "item").unwrap();
    assert_eq!(fixture.refresh().outcome.hashed_bytes, 0);
    assert_eq!(fixture.repository.shared_item("item").unwrap().info_hash(), metainfo.info.hash());
}

#[test]
fn a_delivered_file_belongs_to_its_owner() {
    let (metainfo, space) = folder();
    let fixture = Fixture::new();
    let file = metainfo.info.files().iter().position(|file| file.path == ["inner", "b"]).unwrap();
    let item = fixture.repository.download(metainfo.clone(), Wanted::Files(BTreeSet::from([file]))).unwrap();
    let piece = metainfo.info.geometry().piece(item.wanted_pieces().iter().next().unwrap()).unwrap();
    fetch_piece(&item, &space, piece);
    let path = fixture.repository.deliver(&item, file, "item").unwrap();
    fs::write(&path, b"my version").unwrap();
    assert!(item.read_at(metainfo.info.geometry().offset_of(piece), &mut [0; 10]).is_err());
    drop(item);
    let fixture = fixture.reopened();
    let item = fixture.download(&metainfo);
    assert!(!item.verified().has(piece));
    fetch(&item, &space);
    let refused = fixture.repository.complete(&item, "item").unwrap_err();
    assert!(matches!(&refused, PartialError::NameTaken { path: taken, .. } if *taken == path), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"my version");
}
