use proptest::prelude::*;

use super::*;
use crate::message::HashRequest;

/// Distinct leaves for a file of that many blocks.
fn leaves(count: u64) -> Vec<Sha256Hash> {
    (0..count).map(|index| leaf(&index.to_be_bytes())).collect()
}

fn length(blocks: u64) -> u64 {
    blocks * u64::from(BLOCK)
}

/// The root by the definition: fill up with zero leaves, then halve.
fn plain_root(mut layer: Vec<Sha256Hash>) -> Sha256Hash {
    layer.resize(layer.len().next_power_of_two(), Sha256Hash([0; 32]));
    while layer.len() > 1 {
        layer = layer.chunks(2).map(|pair| parent(&pair[0], &pair[1])).collect();
    }
    layer[0]
}

#[test]
fn heights_count_from_the_leaves() {
    assert_eq!([0, 1, 2, 3, 4, 5].map(height), [0, 0, 1, 2, 2, 3]);
    assert_eq!(height(u64::MAX), 64);
    assert_eq!(piece_height(16384), 0);
    assert_eq!(piece_height(1 << 20), 6);
    assert_eq!(pad_hash(3), plain_root(vec![Sha256Hash([0; 32]); 8]));
}

#[test]
fn a_root_is_that_of_the_leaves_filled_up_with_zeros() {
    for count in 1..70 {
        let leaves = leaves(count);
        assert_eq!(root(&leaves, 0, height(count)), plain_root(leaves.clone()), "{count} leaves");
        let tree = Tree::new(length(count), 0, leaves.clone()).unwrap();
        assert_eq!(tree.root(), plain_root(leaves), "{count} leaves");
    }
}

#[test]
fn a_layer_fetched_by_requests_is_proved_hash_by_hash() {
    for (count, base, at_most) in
        [(2, 0, 2), (3, 0, 2), (5, 1, 512), (100, 2, 4), (1025, 3, 16), (1000, 0, 512)]
    {
        let leaves = leaves(count);
        let layer = leaves.chunks(1 << base).map(|chunk| root(chunk, 0, base)).collect::<Vec<_>>();
        let tree = Tree::new(length(count), base, layer.clone()).unwrap();
        let mut fetched = Vec::new();
        for request in requests(tree.root(), length(count), base, at_most) {
            let answer = tree.answer(&request).unwrap();
            fetched.extend_from_slice(verify(length(count), &request, &answer).unwrap());
            for position in 0..answer.len() {
                let mut lie = answer.clone();
                lie[position].0[7] ^= 1;
                assert_eq!(verify(length(count), &request, &lie), Err(ProofError::Mismatch));
            }
        }
        assert_eq!(fetched, layer);
    }
}

#[test]
fn requests_outside_of_the_tree_are_rejected() {
    let tree = Tree::new(length(5), 0, leaves(5)).unwrap();
    let good = HashRequest { root: tree.root(), base_layer: 0, index: 4, length: 2, proof_layers: 2 };
    assert!(tree.answer(&good).is_some());
    let bad = [
        HashRequest { root: pad_hash(0), ..good },
        HashRequest { base_layer: 3, index: 0, ..good },
        HashRequest { base_layer: u32::MAX, ..good },
        HashRequest { index: 8, ..good },
        HashRequest { index: 1, ..good },
        HashRequest { index: u32::MAX - 1, ..good },
        HashRequest { index: 0, length: 1, ..good },
        HashRequest { index: 0, length: 3, ..good },
        HashRequest { index: 0, length: 16, ..good },
        HashRequest { index: 0, length: u32::MAX, ..good },
        HashRequest { proof_layers: 3, ..good },
        HashRequest { proof_layers: u32::MAX, ..good },
    ];
    for request in bad {
        assert_eq!(tree.answer(&request), None, "{request:?}");
        let hashes = [pad_hash(0); 5];
        assert!(verify(length(5), &request, &hashes).is_err(), "{request:?}");
    }
}

#[test]
fn a_short_proof_or_a_wrong_count_proves_nothing() {
    let tree = Tree::new(length(16), 0, leaves(16)).unwrap();
    let request = HashRequest { root: tree.root(), base_layer: 0, index: 0, length: 2, proof_layers: 3 };
    let answer = tree.answer(&request).unwrap();
    assert_eq!(answer.len(), 5);
    assert_eq!(verify(length(16), &request, &answer[..4]), Err(ProofError::Count { got: 4, expected: 5 }));
    let short = HashRequest { proof_layers: 1, ..request };
    let answer = tree.answer(&short).unwrap();
    assert_eq!(answer.len(), 3);
    assert!(matches!(verify(length(16), &short, &answer), Err(ProofError::ShortProof { .. })));
}

#[test]
fn block_hashes_are_answered_below_the_piece_layer() {
    let count = 21;
    let leaves = leaves(count);
    let whole = Tree::new(length(count), 0, leaves.clone()).unwrap();
    let pieces = leaves.chunks(4).map(|piece| root(piece, 0, 2)).collect();
    let tree = Tree::new(length(count), 2, pieces).unwrap();
    for (piece, inside) in leaves.chunks(4).enumerate() {
        for (index, length) in [(0, 4), (0, 2), (2, 2)] {
            let index = piece as u32 * 4 + index;
            let request = HashRequest { root: tree.root(), base_layer: 0, index, length, proof_layers: 4 };
            assert_eq!(tree.answer(&request), None);
            assert_eq!(tree.answer_below(&request, piece as u64, inside), whole.answer(&request));
        }
        let next = HashRequest { root: tree.root(), base_layer: 0, index: 8, length: 8, proof_layers: 4 };
        assert_eq!(tree.answer_below(&next, piece as u64, inside), None);
    }
}

proptest! {
    #[test]
    fn any_answer_proves_itself_and_never_panics(
        count in 1u64..300, base in 0u32..6, index in 0u32..80, length_log in 0u32..6, proof_layers in 0u32..9,
    ) {
        let leaves = leaves(count);
        let layer = leaves.chunks(1 << base).map(|chunk| root(chunk, 0, base)).collect();
        if let Some(tree) = Tree::new(length(count), base, layer) {
            let request = HashRequest {
                root: tree.root(), base_layer: base, index, length: 1 << length_log, proof_layers,
            };
            if let Some(answer) = tree.answer(&request) {
                match verify(length(count), &request, &answer) {
                    Ok(hashes) => prop_assert!(hashes.len() <= 1 << length_log),
                    Err(error) => prop_assert!(matches!(error, ProofError::ShortProof { .. }), "{error}"),
                }
            }
        }
    }
}
