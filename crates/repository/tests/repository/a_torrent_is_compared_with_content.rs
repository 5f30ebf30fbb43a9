use std::fs;

use peerpool_repository::{Cancel, RepositoryError, verify::verify};

use crate::support::{Fixture, age, blocks, bytes, v1_torrent};

#[test]
fn content_that_is_what_a_torrent_says_is_shared_by_it() {
    let content = bytes(blocks(10) + 3, 1);
    let metainfo = v1_torrent("item", &[("a", &content), ("b", &bytes(100, 2))], blocks(2));
    let fixture = Fixture::new();
    fixture.file("item/a", &content);
    fixture.file("item/b", &bytes(100, 2));
    assert_ne!(fixture.item("item").info_hash(), metainfo.info.hash());
    let item = fixture.repository.adopt(&metainfo, "item", &Cancel::default(), &|_, _| {}).unwrap();
    assert_eq!(item.info_hash(), metainfo.info.hash());
    let told = fixture.reopened().refresh();
    assert_eq!((told.outcome.hashed_bytes, told.shared[0].info_hash()), (0, metainfo.info.hash()));
}

#[test]
fn each_difference_is_found() {
    let content = bytes(blocks(10), 1);
    let torrents = [
        v1_torrent("item", &[("a", &content), ("b", &bytes(100, 2))], blocks(2)),
        Fixture::torrent_of_folder("item", &[("a", &content), ("b", &bytes(100, 2))]),
    ];
    for metainfo in torrents {
        let fixture = Fixture::new();
        let a = fixture.file("item/a", &content);
        let check = || verify(&metainfo, &fixture.path("item"), &Cancel::default(), &|_, _| {}).unwrap();
        assert_eq!(check().wrong_files, [std::path::PathBuf::from("b")]);
        let b = fixture.file("item/b", &bytes(100, 2));
        assert!(check().is_exact());

        let other = fixture.file("item/c", b"x");
        assert_eq!(check().other_files, [std::path::PathBuf::from("c")]);
        fs::remove_file(other).unwrap();

        let mut changed = content.clone();
        changed[blocks(3)] ^= 1;
        fs::write(&a, &changed).unwrap();
        age(&a, 10);
        assert_eq!(check().good.count(), metainfo.info.piece_count() - 1);
        let refused = fixture.repository.adopt(&metainfo, "item", &Cancel::default(), &|_, _| {});
        assert!(matches!(refused, Err(RepositoryError::Name { .. })));

        fs::write(&a, &content).unwrap();
        fs::write(&b, bytes(99, 2)).unwrap();
        assert_eq!(check().wrong_files, [std::path::PathBuf::from("b")]);
    }
}

#[test]
fn pads_that_another_client_wrote_out_are_no_difference() {
    let files: [(&str, &[u8]); 2] = [("a", &bytes(blocks(1) + 3, 1)), ("b", &bytes(100, 2))];
    let metainfo = Fixture::torrent_of_folder("item", &files);
    let fixture = Fixture::new();
    for (name, content) in files {
        fixture.file(&format!("item/{name}"), content);
    }
    let pads: Vec<u64> =
        metainfo.info.files().iter().filter(|file| file.pad).map(|file| file.length).collect();
    assert!(!pads.is_empty());
    for length in pads {
        fixture.file(&format!("item/.pad/{length}"), &vec![0; length as usize]);
    }
    let compared = verify(&metainfo, &fixture.path("item"), &Cancel::default(), &|_, _| {}).unwrap();
    assert!(compared.is_exact(), "{:?}", compared.other_files);
}
