use peerpool_repository::{PartialError, Verdict, digest::leaf_hashes};
use peerpool_wire::{geometry::BLOCK, metainfo::Metainfo};
use proptest::prelude::*;

use crate::support::{Fixture, blocks, bytes, fetch_piece, payload, piece_space, sha256, v1_torrent};

/// The files of the item in these tests: empty, tiny, a whole number of blocks, several pieces.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a/tiny", bytes(5, 1)),
        ("b", bytes(blocks(4), 2)),
        ("c", bytes(blocks(5) + 77, 3)),
        ("empty", vec![]),
    ]
}

fn content(path: &str) -> Vec<u8> {
    files().into_iter().find(|(of, _)| *of == path).unwrap().1
}

/// The item as a hybrid, and as a v1-only torrent with pieces across files, of a length that is no power of two.
fn torrents() -> Vec<std::sync::Arc<Metainfo>> {
    let files = files();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (*path, bytes.as_slice())).collect();
    vec![Fixture::torrent_of_folder("item", &files), v1_torrent("item", &files, 40_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn blocks_in_any_order_make_the_item(order in any::<prop::sample::Index>(), step in 1usize..40, run in 1u32..5) {
        for metainfo in torrents() {
            let fixture = Fixture::new();
            let item = fixture.download(&metainfo);
            let space = piece_space(&metainfo, content);
            let geometry = metainfo.info.geometry();
            let mut writers: Vec<_> = geometry.pieces().map(|piece| item.piece(piece)).collect();
            // Runs of blocks of all pieces, taken in an order that jumps about.
            let mut runs: Vec<(usize, u32)> = geometry
                .pieces()
                .flat_map(|piece| {
                    (0..geometry.payload_end(piece).div_ceil(BLOCK)).step_by(run as usize).map(move |block| (piece.as_usize(), block))
                })
                .collect();
            let mut at = order.index(runs.len());
            while !runs.is_empty() {
                let (piece, block) = runs.swap_remove(at % runs.len());
                at += step;
                let writer = &mut writers[piece];
                let payload = payload(&metainfo, &space, writer.piece());
                let begin = block * BLOCK;
                let end = ((block + run) * BLOCK).min(payload.len() as u32);
                prop_assert!(!writer.is_full());
                writer.write(begin, &payload[begin as usize..end as usize]).unwrap();
            }
            for mut writer in writers {
                prop_assert!(writer.is_full());
                prop_assert_eq!(writer.verify().unwrap(), Verdict::Good);
            }
            prop_assert!(item.verified().is_all());
            let mut read = vec![0xAA; space.len()];
            item.read_at(0, &mut read).unwrap();
            prop_assert_eq!(&read, &space);
            fixture.repository.complete(&item, "item").unwrap();
            for (path, bytes) in files() {
                prop_assert_eq!(std::fs::read(fixture.path("item").join(path)).unwrap(), bytes);
            }
        }
    }
}

#[test]
fn a_bad_block_is_told_by_its_leaf_hash_and_can_be_replaced() {
    for metainfo in torrents() {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        let space = piece_space(&metainfo, content);
        let piece = metainfo.info.geometry().piece(2).unwrap();
        let good = payload(&metainfo, &space, piece);
        let mut poisoned = good.to_vec();
        poisoned[blocks(0) + 3] ^= 0x80;
        let mut writer = item.piece(piece);
        writer.write(0, &poisoned).unwrap();
        let expected = leaf_hashes(&poisoned).into_iter().map(Some).collect();
        assert_eq!(writer.verify().unwrap(), Verdict::Bad { leaves: expected });
        assert!(!item.verified().has(piece));
        let first = good.len().min(blocks(1));
        writer.write(0, &good[..first]).unwrap();
        assert_eq!(writer.verify().unwrap(), Verdict::Good);
    }
}

#[test]
fn a_piece_with_a_gap_is_not_good() {
    let metainfo = &torrents()[1];
    let fixture = Fixture::new();
    let item = fixture.download(metainfo);
    let space = piece_space(metainfo, content);
    let piece = metainfo.info.geometry().piece(0).unwrap();
    let good = payload(metainfo, &space, piece);
    let mut writer = item.piece(piece);
    writer.write(blocks(1) as u32, &good[blocks(1)..]).unwrap();
    let Verdict::Bad { leaves } = writer.verify().unwrap() else { panic!("it has a gap") };
    assert_eq!(leaves[0], None);
    assert_eq!(leaves[1].unwrap().0, sha256(&good[blocks(1)..blocks(2)]));
    writer.write(0, &good[..blocks(1)]).unwrap();
    assert_eq!(writer.verify().unwrap(), Verdict::Good);
}

#[test]
fn partial_blocks_are_refused() {
    let metainfo = &torrents()[0];
    let item = Fixture::new().download(metainfo);
    let mut writer = item.piece(metainfo.info.geometry().piece(1).unwrap());
    let length = metainfo.info.piece_length() as usize;
    let wrong: [(u32, usize); 5] =
        [(1, blocks(1)), (0, 100), (0, length + 1), (u32::MAX, 10), (length as u32, blocks(1))];
    for (begin, length) in wrong {
        let refused = writer.write(begin, &vec![1; length]);
        assert!(matches!(refused, Err(PartialError::NotBlocks { .. })), "{begin} {length}");
    }
}

#[test]
fn padding_that_arrives_is_dropped() {
    let metainfo = &torrents()[0];
    let fixture = Fixture::new();
    let item = fixture.download(metainfo);
    let space = piece_space(metainfo, content);
    // The first piece holds 5 bytes of a file, and padding.
    let piece = metainfo.info.geometry().piece(0).unwrap();
    let mut writer = item.piece(piece);
    writer.write(0, &space[..metainfo.info.piece_length() as usize]).unwrap();
    assert_eq!(writer.verify().unwrap(), Verdict::Good);
    item.checkpoint().unwrap();
    let stored = std::fs::metadata(
        fixture.path(&format!(".peerpool/partial/{}/content/a/tiny", metainfo.info.hash())),
    );
    assert_eq!(stored.unwrap().len(), 5);
}

#[test]
fn a_hybrid_without_layers_is_verified_by_its_v1_hashes() {
    let whole = Fixture::torrent_of("file", &bytes(blocks(40), 1));
    let bare = std::sync::Arc::new(Metainfo::from_info((*whole.info).clone()));
    let fixture = Fixture::new();
    let item = fixture.download(&bare);
    fetch_piece(&item, &bytes(blocks(40), 1), whole.info.geometry().piece(0).unwrap());
    item.checkpoint().unwrap();
    drop(item);
    let fixture = fixture.reopened();
    let listed = fixture.repository.partials().unwrap();
    assert_eq!((listed.len(), listed[0].verified.count()), (1, 1));
    let item = fixture.download(&bare);
    fetch_piece(&item, &bytes(blocks(40), 1), whole.info.geometry().piece(1).unwrap());
}

#[test]
fn a_hybrid_whose_hashes_disagree_is_refused_and_named() {
    let content = bytes(blocks(40), 1);
    let honest = Fixture::torrent_of("file", &content);
    let mut false_torrent = honest.to_torrent(&[]);
    let first = honest.info.v1_pieces()[0].0;
    let at = false_torrent.windows(20).position(|window| window == first).unwrap();
    false_torrent[at] ^= 1;
    let metainfo = std::sync::Arc::new(Metainfo::from_torrent(&false_torrent).unwrap());
    let fixture = Fixture::new();
    let item = fixture.download(&metainfo);
    item.check_both();
    let pieces: Vec<_> = metainfo.info.geometry().pieces().collect();
    let mut writer = item.piece(pieces[0]);
    writer.write(0, payload(&metainfo, &content, pieces[0])).unwrap();
    let refused = writer.verify().unwrap_err().to_string();
    assert!(refused.contains("`file`") && refused.contains("disagree"), "{refused}");
    assert!(item.verified().is_none());
    fetch_piece(&item, &content, pieces[1]);
}
