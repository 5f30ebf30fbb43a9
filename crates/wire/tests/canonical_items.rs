//! Canonical items equal, byte for byte, what libtorrent writes for the same files (`golden/generate.py`).

use peerpool_wire::{
    canonical::{Builder, CanonicalError, FileHasher, FileHashes, piece_length},
    merkle,
    metainfo::{Kind, Metainfo, MetainfoError},
};
use proptest::prelude::*;

const KIB: u32 = 1024;

fn content(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|index| ((index * 7 + seed) % 251) as u8).collect()
}

fn hashes(bytes: &[u8], piece_length: u32) -> FileHashes {
    let mut hasher = FileHasher::new(piece_length);
    bytes.chunks(10_000).for_each(|chunk| hasher.update(chunk));
    hasher.finish()
}

fn path(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The files (path, seed, length), given last to first, since the order must not matter.
fn files(piece_length: u32, files: &[(&str, usize, usize)]) -> Builder {
    files.iter().rev().fold(Builder::new(piece_length), |builder, (at, seed, length)| {
        builder.file(path(at), hashes(&content(*seed, *length), piece_length))
    })
}

/// An item of these files.
fn item(name: &str, piece_length: u32, of: &[(&str, usize, usize)]) -> Result<Metainfo, CanonicalError> {
    files(piece_length, of).finish(name)
}

fn assert_is_golden(made: &Metainfo, golden: &[u8]) {
    assert!(made.to_torrent(&[]) == golden, "differs from the golden vector");
    assert_eq!(Metainfo::from_torrent(golden).as_ref(), Ok(made));
    assert_eq!(made.info.kind(), Kind::Hybrid);
    assert!(made.piece_layers.is_complete(&made.info));
}

macro_rules! golden {
    ($name:ident, $file:literal, $piece_kib:literal, $files:expr) => {
        #[test]
        fn $name() {
            let golden = include_bytes!(concat!("golden/", $file, ".torrent"));
            assert_is_golden(&item($file, $piece_kib * KIB, &$files).unwrap(), golden);
        }
    };
}

golden!(a_tiny_file, "tiny", 16, [("", 0, 5)]);
golden!(a_file_of_one_block, "one-block", 16, [("", 0, 16384)]);
golden!(a_file_of_one_piece, "one-piece", 64, [("", 0, 50_000)]);
golden!(a_file_of_two_pieces, "two-pieces", 32, [("", 0, 40_000)]);
golden!(a_file_of_many_pieces, "many-pieces", 16, [("", 0, 1_000_001)]);
golden!(a_file_that_ends_at_a_piece, "exact", 32, [("", 0, 5 * 32768)]);
golden!(
    a_folder,
    "folder",
    32,
    [("A/B/deep", 0, 70_000), ("A/empty", 1, 0), ("b", 2, 32768), ("été", 3, 3), ("z", 4, 33_000),]
);
golden!(a_folder_of_one_file_has_no_pad, "folder-of-one", 32, [("only", 0, 40_000)]);
golden!(a_folder_in_a_folder, "folder-of-one-in-a-folder", 32, [("folder/only", 0, 5)]);
golden!(a_folder_that_ends_with_an_empty_file, "folder-ends-empty", 16, [("a", 0, 20_000), ("b", 1, 0)]);
golden!(files_of_equal_bytes_share_a_layer, "folder-same-bytes", 16, [("a", 0, 50_200), ("b/a", 0, 50_200)]);
golden!(
    files_stand_in_tree_order,
    "folder-tree-order",
    16,
    [("a/x", 0, 5), ("a-b", 1, 3), ("a.txt", 2, 16384), ("a/y", 3, 40_000),]
);

golden!(
    names_are_written_as_they_are,
    "folder-names",
    16,
    [
        ("Index.html", 0, 1),
        ("a\\b", 1, 2),
        ("aux.c", 2, 3),
        ("caf\u{e9}", 3, 4),
        ("cafe\u{301}", 4, 5),
        ("con", 5, 6),
        ("index.html", 6, 7),
        ("tab\tline\n", 7, 8),
        ("turn\u{202e}", 8, 9),
        ("dot.", 9, 10),
        ("space ", 10, 11),
        ("NET/x", 11, 12),
        ("net/x", 12, 13),
    ]
);

fn hashed(seed: usize, length: usize) -> FileHashes {
    hashes(&content(seed, length), 16 * KIB)
}

#[test]
fn an_executable_file_is_marked() {
    let made = Builder::new(16 * KIB).executable(Vec::new(), hashed(0, 20_000)).finish("executable").unwrap();
    assert_is_golden(&made, include_bytes!("golden/executable.torrent"));
    assert!(made.info.files()[0].executable);
}

#[test]
fn executable_files_of_a_folder_are_marked() {
    let made = files(16 * KIB, &[("plain", 1, 5)])
        .executable(path("empty"), hashed(0, 0))
        .executable(path("run"), hashed(2, 20_000))
        .finish("folder-executable")
        .unwrap();
    assert_is_golden(&made, include_bytes!("golden/folder-executable.torrent"));
    let marked: Vec<bool> =
        made.info.files().iter().filter(|file| !file.pad).map(|file| file.executable).collect();
    assert_eq!(marked, [true, false, true]);
}

#[test]
fn links_inside_an_item_are_entries_of_it() {
    let made = files(16 * KIB, &[("d/e/file", 0, 20_000), ("z", 5, 5)])
        .link(path("d/e/up"), path("z"))
        .link(path("d/nowhere"), path("d/nothing"))
        .link(path("l"), path("d/e"))
        .link(path("m"), path("l"))
        .finish("folder-links")
        .unwrap();
    assert_is_golden(&made, include_bytes!("golden/folder-links.torrent"));
}

#[test]
fn a_link_beside_the_only_file_makes_a_folder_of_two() {
    let made = files(16 * KIB, &[("file", 1, 20_000)])
        .link(path("a"), path("file"))
        .finish("folder-of-one-and-a-link")
        .unwrap();
    assert_is_golden(&made, include_bytes!("golden/folder-of-one-and-a-link.torrent"));
}

#[test]
fn the_piece_length_follows_the_size() {
    let of = |total| piece_length(total, 1) / KIB;
    let (kib, mib, gib) = (1u64 << 10, 1u64 << 20, 1u64 << 30);
    assert_eq!([0, kib, 8 * mib, 16 * mib - 1].map(of), [16; 4]);
    assert_eq!([32 * mib, 64 * mib - 1, 256 * mib, 512 * mib - 1].map(of), [64, 64, 512, 512]);
    assert_eq!([512 * mib, gib, 4 * gib].map(of), [1024; 3]);
    assert_eq!([4 * gib + 1, 8 * gib, 8 * gib + 1, 64 * gib].map(of), [2048, 2048, 4096, 16384]);
    assert_eq!([1 << 40, i64::MAX as u64, u64::MAX].map(of), [16384; 3]);
}

#[test]
fn many_small_files_do_not_drown_in_padding() {
    assert_eq!(piece_length(1 << 30, 1), 1 << 20);
    assert_eq!(piece_length(1 << 30, 100_000), 16 * KIB);
    assert_eq!(piece_length(1 << 30, 4096), 256 * KIB);
    assert_eq!(piece_length(5, 0), 16 * KIB);
}

#[test]
fn unshareable_items_say_why() {
    let some = || hashes(b"some", 16384);
    let finish = |files: &[(&str, FileHashes)], name: &str| {
        let builder = Builder::new(16384);
        files
            .iter()
            .fold(builder, |builder, (at, hashes)| builder.file(path(at), hashes.clone()))
            .finish(name)
    };
    assert!(matches!(finish(&[], "a"), Err(CanonicalError::Empty { .. })));
    assert!(matches!(finish(&[("", hashes(b"", 16384))], "a"), Err(CanonicalError::Empty { .. })));
    assert!(matches!(finish(&[("", some()), ("b", some())], "a"), Err(CanonicalError::FileAndFolder { .. })));
    let short = FileHashes { v1: Vec::new(), ..some() };
    assert!(matches!(finish(&[("", short)], "a"), Err(CanonicalError::Hashes { .. })));
    let long = FileHashes { length: u64::MAX, ..some() };
    assert!(matches!(finish(&[("", long)], "a"), Err(CanonicalError::Hashes { .. })));
    let mut lie = hashes(&content(0, 40_000), 16384);
    lie.layer[1].0[0] ^= 1;
    assert!(matches!(finish(&[("", lie)], "a"), Err(CanonicalError::Hashes { .. })));
    for name in ["..", ".", "a/b", "", "a\0b"] {
        let refused = finish(&[("", some())], name).unwrap_err();
        assert!(
            matches!(refused, CanonicalError::Refused { source: MetainfoError::Name { .. }, .. }),
            "{name}"
        );
    }
    let refused = finish(&[("a", some()), ("a/b", some())], "x");
    assert!(matches!(refused, Err(CanonicalError::Refused { .. })), "{refused:?}");
}

proptest! {
    #[test]
    fn pieces_of_any_folder_verify_against_its_bytes(
        lengths in prop::collection::vec(0usize..100_000, 1..6), piece_kib in prop::sample::select(vec![16u32, 32, 64]),
    ) {
        prop_assume!(lengths.iter().sum::<usize>() > 0);
        let names = ["b", "a/1", "a/2", "a-", "c"];
        let files: Vec<_> = lengths.iter().enumerate().map(|(n, length)| (names[n], n, *length)).collect();
        let made = item("x", piece_kib * KIB, &files).unwrap();
        let info = &made.info;

        let mut space = Vec::new();
        for file in info.files() {
            prop_assert_eq!(file.offset, space.len() as u64);
            let seed = files.iter().find(|(at, ..)| path(at) == file.path).map(|(_, seed, _)| *seed);
            match seed {
                Some(seed) => space.extend(content(seed, file.length as usize)),
                None => space.resize(space.len() + file.length as usize, 0),
            }
        }
        for (index, piece) in space.chunks(info.piece_length() as usize).enumerate() {
            let sha1: [u8; 20] = sha1::Digest::finalize(<sha1::Sha1 as sha1::Digest>::new_with_prefix(piece)).into();
            prop_assert_eq!(info.v1_pieces()[index].0, sha1);
            let place = info.v2_piece(index as u32).unwrap();
            let leaves: Vec<_> = piece[..place.length as usize].chunks(16384).map(merkle::leaf).collect();
            let root = merkle::root(&leaves, 0, place.height);
            prop_assert_eq!(made.piece_layers.root_of_piece(info, index as u32), Some(root));
        }
        prop_assert_eq!(info.v2_piece(info.piece_count()), None);
    }
}
