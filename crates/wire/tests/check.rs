//! An item's bytes are checked piece by piece, whatever the runs they come in.
#![expect(clippy::unwrap_used, reason = "a test's own vocabulary may fail the test")]

use peerpool_wire::{
    bencode::Node,
    canonical::{Builder, CanonicalError, FileHasher},
    check::{Check, Checked},
    metainfo::{Info, Metainfo},
};
use proptest::prelude::*;
use sha1::{Digest, Sha1};

const PIECE: u32 = 32 * 1024;

fn content(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|index| ((index * 7 + seed) % 251) as u8).collect()
}

/// Files in the order of the item: 70,000, 0, 1 and 50,000 bytes; pieces 0 to 2, 3, and 4 to 5.
fn files() -> Vec<Vec<u8>> {
    [70_000, 0, 1, 50_000].iter().enumerate().map(|(seed, length)| content(seed, *length)).collect()
}

fn hybrid() -> Result<Metainfo, CanonicalError> {
    let builder = files().iter().enumerate().fold(Builder::new(PIECE), |builder, (index, bytes)| {
        let mut hasher = FileHasher::new(PIECE);
        hasher.update(bytes);
        builder.file(vec![format!("{index}")], hasher.finish())
    });
    builder.finish("item")
}

fn check(metainfo: &Metainfo, bytes: &[u8]) -> Checked {
    let mut check = Check::new(metainfo);
    check.update(bytes);
    check.finish()
}

/// The same files in a v1 torrent without pads: 120,001 bytes, pieces 0 to 3.
fn v1_only() -> Metainfo {
    let bytes = files().concat();
    let pieces: Vec<u8> =
        bytes.chunks(PIECE as usize).flat_map(|piece| Sha1::digest(piece).to_vec()).collect();
    let entries = files().into_iter().enumerate().map(|(index, bytes)| {
        let path = Node::list([index.to_string().as_str()]);
        Node::dict([("length", Node::from(bytes.len() as i64)), ("path", path)])
    });
    let info = Node::dict([
        ("files", Node::List(entries.collect())),
        ("name", Node::from("item")),
        ("piece length", Node::from(PIECE)),
        ("pieces", Node::from(pieces)),
    ]);
    Metainfo::from_info(Info::from_bytes(&info.encode()).unwrap())
}

/// The same files as v2 alone.
fn v2_only() -> Metainfo {
    let hybrid = hybrid().unwrap();
    let leaves = hybrid.info.files().iter().filter(|file| !file.pad).map(|file| {
        let length = ("length", Node::from(file.length as i64));
        let root = file.root.map(|root| ("pieces root", Node::from(&root.0[..])));
        (file.path[0].as_str(), Node::dict([("", Node::dict([length].into_iter().chain(root)))]))
    });
    let info = Node::dict([
        ("file tree", Node::dict(leaves)),
        ("meta version", Node::from(2)),
        ("name", Node::from("item")),
        ("piece length", Node::from(PIECE)),
    ]);
    let info = Info::from_bytes(&info.encode()).unwrap();
    Metainfo { piece_layers: hybrid.piece_layers.clone(), ..Metainfo::from_info(info) }
}

#[test]
fn whole_items_of_every_kind_pass() {
    let bytes = files().concat();
    for metainfo in [hybrid().unwrap(), v1_only(), v2_only()] {
        assert!(check(&metainfo, &bytes).is_whole(), "{:?}", metainfo.info);
        assert!(check(&metainfo, &[&bytes[..], b"more than the item"].concat()).is_whole());
    }
}

#[test]
fn a_wrong_byte_fails_its_piece_and_no_other() {
    let wrong = |metainfo: &Metainfo, at: usize| {
        let mut bytes = files().concat();
        bytes[at] ^= 1;
        let checked = check(metainfo, &bytes);
        assert_eq!(checked.contradictory, [0; 0]);
        checked.wrong
    };
    for metainfo in [hybrid().unwrap(), v2_only()] {
        assert_eq!(
            [0, 69_999, 70_000, 70_001, 120_000].map(|at| wrong(&metainfo, at)),
            [[0], [2], [3], [4], [5]]
        );
    }
    assert_eq!(
        [0, 69_999, 70_000, 98_304, 120_000].map(|at| wrong(&v1_only(), at)),
        [[0], [2], [2], [3], [3]]
    );
}

#[test]
fn bytes_that_are_not_there_fail_their_pieces() {
    let files = files();
    for metainfo in [hybrid().unwrap(), v2_only()] {
        let mut half = Check::new(&metainfo);
        half.update(&files[0]);
        half.skip(1);
        half.update(&files[3]);
        assert_eq!(half.finish().wrong, [3]);
        assert_eq!(check(&metainfo, &files[0]).wrong, [3, 4, 5]);
        assert_eq!(check(&metainfo, b"").wrong, [0, 1, 2, 3, 4, 5]);
    }
    assert_eq!(check(&v1_only(), &files[0]).wrong, [2, 3]);
}

#[test]
fn a_torrent_that_contradicts_itself_is_told_from_wrong_bytes() {
    let good = hybrid().unwrap();
    let mut raw = good.info.raw().to_vec();
    let pieces = raw.windows(12).position(|window| window == b"6:pieces120:").unwrap() + 12;
    raw[pieces + 20] ^= 1;
    let info = Info::from_bytes(&raw).unwrap();
    let false_v1 = Metainfo { piece_layers: good.piece_layers.clone(), ..Metainfo::from_info(info) };
    let checked = check(&false_v1, &files().concat());
    assert_eq!(checked, Checked { wrong: Vec::new(), contradictory: vec![1] });
}

#[test]
fn without_its_layer_a_v2_piece_is_not_taken_for_right() {
    let unknown = Metainfo { piece_layers: Default::default(), ..v2_only() };
    assert_eq!(check(&unknown, &files().concat()).wrong, [0, 1, 2, 4, 5]);
}

proptest! {
    #[test]
    fn the_runs_that_bytes_come_in_do_not_matter(cuts in prop::collection::vec(0usize..120_001, 0..20)) {
        let (metainfo, bytes) = (hybrid().unwrap(), files().concat());
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut check = Check::new(&metainfo);
        let mut start = 0;
        for cut in cuts {
            check.update(&bytes[start..cut]);
            start = cut;
        }
        check.update(&bytes[start..]);
        prop_assert!(check.finish().is_whole());
    }
}
