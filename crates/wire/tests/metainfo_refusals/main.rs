//! A table of torrents that are refused, each with the error that says why; and their neighbours that are not.
#![expect(clippy::expect_used, reason = "a test's own vocabulary may fail the test")]

use std::collections::BTreeMap;

use peerpool_wire::{
    bencode::{Fault, Node},
    canonical::{Builder, FileHasher, FileHashes},
    geometry::GeometryError,
    metainfo::{Info, Kind, MAX_INFO, Metainfo, MetainfoError},
};

mod hybrids;
mod names;

const PIECE: u32 = 16384;

type Dict = BTreeMap<Vec<u8>, Node>;

fn dict(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Dict {
    entries.into_iter().map(|(key, node)| (key.into(), node)).collect()
}

/// A v1 info dictionary of one file of 5 bytes.
fn v1() -> Dict {
    dict([
        ("name", Node::from("item")),
        ("piece length", Node::from(PIECE)),
        ("pieces", Node::from(vec![0; 20])),
        ("length", Node::from(5)),
    ])
}

fn with(mut info: Dict, key: &str, node: impl Into<Node>) -> Dict {
    info.insert(key.into(), node.into());
    info
}

fn without(mut info: Dict, key: &str) -> Dict {
    info.remove(key.as_bytes());
    info
}

fn read(info: Dict) -> Result<Info, MetainfoError> {
    Info::from_bytes(&Node::Dict(info).encode())
}

fn refused(info: Dict) -> MetainfoError {
    read(info).expect_err("the torrent was accepted")
}

fn entry(path: &[&str], length: i64) -> Node {
    Node::dict([("length", Node::from(length)), ("path", Node::list(path.iter().copied()))])
}

/// A v1 folder of these files; as many pieces as they need.
fn v1_folder(files: impl IntoIterator<Item = Node>, bytes: u64) -> Dict {
    let pieces = vec![0; 20 * bytes.div_ceil(u64::from(PIECE)) as usize];
    with(with(without(v1(), "length"), "files", Node::list(files)), "pieces", pieces)
}

fn v1_paths(paths: &[&[&str]]) -> Dict {
    v1_folder(paths.iter().map(|path| entry(path, 1)), paths.len() as u64)
}

fn v1_named(name: &[u8]) -> Dict {
    with(v1(), "name", name)
}

fn leaf(length: i64, root: u8) -> Node {
    Node::dict([(
        "",
        Node::dict([("length", Node::from(length)), ("pieces root", Node::from(vec![root; 32]))]),
    )])
}

/// A v2-only info dictionary of a folder with this tree.
fn v2(tree: Node) -> Dict {
    let info = without(without(v1(), "length"), "pieces");
    with(with(info, "meta version", 2), "file tree", tree)
}

fn hashes(bytes: usize, seed: u8) -> FileHashes {
    let mut hasher = FileHasher::new(PIECE);
    hasher.update(&vec![seed; bytes]);
    hasher.finish()
}

/// A canonical folder `a` (20,000 bytes), `b` (5 bytes), opened up to be broken.
fn hybrid() -> Dict {
    let made = Builder::new(PIECE)
        .file(vec!["a".into()], hashes(20_000, 1))
        .file(vec!["b".into()], hashes(5, 2))
        .finish("item");
    let raw = made.map(|made| made.info.raw().to_vec()).unwrap_or_default();
    let Ok(value) = peerpool_wire::bencode::decode(&raw, peerpool_wire::bencode::Limits::TORRENT) else {
        return Dict::new();
    };
    let entries = value.as_dict().into_iter().flat_map(|dict| dict.iter());
    entries.map(|(key, value)| (key.to_vec(), Node::Encoded(value.raw().to_vec()))).collect()
}

fn pad(length: i64) -> Node {
    let path = Node::list([".pad", length.to_string().as_str()]);
    Node::dict([("attr", Node::from("p")), ("length", Node::from(length)), ("path", path)])
}

fn link(path: &[&str], target: &[&str]) -> Node {
    Node::dict([
        ("attr", Node::from("l")),
        ("path", Node::list(path.iter().copied())),
        ("symlink path", Node::list(target.iter().copied())),
    ])
}

#[test]
fn the_plain_items_of_this_table_are_accepted() {
    assert_eq!(read(v1()).unwrap().kind(), Kind::V1);
    assert_eq!(read(v1_paths(&[&["a"], &["b", "c"]])).unwrap().files().len(), 2);
    assert_eq!(read(v2(Node::dict([("a", leaf(5, 1))]))).unwrap().kind(), Kind::V2);
    assert_eq!(read(hybrid()).unwrap().kind(), Kind::Hybrid);
}

#[test]
fn missing_keys_are_named() {
    for key in ["name", "piece length", "pieces", "length"] {
        assert_eq!(refused(without(v1(), key)), MetainfoError::Missing { at: format!("info.{key}") });
    }
    assert_eq!(
        refused(without(v2(Node::dict([("a", leaf(5, 1))])), "file tree")),
        MetainfoError::Missing { at: "info.file tree".into() }
    );
    assert_eq!(Metainfo::from_torrent(b"de"), Err(MetainfoError::Missing { at: "info".into() }));
    let no_root = Node::dict([("a", Node::dict([("", Node::dict([("length", Node::from(5))]))]))]);
    assert_eq!(refused(v2(no_root)), MetainfoError::Missing { at: "info.file tree/a.pieces root".into() });
}

#[test]
fn values_of_the_wrong_type_or_range_are_named() {
    let list = Node::List(Vec::new());
    let wrong = |info| match refused(info) {
        MetainfoError::Invalid { at, .. } => at,
        other => panic!("{other}"),
    };
    assert_eq!(wrong(with(v1(), "name", 7)), "info.name");
    assert_eq!(wrong(with(v1(), "length", -1)), "info.length");
    assert_eq!(wrong(with(v1(), "length", "5")), "info.length");
    assert_eq!(wrong(with(v1(), "piece length", "5")), "info.piece length");
    assert_eq!(wrong(with(v1(), "private", list.clone())), "info.private");
    assert_eq!(wrong(with(v1(), "pieces", vec![0; 21])), "info.pieces");
    assert_eq!(wrong(with(v1(), "files", list.clone())), "info.length");
    assert_eq!(wrong(with(v1(), "meta version", "2")), "info.meta version");
    assert_eq!(wrong(v1_folder([entry(&["a"], 1), entry(&["b"], -1)], 1)), "info.files[1].length");
    assert_eq!(wrong(v1_folder([entry(&[], 1)], 1)), "info.files[0].path");
    assert_eq!(wrong(v1_folder([Node::from(1)], 1)), "info.files[0]");
    assert_eq!(wrong(v2(Node::from("a"))), "info.file tree/");
    assert_eq!(wrong(v2(Node::dict([("a", Node::from(1))]))), "info.file tree/a");
    assert_eq!(wrong(v2(Node::dict([("a", leaf(-5, 1))]))), "info.file tree/a.length");
    let padded = Node::dict([("attr", Node::from("p")), ("length", Node::from(5))]);
    assert_eq!(wrong(v2(Node::dict([("a", Node::dict([("", padded)]))]))), "info.file tree/a.attr");
}

#[test]
fn encodings_that_attack_are_refused() {
    let fault = |bytes: &[u8]| match Info::from_bytes(bytes) {
        Err(MetainfoError::Bencode(error)) => error.fault,
        other => panic!("{other:?}"),
    };
    let deep = [b"d1:a".repeat(101), b"0:".to_vec(), b"e".repeat(101)].concat();
    assert_eq!(fault(&deep), Fault::Depth);
    assert_eq!(fault(&[b"l".to_vec(), b"0:".repeat(3_000_000), b"e".to_vec()].concat()), Fault::Tokens);
    assert_eq!(fault(b"d4:name1:a4:name1:be"), Fault::DuplicateKey);
    assert_eq!(fault(b"d4:name1:aeX"), Fault::Trailing);
    assert_eq!(fault(b""), Fault::Truncated);
    let unordered = b"d6:lengthi5e4:name1:a6:pieces20:aaaaaaaaaaaaaaaaaaaa12:piece lengthi16384ee";
    assert_eq!(Info::from_bytes(unordered), Err(MetainfoError::Unordered { at: "info".into() }));
    assert!(matches!(Info::from_bytes(&vec![b'd'; MAX_INFO + 1]), Err(MetainfoError::TooLarge { .. })));
    assert!(matches!(Info::from_bytes(b"le"), Err(MetainfoError::Invalid { .. })));
}

#[test]
fn piece_lengths_that_no_item_may_have_are_refused() {
    let tree = || v2(Node::dict([("a", leaf(5, 1))]));
    let is_refused = |info| matches!(refused(info), MetainfoError::PieceLength { .. });
    for length in [0, -1, i64::MAX, 512 * 1024 * 1024] {
        assert!(is_refused(with(v1(), "piece length", length)), "{length}");
        assert!(is_refused(with(tree(), "piece length", length)), "{length}");
    }
    for length in [8192, 16384 * 3, 16385] {
        assert!(is_refused(with(tree(), "piece length", length)), "{length}");
        assert!(is_refused(with(hybrid(), "piece length", length)), "{length}");
        assert!(read(with(v1(), "piece length", length)).is_ok(), "{length}");
    }
    assert!(read(with(v1(), "piece length", 511 * 1024 * 1024)).is_ok());
}

#[test]
fn sizes_that_overflow_and_too_many_pieces_are_refused() {
    let huge = v1_folder((0..4).map(|_| entry(&["a"], i64::MAX)), 1);
    assert_eq!(refused(huge), MetainfoError::Geometry(GeometryError::Overflow));
    let tree = ["a", "b", "c"].map(|name| (name, leaf(i64::MAX, 1)));
    let refusal = refused(v2(Node::dict(tree)));
    assert!(matches!(refusal, MetainfoError::Geometry(_)), "{refusal}");
    let many = with(v1(), "length", 16384 * 2_000_001i64);
    assert_eq!(refused(many), MetainfoError::Geometry(GeometryError::TooManyPieces(2_000_001)));
    assert_eq!(refused(with(v1(), "length", 0)), MetainfoError::Empty);
    assert_eq!(refused(v1_folder([pad(16384)], 16384)), MetainfoError::Empty);
    assert_eq!(refused(v2(Node::dict::<&str>([]))), MetainfoError::Empty);
}

#[test]
fn a_wrong_number_of_v1_hashes_is_refused() {
    for hashes in [0, 2] {
        let refusal = refused(with(v1(), "pieces", vec![0; 20 * hashes]));
        assert_eq!(refusal, MetainfoError::PieceHashes { got: hashes, expected: 1 });
    }
    assert_eq!(refused(with(v1(), "meta version", 3)), MetainfoError::Version(3));
}
