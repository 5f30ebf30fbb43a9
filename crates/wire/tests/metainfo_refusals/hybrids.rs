//! Where v1 and v2, pads and piece layers must agree.

use peerpool_wire::{id::Sha256Hash, merkle};

use super::*;

/// The hybrid with other `files`, and as many hashes as asked for.
fn hybrid_with(files: Vec<Node>, pieces: usize) -> Dict {
    with(with(hybrid(), "files", Node::List(files)), "pieces", vec![0; 20 * pieces])
}

#[test]
fn a_hybrid_whose_parts_disagree_is_refused() {
    let b = || entry(&["b"], 5);
    let table = [
        (vec![entry(&["a"], 20_001), pad(12_767), b()], 3),
        (vec![entry(&["x"], 20_000), pad(12_768), b()], 3),
        (vec![entry(&["a"], 20_000), pad(12_768)], 2),
        (vec![b(), pad(16_379), entry(&["a"], 20_000)], 3),
        (vec![entry(&["a"], 20_000), pad(12_768), b(), pad(16_379), entry(&["c"], 1)], 4),
    ];
    for (files, pieces) in table {
        let refusal = refused(hybrid_with(files, pieces));
        assert!(matches!(refusal, MetainfoError::Disagree { .. }), "{refusal}");
    }
    let single = with(without(hybrid(), "files"), "length", 20_000);
    assert!(matches!(refused(single), MetainfoError::Disagree { .. }));
}

#[test]
fn pads_of_a_hybrid_must_fill_pieces_up_but_the_tail_may_go_without() {
    let (a, b) = (|| entry(&["a"], 20_000), || entry(&["b"], 5));
    assert!(read(hybrid_with(vec![a(), pad(12_768), b()], 3)).is_ok());
    assert!(read(hybrid_with(vec![a(), pad(12_768), b(), pad(16_379)], 3)).is_ok());
    let table = [
        (vec![a(), b()], 2),
        (vec![a(), pad(12_767), b()], 3),
        (vec![a(), pad(12_768 + 16_384), b()], 4),
        (vec![a(), pad(12_768), b(), pad(7)], 3),
        (vec![a(), pad(6_384), pad(6_384), b()], 3),
    ];
    for (files, pieces) in table {
        let refusal = refused(hybrid_with(files.clone(), pieces));
        assert!(matches!(refusal, MetainfoError::Pads { .. }), "{files:?}: {refusal}");
    }
}

#[test]
fn piece_layers_must_be_there_and_lead_to_the_roots() {
    let leaves: Vec<Sha256Hash> = [1u8, 2, 3].map(|byte| merkle::leaf(&[byte])).to_vec();
    let root = merkle::root(&leaves, 0, 2);
    let file = Node::dict([("length", Node::from(40_000)), ("pieces root", Node::from(&root.0[..]))]);
    let info = Node::Dict(v2(Node::dict([("a", Node::dict([("", file)]))])));
    let layer: Vec<u8> = leaves.iter().flat_map(|hash| hash.0).collect();
    let torrent = |layers: Option<Vec<(Vec<u8>, Vec<u8>)>>| {
        let layers =
            layers.map(|layers| Node::dict(layers.into_iter().map(|(key, bytes)| (key, bytes.into()))));
        let entries =
            [("info", info.clone())].into_iter().chain(layers.map(|layers| ("piece layers", layers)));
        Metainfo::from_torrent(&Node::dict(entries).encode())
    };
    let of = |layer: Vec<u8>| torrent(Some(vec![(root.0.to_vec(), layer)]));
    let good = of(layer.clone()).unwrap();
    assert!(good.piece_layers.is_complete(&good.info));
    assert_eq!(good.piece_layers.root_of_piece(&good.info, 2), Some(leaves[2]));

    let missing = Err(MetainfoError::MissingLayer { path: "a".into() });
    assert_eq!(torrent(None), missing);
    assert_eq!(torrent(Some(vec![(vec![7; 32], layer.clone())])), missing);
    let padded = [layer.clone(), vec![0; 32]].concat();
    let flipped = [&layer[..95], &[layer[95] ^ 1]].concat();
    for wrong in [Vec::new(), layer[..64].to_vec(), layer[..95].to_vec(), padded, flipped] {
        assert_eq!(of(wrong), Err(MetainfoError::WrongLayer { path: "a".into() }));
    }
    let stray = torrent(Some(vec![(root.0.to_vec(), layer.clone()), (vec![7; 32], layer)]));
    assert_eq!(stray, Err(MetainfoError::StrayLayer { key: "07".repeat(32) }));
}
