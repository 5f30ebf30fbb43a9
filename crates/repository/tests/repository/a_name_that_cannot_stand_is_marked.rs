use std::{fs, os::unix::fs::symlink, path::Path};

use peerpool_repository::refresh::Cause;

use crate::support::{Fixture, blocks, bytes, fetch, piece_space};

/// What a download records on a file system that ignores case.
const NAMES: &str = r#"[[["Net"],"Net (case 2)"],[["net","A.h"],"A (case 2).h"]]"#;

#[test]
fn a_file_under_a_marked_name_is_served_under_its_own_and_known_after_a_restart() {
    let files = [
        ("Net/x", bytes(blocks(3), 1)),
        ("net/A.h", bytes(10, 2)),
        ("net/a.h", bytes(20, 3)),
        ("net/empty", Vec::new()),
    ];
    let source = Fixture::new();
    for (path, bytes) in &files {
        source.file(&format!("item/{path}"), bytes);
    }
    symlink("../Net/x", source.path("item/net/link")).unwrap();
    let metainfo = source.item("item").metainfo().clone();
    let content =
        |path: &str| files.iter().find(|(of, _)| *of == path).map_or(Vec::new(), |(_, bytes)| bytes.clone());
    let space = piece_space(&metainfo, content);

    let fixture = Fixture::new();
    let folder = fixture.path(&format!(".peerpool/partial/{}", metainfo.info.hash()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("names"), NAMES).unwrap();
    let download = fixture.download(&metainfo);
    fetch(&download, &space);
    fixture.repository.complete(&download, "item").unwrap();
    drop(download);
    assert_eq!(fs::read(fixture.path("item/Net (case 2)/x")).unwrap(), files[0].1);
    assert_eq!(fs::read(fixture.path("item/net/A (case 2).h")).unwrap(), files[1].1);
    assert_eq!(fs::read_link(fixture.path("item/net/link")).unwrap(), Path::new("../Net (case 2)/x"));

    for _ in 0..2 {
        let told = fixture.refresh();
        assert_eq!(told.outcome.hashed_bytes, 0);
        let shared = fixture.repository.shared_item("item").unwrap();
        assert_eq!(shared.info_hash(), metainfo.info.hash());
        let mut read = vec![0; space.len()];
        shared.read_at(0, &mut read).unwrap();
        assert!(read == space);
        let marked =
            told.outcome.problems.iter().filter(|problem| matches!(problem.cause, Cause::Renamed(_)));
        assert_eq!(marked.count(), 2, "{:?}", told.outcome.problems);
    }
    let fixture = fixture.reopened();
    let told = fixture.refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared[0].info_hash()), (0, metainfo.info.hash()));
}

#[test]
fn a_single_file_is_delivered_under_its_marked_name() {
    let files: [(&str, &[u8]); 2] = [("A", &bytes(10, 1)), ("a", &bytes(20, 2))];
    let metainfo = Fixture::torrent_of_folder("item", &files);
    let space = piece_space(&metainfo, |path| files.iter().find(|(of, _)| *of == path).unwrap().1.to_vec());
    let fixture = Fixture::new();
    let folder = fixture.path(&format!(".peerpool/partial/{}", metainfo.info.hash()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("names"), r#"[[["a"],"a (case 2)"]]"#).unwrap();
    let download = fixture.download(&metainfo);
    fetch(&download, &space);
    let file = metainfo.info.files().iter().position(|file| file.path == ["a"]).unwrap();
    fixture.repository.deliver(&download, file, "item").unwrap();
    assert_eq!(fs::read(fixture.path("item/a (case 2)")).unwrap(), files[1].1);
}

#[test]
fn recorded_names_that_lead_elsewhere_are_not_believed() {
    let files: [(&str, &[u8]); 2] = [("A", &bytes(10, 1)), ("a", &bytes(20, 2))];
    let metainfo = Fixture::torrent_of_folder("item", &files);
    let fixture = Fixture::new();
    let folder = fixture.path(&format!(".peerpool/partial/{}", metainfo.info.hash()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("names"), r#"[[["a"],"../../../../outside"]]"#).unwrap();
    let space = piece_space(&metainfo, |path| files.iter().find(|(of, _)| *of == path).unwrap().1.to_vec());
    let download = fixture.download(&metainfo);
    fetch(&download, &space);
    fixture.repository.complete(&download, "item").unwrap();
    assert_eq!(fs::read(fixture.path("item/a")).unwrap(), files[1].1);
}
