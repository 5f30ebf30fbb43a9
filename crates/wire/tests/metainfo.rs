//! Torrents that others write are read as they mean them, and written back with the same info-hash.
#![expect(clippy::panic, reason = "a test's own vocabulary may fail the test")]

use peerpool_wire::{
    bencode::Node,
    canonical::{Builder, FileHasher},
    metainfo::{Info, Kind, Metainfo},
};
use proptest::prelude::*;

fn info(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Vec<u8> {
    Node::dict(entries).encode()
}

fn entry(path: &[&str], length: u32, attr: &str) -> Node {
    let path = Node::list(path.iter().copied());
    Node::dict([("attr", Node::from(attr)), ("length", Node::from(length)), ("path", path)])
}

#[test]
fn a_v1_folder_runs_across_piece_boundaries() {
    let files = vec![entry(&["d", "a"], 20_000, "x"), entry(&["b"], 0, ""), entry(&["c"], 10, "h")];
    let bytes = info([
        ("files", Node::List(files)),
        ("name", Node::from("folder")),
        ("piece length", Node::from(20_001u32)),
        ("pieces", Node::from(vec![9; 40])),
        ("private", Node::from(1)),
        ("x-unknown", Node::from("kept in the hash")),
    ]);
    let info = Info::from_bytes(&bytes).unwrap();
    assert_eq!(*info.raw(), bytes);
    assert_eq!((info.kind(), info.name(), info.private()), (Kind::V1, "folder", true));
    assert_eq!((info.length(), info.piece_count(), info.v1_pieces().len()), (20_010, 2, 2));
    let offsets: Vec<u64> = info.files().iter().map(|file| file.offset).collect();
    assert_eq!(offsets, [0, 20_000, 20_000]);
    assert!(info.files()[0].executable && info.files()[2].hidden && !info.files()[2].executable);
    assert!(info.hash().v1().is_some() && info.hash().v2().is_none());
    assert_eq!(info.v2_piece(0), None);
}

#[test]
fn names_in_utf_8_win_over_names_in_other_encodings() {
    let bytes = info([
        ("length", Node::from(5)),
        ("name", Node::from(vec![0xe9])),
        ("name.utf-8", Node::from("é")),
        ("piece length", Node::from(16384u32)),
        ("pieces", Node::from(vec![9; 20])),
    ]);
    assert_eq!(Info::from_bytes(&bytes).unwrap().name(), "é");
}

fn leaf(length: u32, root: u8) -> Node {
    let file = [("length", Node::from(length)), ("pieces root", Node::from(vec![root; 32]))];
    Node::dict([("", Node::dict(file))])
}

fn v2_only(tree: Node) -> Info {
    let bytes = info([
        ("file tree", tree),
        ("meta version", Node::from(2)),
        ("name", Node::from("folder")),
        ("piece length", Node::from(16384u32)),
    ]);
    Info::from_bytes(&bytes).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn files_of_a_v2_only_item_fill_whole_pieces() {
    let tree = [("a", leaf(20_000, 1)), ("b", Node::dict([("c", leaf(1, 2))])), ("d", leaf(32_768, 3))];
    let info = v2_only(Node::dict(tree));
    let files: Vec<_> =
        info.files().iter().map(|file| (file.path.join("/"), file.offset, file.pad)).collect();
    let expected = [
        ("a", 0, false),
        (".pad/12768", 20_000, true),
        ("b/c", 32_768, false),
        (".pad/16383", 32_769, true),
        ("d", 49_152, false),
    ];
    assert_eq!(files, expected.map(|(path, offset, pad)| (path.to_owned(), offset, pad)));
    assert_eq!((info.piece_count(), info.length()), (5, 52_769));
    let places: Vec<_> = (0..6).map(|piece| info.v2_piece(piece)).collect();
    let flat: Vec<_> = places.iter().flatten().map(|at| (at.file, at.index, at.length, at.height)).collect();
    assert_eq!(flat, [(0, 0, 16384, 0), (0, 1, 3616, 0), (2, 0, 1, 0), (4, 0, 16384, 0), (4, 1, 16384, 0)]);
}

#[test]
fn the_last_block_of_a_v2_only_item_can_be_asked_for_whole() {
    let info = v2_only(Node::dict([("folder", leaf(20_000, 1))]));
    let geometry = info.geometry();
    assert!(info.is_single_file());
    assert_eq!((info.piece_count(), info.length()), (2, 20_000));
    let last = geometry.span(1, 0, 16384).unwrap();
    let parts: Vec<_> = geometry
        .file_spans(geometry.offset_of_span(last), u64::from(last.length()))
        .map(|part| (part.length, part.pad))
        .collect();
    assert_eq!(parts, [(3616, false), (12_768, true)]);
    assert_eq!(geometry.payload_end(last.piece()), 3616);
}

#[test]
fn a_v2_file_is_the_item_when_it_has_its_name() {
    let named = |name: &'static str| {
        let file = Node::dict([("length", Node::from(5)), ("pieces root", Node::from(vec![1; 32]))]);
        let bytes = info([
            ("file tree", Node::dict([("one", Node::dict([("", file)]))])),
            ("meta version", Node::from(2)),
            ("name", Node::from(name)),
            ("piece length", Node::from(16384u32)),
        ]);
        Info::from_bytes(&bytes).unwrap()
    };
    assert!(named("one").is_single_file());
    assert!(!named("folder").is_single_file());
    assert_eq!(named("folder").files()[0].path, ["one"]);
}

fn hybrid() -> Metainfo {
    let hashes = |length: usize| {
        let mut hasher = FileHasher::new(16384);
        hasher.update(&vec![7; length]);
        hasher.finish()
    };
    let builder =
        Builder::new(16384).file(vec!["a".into()], hashes(70_000)).file(vec!["b".into()], hashes(1));
    builder.finish("item").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn trackers_come_and_go_without_touching_the_info_hash() {
    let tiers = vec![
        vec!["http://a/announce".to_owned(), "http://b/announce".to_owned()],
        vec!["udp://c".to_owned()],
    ];
    let plain = hybrid();
    let read = Metainfo::from_torrent(&plain.to_torrent(&tiers)).unwrap();
    assert_eq!(read.trackers, tiers);
    assert_eq!((&read.info, &read.piece_layers), (&plain.info, &plain.piece_layers));

    let announce = |torrent: &str| {
        let bytes = [torrent.as_bytes(), b"4:info", plain.info.raw(), b"12:piece layers"].concat();
        let layers: Vec<_> = plain.piece_layers.iter().collect();
        let layer: Vec<u8> = layers[0].1.iter().flat_map(|hash| hash.0).collect();
        let layers = Node::dict([(layers[0].0.0, Node::from(layer))]).encode();
        Metainfo::from_torrent(&[&bytes[..], &layers, b"e"].concat()).unwrap().trackers
    };
    assert_eq!(announce("d8:announce8:http://x"), [["http://x"]]);
    assert_eq!(announce("d8:announce8:http://x13:announce-listll8:http://yel0:i5eee"), [["http://y"]]);
    assert!(announce("d8:announcei5e").is_empty());
}

#[test]
fn an_info_dictionary_alone_lacks_the_layers_until_they_are_inserted() {
    let whole = hybrid();
    let mut partial = Metainfo::from_info(Info::from_bytes(whole.info.raw()).unwrap());
    let info = partial.info.clone();
    assert_eq!(partial.piece_layers.missing(&info).collect::<Vec<_>>(), [0]);
    assert_eq!(partial.piece_layers.root_of_piece(&info, 1), None);
    // The second file, of one piece, needs no layer.
    assert!(partial.piece_layers.root_of_piece(&info, 5).is_some());
    let layer = whole.piece_layers.iter().next().unwrap().1.to_vec();
    assert!(partial.piece_layers.insert(&info, 2, layer.clone()).is_err());
    assert!(partial.piece_layers.insert(&info, 0, layer[1..].to_vec()).is_err());
    partial.piece_layers.insert(&info, 0, layer).unwrap();
    assert_eq!(partial, whole);
}

proptest! {
    #[test]
    fn damaged_torrents_never_panic(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut torrent = hybrid().to_torrent(&[vec!["http://tracker".into()]]);
        let at = at.index(torrent.len());
        let end = (at + bytes.len()).min(torrent.len());
        torrent.splice(at..end, bytes);
        if let Ok(read) = Metainfo::from_torrent(&torrent) {
            prop_assert_eq!(Metainfo::from_torrent(&read.to_torrent(&read.trackers)), Ok(read));
        }
    }

    #[test]
    fn arbitrary_dictionaries_never_panic(
        length in any::<i64>(), piece_length in any::<i64>(), pad in any::<i64>(), pieces in 0usize..4,
        version in 0i64..4, name in "[a-z./]{0,4}",
    ) {
        let file = |length: i64, attr: &str| {
            let path = Node::list([name.as_str()]);
            Node::dict([("attr", Node::from(attr)), ("length", Node::from(length)), ("path", path)])
        };
        let leaf = [("length", Node::from(length)), ("pieces root", Node::from(vec![1; 32]))];
        let tree = Node::dict([(name.as_str(), Node::dict([("", Node::dict(leaf))]))]);
        let _ = Info::from_bytes(&info([
            ("file tree", tree),
            ("files", Node::List(vec![file(length, ""), file(pad, "p"), file(length, "lxh")])),
            ("meta version", Node::from(version)),
            ("name", Node::from("item")),
            ("piece length", Node::from(piece_length)),
            ("pieces", Node::from(vec![0; pieces * 20])),
        ]));
    }
}
