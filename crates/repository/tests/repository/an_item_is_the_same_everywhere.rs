use std::path::{Path, PathBuf};

use peerpool_repository::loose;
use peerpool_wire::canonical::{self, FileHasher};
use proptest::prelude::*;

use crate::support::{Fixture, blocks, bytes, piece_space};

#[test]
fn canonical_hash_of_a_folder_is_the_same_in_two_repositories() {
    let files =
        [("b/deep/x", bytes(70_000, 1)), ("a", bytes(1, 2)), ("b-c", bytes(blocks(3), 3)), ("empty", vec![])];
    let (one, other) = (Fixture::new(), Fixture::new());
    for (path, bytes) in &files {
        one.file(&format!("folder/{path}"), bytes);
    }
    for (path, bytes) in files.iter().rev() {
        other.file(&format!("folder/{path}"), bytes);
    }
    std::fs::create_dir(other.path("folder/no-file-in-it")).unwrap();
    assert_eq!(one.item("folder").info_hash(), other.item("folder").info_hash());
}

#[test]
fn another_name_or_another_byte_is_another_item() {
    let fixture = Fixture::new();
    fixture.file("one", &bytes(1000, 1));
    fixture.file("two", &bytes(1000, 1));
    let before = fixture.item("one").info_hash();
    assert_ne!(fixture.item("two").info_hash(), before);
    let mut other = bytes(1000, 1);
    other[999] ^= 1;
    fixture.file("one", &other);
    assert_ne!(fixture.item("one").info_hash(), before);
}

#[test]
fn fast_hashes_are_those_of_the_plain_hasher() {
    for length in [1, 16_383, 16_384, 16_385, blocks(64), blocks(64) + 1, blocks(700) + 5] {
        let content = bytes(length, 9);
        let piece_length = canonical::piece_length(length as u64, 1);
        let mut plain = FileHasher::new(piece_length);
        plain.update(&content);
        let expected =
            canonical::Builder::new(piece_length).file(Vec::new(), plain.finish()).finish("item").unwrap();
        assert_eq!(Fixture::torrent_of("item", &content).info, expected.info, "{length} bytes");
    }
}

#[test]
fn files_outside_a_repository_have_the_same_hashes() {
    let fixture = Fixture::new();
    let files = [("x", bytes(70_000, 1)), ("empty", vec![]), ("y", bytes(blocks(3), 3))];
    for (path, bytes) in &files {
        fixture.file(&format!("folder/{path}"), bytes);
    }
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| Path::new("folder").join(path)).collect();
    let item = fixture.item("folder");
    let piece_length = item.geometry().piece_length();
    let hashes = loose::hash_files(&fixture.path(""), &paths, piece_length).unwrap();
    let mut builder = canonical::Builder::new(piece_length);
    for ((path, _), hashes) in files.iter().zip(hashes) {
        builder = builder.file(vec![(*path).to_owned()], hashes);
    }
    assert_eq!(builder.finish("folder").unwrap().info, item.metainfo().info);
    let missing = loose::hash_files(&fixture.path(""), &["nothing".into()], piece_length).unwrap_err();
    assert!(missing.to_string().contains("nothing"), "{missing}");
}

#[test]
fn files_hashed_side_by_side_have_the_hashes_of_each_alone() {
    const PIECE: usize = 256 * 1024;
    let fixture = Fixture::new();
    let lengths: Vec<usize> = [1, 16_384, 65_535, 65_536, 65_537, 131_072, PIECE - 1, PIECE, PIECE + 1]
        .into_iter()
        .flat_map(|length| [length, length + PIECE, length + 5 * PIECE])
        .collect();
    let name = |nth: usize| PathBuf::from(format!("{nth:02}"));
    for (nth, length) in lengths.iter().enumerate() {
        fixture.file(&name(nth).display().to_string(), &bytes(*length, nth as u8));
    }
    let paths: Vec<PathBuf> = (0..lengths.len()).map(name).collect();
    let hashes = loose::hash_files(&fixture.path(""), &paths, PIECE as u32).unwrap();
    for (nth, (length, hashes)) in lengths.iter().zip(hashes).enumerate() {
        let mut plain = FileHasher::new(PIECE as u32);
        plain.update(&bytes(*length, nth as u8));
        assert_eq!(hashes, plain.finish(), "{length} bytes");
    }
}

#[test]
fn a_file_bigger_than_one_workers_share_is_hashed_right() {
    let content = bytes(70 * 1024 * 1024 + 123, 4);
    let piece_length = canonical::piece_length(content.len() as u64, 1);
    let mut plain = FileHasher::new(piece_length);
    plain.update(&content);
    let expected =
        canonical::Builder::new(piece_length).file(Vec::new(), plain.finish()).finish("big").unwrap();
    assert_eq!(*Fixture::torrent_of("big", &content), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_run_of_bytes_is_read_as_it_lies_in_the_files(
        lengths in prop::collection::vec(0usize..60_000, 1..6),
        runs in prop::collection::vec((any::<prop::sample::Index>(), 0usize..200_000), 1..8),
    ) {
        prop_assume!(lengths.iter().sum::<usize>() > 0);
        let fixture = Fixture::new();
        for (nth, length) in lengths.iter().enumerate() {
            fixture.file(&format!("item/{nth}"), &bytes(*length, nth as u8));
        }
        let item = fixture.item("item");
        let space = piece_space(item.metainfo(), |path| {
            let nth: usize = path.parse().unwrap();
            bytes(lengths[nth], nth as u8)
        });
        prop_assert_eq!(space.len() as u64, item.geometry().total());
        for (start, length) in runs {
            let start = start.index(space.len());
            let end = (start + length).min(space.len());
            let mut read = vec![0xAA; end - start];
            item.read_at(start as u64, &mut read).unwrap();
            prop_assert_eq!(&read, &space[start..end]);
            let mut parts = vec![0xAA; end - start];
            let (first, second) = parts.split_at_mut((end - start) / 3);
            let mut slices = [std::io::IoSliceMut::new(first), std::io::IoSliceMut::new(second)];
            item.read_vectored_at(start as u64, &mut slices).unwrap();
            prop_assert_eq!(&parts, &space[start..end]);
        }
        prop_assert!(item.read_at(space.len() as u64, &mut [0]).is_err());
        prop_assert!(item.read_at(u64::MAX, &mut [0]).is_err());
    }
}
