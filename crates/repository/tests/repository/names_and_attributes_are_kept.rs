use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_repository::refresh::Cause;
use peerpool_wire::{bencode::Node, metainfo::Metainfo};

use crate::support::{Fixture, bytes, fetch, piece_space, sha1};

const NAMES: &[&str] = &[
    "Index.html",
    "index.html",
    "aux.c",
    "CON",
    "a\\b",
    "tab\there",
    "line\nbreak",
    "\u{1b}[31m",
    "turn\u{202e}gpj",
    "caf\u{e9}",
    "cafe\u{301}",
    "dot.",
    "space ",
    " space",
    "...",
    ".pad/5",
    "what?*<>|\":",
    "-rf",
];

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o100 != 0
}

/// A repository with an item that has all that an item can have.
fn everything() -> Fixture {
    let fixture = Fixture::new();
    for (nth, name) in NAMES.iter().enumerate() {
        fixture.file(&format!("item/{name}"), &bytes(nth + 1, nth as u8));
    }
    set_mode(&fixture.file("item/bin/run", &bytes(20_000, 7)), 0o755);
    set_mode(&fixture.file("item/bin/empty", b""), 0o700);
    symlink("run", fixture.path("item/bin/same")).unwrap();
    symlink("../aux.c", fixture.path("item/bin/up")).unwrap();
    symlink("bin", fixture.path("item/folder")).unwrap();
    symlink("nowhere", fixture.path("item/dangling")).unwrap();
    symlink("folder", fixture.path("item/link-to-a-link")).unwrap();
    fixture
}

fn space_of(metainfo: &Metainfo, from: &Path) -> Vec<u8> {
    let is_link = |path: &Path| path.symlink_metadata().unwrap().is_symlink();
    let read = |path: PathBuf| if is_link(&path) { Vec::new() } else { fs::read(path).unwrap() };
    piece_space(metainfo, |path| read(from.join(path)))
}

