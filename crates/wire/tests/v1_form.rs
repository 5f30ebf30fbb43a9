//! A hybrid's v1 form is the same bytes in the same pieces, under a name of its own.

#![allow(clippy::unwrap_used)]

use peerpool_wire::{
    canonical::{Builder, FileHasher},
    metainfo::{Kind, Metainfo},
};

fn folder() -> Metainfo {
    let builder = [("a", 70_000usize), ("b/c", 5), ("b/empty", 0)].iter().fold(
        Builder::new(16384),
        |builder, (path, length)| {
            let mut hasher = FileHasher::new(16384);
            hasher.update(&vec![7; *length]);
            builder.file(path.split('/').map(str::to_owned).collect(), hasher.finish())
        },
    );
    builder.finish("folder").unwrap()
}

#[test]
fn a_v1_form_has_the_same_pieces_and_files_and_another_hash() {
    let item = folder();
    let form = item.v1_form().unwrap();
    assert_eq!(form.info.kind(), Kind::V1);
    assert_eq!(form.info.geometry(), item.info.geometry());
    assert_eq!(form.info.v1_pieces(), item.info.v1_pieces());
    assert_eq!(form.info.name(), item.info.name());
    let files = |item: &Metainfo| -> Vec<_> {
        item.info.files().iter().map(|file| (file.path.clone(), file.length, file.pad)).collect()
    };
    assert_eq!(files(&form), files(&item));
    assert_ne!(form.info.hash().v1(), item.info.hash().v1());
}

#[test]
fn a_v1_form_has_no_v2_keys_and_can_be_written_as_a_torrent() {
    let form = folder().v1_form().unwrap();
    let torrent = form.to_torrent(&[vec!["http://tracker/announce".to_owned()]]);
    for key in ["meta version", "file tree", "piece layers", "pieces root"] {
        assert!(!torrent.windows(key.len()).any(|window| window == key.as_bytes()), "{key}");
    }
    assert_eq!(Metainfo::from_torrent(&torrent).unwrap().info.hash(), form.info.hash());
}

#[test]
fn an_item_that_is_no_hybrid_has_no_v1_form() {
    let form = folder().v1_form().unwrap();
    assert_eq!(form.v1_form(), None);
}

#[test]
fn a_private_form_has_the_same_pieces_and_a_hash_of_its_own() {
    let item = folder();
    let form = item.private_form().unwrap();
    assert_eq!((form.info.kind(), form.info.private()), (Kind::V1, true));
    assert_eq!(form.info.v1_pieces(), item.info.v1_pieces());
    let v1 = item.v1_form().unwrap();
    let hashes = [&item, &v1, &form].map(|item| item.info.hash().v1().unwrap());
    assert!(hashes[2] != hashes[0] && hashes[2] != hashes[1]);
    assert_eq!(v1.private_form(), Some(form.clone()), "a v1 item has one, too");
    assert_eq!(form.private_form(), Some(form), "it is its own");
}