/// What stands in a folder: each path with its kind, its link's text, its mode and its bytes.
fn listing(root: &Path) -> Vec<(PathBuf, String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(root).unwrap().to_owned();
            let kind = path.symlink_metadata().unwrap();
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_symlink() {
                found.push((inside, fs::read_link(&path).unwrap().display().to_string(), Vec::new()));
            } else {
                let mode = if is_executable(&path) { "x" } else { "-" };
                found.push((inside, mode.to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn an_item_with_every_name_and_attribute_is_the_same_where_it_is_fetched() {
    let source = everything();
    let item = source.item("item");
    assert!(source.refresh().outcome.problems.is_empty());
    let metainfo = item.metainfo().clone();
    let space = space_of(&metainfo, &source.path("item"));

    let fixture = Fixture::new();
    let download = fixture.download(&metainfo);
    fetch(&download, &space);
    fixture.repository.complete(&download, "item").unwrap();
    drop(download);
    assert_eq!(listing(&fixture.path("item")), listing(&source.path("item")));

    let told = fixture.reopened().refresh();
    assert_eq!((told.outcome.hashed_bytes, told.outcome.problems.len()), (0, 0));
    assert_eq!(told.shared[0].info_hash(), metainfo.info.hash());
}

#[test]
fn parts_of_a_folder_are_delivered_with_their_attributes() {
    let source = everything();
    let metainfo = source.item("item").metainfo().clone();
    let space = space_of(&metainfo, &source.path("item"));
    let fixture = Fixture::new();
    let download = fixture.download(&metainfo);
    fetch(&download, &space);
    for wanted in ["bin/run", "bin/same", "line\nbreak", "bin/empty"] {
        let file = metainfo.info.files().iter().position(|file| file.path.join("/") == wanted).unwrap();
        fixture.repository.deliver(&download, file, "item").unwrap();
    }
    assert!(is_executable(&fixture.path("item/bin/run")) && is_executable(&fixture.path("item/bin/empty")));
    assert_eq!(fs::read_link(fixture.path("item/bin/same")).unwrap(), Path::new("run"));
    fixture.repository.complete(&download, "item").unwrap();
    assert_eq!(listing(&fixture.path("item")), listing(&source.path("item")));
}

#[test]
fn the_executable_bit_is_part_of_an_item() {
    let fixture = Fixture::new();
    let path = fixture.file("tool", &bytes(20_000, 1));
    let plain = fixture.item("tool").info_hash();
    set_mode(&path, 0o755);
    let executable = fixture.item("tool");
    assert_ne!(executable.info_hash(), plain);
    assert!(executable.metainfo().info.files()[0].executable);
    set_mode(&path, 0o655);
    assert_eq!(fixture.item("tool").info_hash(), plain, "the owner's bit counts");
}

#[test]
fn a_link_is_part_of_an_item() {
    let fixture = Fixture::new();
    fixture.file("item/a", &bytes(20_000, 1));
    let without = fixture.item("item").info_hash();
    symlink("a", fixture.path("item/l")).unwrap();
    let with = fixture.item("item").info_hash();
    assert_ne!(with, without);
    fs::remove_file(fixture.path("item/l")).unwrap();
    symlink("b", fixture.path("item/l")).unwrap();
    assert_ne!(fixture.item("item").info_hash(), with);
    fs::remove_file(fixture.path("item/l")).unwrap();
    assert_eq!(fixture.item("item").info_hash(), without);
}

#[test]
fn links_that_lead_out_of_the_item_are_left_out_and_told() {
    let fixture = Fixture::new();
    fixture.file("item/a", &bytes(10, 1));
    for (nth, text) in ["/etc/passwd", "../other", "a/../../other", ".", "missing/../a"].iter().enumerate() {
        symlink(text, fixture.path(&format!("item/l{nth}"))).unwrap();
    }
    let problems = fixture.refresh().outcome.problems;
    assert_eq!(problems.len(), 5);
    assert!(problems.iter().all(|problem| matches!(problem.cause, Cause::SymbolicLink)));
    let expected = Fixture::torrent_of_folder("item", &[("a", &bytes(10, 1))]);
    assert_eq!(fixture.item("item").info_hash(), expected.info.hash());
}

#[test]
fn entries_that_no_torrent_can_hold_are_left_out_and_reported() {
    let fixture = Fixture::new();
    fixture.file("item/good", &bytes(10, 1));
    fs::create_dir(fixture.path("item/empty")).unwrap();
    fs::write(fixture.path("item").join(OsStr::from_bytes(b"caf\xe9")), b"x").unwrap();
    let deep = vec!["d"; 62].join("/");
    fixture.file(&format!("item/{deep}/file"), b"x");
    let mut problems: Vec<String> = fixture
        .refresh()
        .outcome
        .problems
        .iter()
        .map(|problem| format!("{:?}", problem.cause).split('(').next().unwrap().to_owned())
        .collect();
    problems.sort();
    assert_eq!(problems, ["EmptyFolder", "NoRoom", "NotUtf8"]);
    let expected = Fixture::torrent_of_folder("item", &[("good", &bytes(10, 1))]);
    assert_eq!(fixture.item("item").info_hash(), expected.info.hash());
}

#[test]
fn the_first_hundred_omitted_paths_are_named_and_the_others_counted() {
    let fixture = Fixture::new();
    fixture.file("item/good", &bytes(10, 1));
    for nth in 0..150 {
        symlink("/etc", fixture.path(&format!("item/{nth}"))).unwrap();
    }
    let problems = fixture.refresh().outcome.problems;
    assert_eq!(problems.len(), 101);
    assert!(matches!(problems[100].cause, Cause::MoreLeftOut(50)));
}

#[test]
fn the_time_of_modification_is_put_back_where_a_torrent_tells_it() {
    let content = bytes(100, 1);
    let piece = sha1(&content);
    let entry = Node::dict([
        ("attr", Node::from("x")),
        ("length", Node::from(100)),
        ("mtime", Node::from(1_000_000_000)),
        ("path", Node::list(["old"])),
    ]);
    let info = Node::dict([
        ("files", Node::list([entry])),
        ("name", Node::from("item")),
        ("piece length", Node::from(16384)),
        ("pieces", Node::from(piece)),
    ]);
    let torrent = Metainfo::from_torrent(&Node::dict([("info", info)]).encode()).unwrap();
    let fixture = Fixture::new();
    let download = fixture.download(&Arc::new(torrent));
    fetch(&download, &content);
    fixture.repository.complete(&download, "item").unwrap();
    let found = fs::metadata(fixture.path("item/old")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mtime(&found), 1_000_000_000);
    assert!(is_executable(&fixture.path("item/old")));
}
