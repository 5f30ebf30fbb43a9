use std::{fs, path::PathBuf, sync::Arc};

use peerpool_repository::Verdict;
use peerpool_wire::{geometry::BLOCK, metainfo::Metainfo};

use crate::support::{Fixture, blocks, bytes, fetch, fetch_piece, payload, v1_torrent};

const LENGTH: usize = blocks(4 * 8) + 100;

/// A v1 torrent with eight full pieces of four blocks and a short one; and a hybrid of the same file.
fn torrents() -> [(Arc<Metainfo>, Vec<u8>); 2] {
    let content = bytes(LENGTH, 1);
    let v1 = v1_torrent("item", &[("file", &content)], blocks(4));
    let hybrid = Fixture::torrent_of_folder("item", &[("file", &content)]);
    [(v1, content.clone()), (hybrid, content)]
}

fn state(fixture: &Fixture, metainfo: &Metainfo) -> PathBuf {
    fixture.path(&format!(".peerpool/partial/{}/state", metainfo.info.hash()))
}

fn content(fixture: &Fixture, metainfo: &Metainfo) -> PathBuf {
    fixture.path(&format!(".peerpool/partial/{}/content/file", metainfo.info.hash()))
}

#[test]
fn checkpointed_pieces_are_not_read_again() {
    for (metainfo, space) in torrents() {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        let pieces: Vec<_> = metainfo.info.geometry().pieces().collect();
        for piece in &pieces[..3] {
            fetch_piece(&item, &space, *piece);
        }
        item.checkpoint().unwrap();
        drop(item);
        let fixture = fixture.reopened();
        assert_eq!(fixture.repository.partials().unwrap()[0].verified.count(), 3);
        let item = fixture.download(&metainfo);
        assert_eq!((item.verified().count(), item.resumed().rehashed), (3, 0));
        fetch(&item, &space);
        fixture.repository.complete(&item, "item").unwrap();
        assert_eq!(fs::read(fixture.path("item/file")).unwrap(), space);
    }
}

#[test]
fn data_written_after_the_last_checkpoint_is_found_again() {
    for (metainfo, space) in torrents() {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        let pieces: Vec<_> = metainfo.info.geometry().pieces().collect();
        fetch_piece(&item, &space, pieces[5]);
        fetch_piece(&item, &space, *pieces.last().unwrap());
        drop(item);
        let item = fixture.reopened().download(&metainfo);
        assert_eq!(item.verified().iter().collect::<Vec<_>>(), [5, pieces.len() as u32 - 1]);
        assert!(item.resumed().pieces.is_empty());
    }
}

#[test]
fn single_blocks_of_an_unfinished_piece_are_kept() {
    let (metainfo, space) = &torrents()[0];
    let fixture = Fixture::new();
    let item = fixture.download(metainfo);
    let piece = metainfo.info.geometry().piece(3).unwrap();
    let good = payload(metainfo, space, piece);
    let mut writer = item.piece(piece);
    writer.write(BLOCK, &good[blocks(1)..blocks(2)]).unwrap();
    writer.write(3 * BLOCK, &good[blocks(3)..]).unwrap();
    drop((writer, item));
    let fixture = fixture.reopened();
    let item = fixture.download(metainfo);
    let [resumed] = &item.resumed().pieces[..] else { panic!("{:?}", item.resumed()) };
    assert_eq!(resumed.piece, piece);
    assert_eq!(resumed.leaves.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false, true]);
    let mut writer = item.piece(piece);
    let leaves = writer.leaves().unwrap();
    assert!(leaves[1].is_some() && leaves[0].is_none());
    writer.write(0, &good[..blocks(1)]).unwrap();
    writer.write(2 * BLOCK, &good[blocks(2)..blocks(3)]).unwrap();
    assert_eq!(writer.verify().unwrap(), Verdict::Good);
}

#[test]
fn a_torn_state_file_loses_nothing_verified_before() {
    for (metainfo, space) in torrents() {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        for piece in metainfo.info.geometry().pieces().take(4) {
            fetch_piece(&item, &space, piece);
        }
        item.checkpoint().unwrap();
        drop(item);
        let whole = fs::read(state(&fixture, &metainfo)).unwrap();
        let mut fixture = fixture;
        for damaged in [&whole[..whole.len() - 1], &whole[..5], &[], &[0; 4096]] {
            fs::write(state(&fixture, &metainfo), damaged).unwrap();
            fixture = fixture.reopened();
            let item = fixture.download(&metainfo);
            assert_eq!(item.verified().iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        }
    }
}

#[test]
fn pieces_of_a_file_that_went_away_are_fetched_again() {
    for (metainfo, space) in torrents() {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        fetch(&item, &space);
        item.checkpoint().unwrap();
        drop(item);
        let cut = fs::OpenOptions::new().write(true).open(content(&fixture, &metainfo)).unwrap();
        cut.set_len(blocks(9) as u64).unwrap();
        let fixture = fixture.reopened();
        let item = fixture.download(&metainfo);
        assert!(item.verified().count() < metainfo.info.piece_count());
        fetch(&item, &space);
        fixture.repository.complete(&item, "item").unwrap();
        assert_eq!(fs::read(fixture.path("item/file")).unwrap(), space);
    }
}

#[test]
fn data_that_rotted_unrecorded_is_not_taken_for_good() {
    let (metainfo, space) = &torrents()[0];
    let fixture = Fixture::new();
    let item = fixture.download(metainfo);
    fetch(&item, space);
    drop(item);
    let mut rotten = space.clone();
    rotten[blocks(5)] ^= 1;
    fs::write(content(&fixture, metainfo), &rotten).unwrap();
    let item = fixture.reopened().download(metainfo);
    assert_eq!(item.verified().count(), metainfo.info.piece_count() - 1);
    assert!(!item.verified().has(metainfo.info.geometry().piece(1).unwrap()));
}

#[test]
fn an_open_download_is_given_again_and_a_removed_one_is_gone() {
    let (metainfo, space) = &torrents()[0];
    let fixture = Fixture::new();
    let item = fixture.download(metainfo);
    assert!(Arc::ptr_eq(&item, &fixture.download(metainfo)));
    fetch(&item, space);
    drop(item);
    fixture.repository.remove_partial(metainfo.info.hash()).unwrap();
    assert!(fixture.repository.partials().unwrap().is_empty());
    assert!(fixture.download(metainfo).verified().is_none());
}

#[test]
fn a_whole_piece_of_zeros_is_found_again() {
    let content = vec![0; blocks(80)];
    let of_v1 = v1_torrent("item", &[("file", &content)], blocks(4));
    for metainfo in [of_v1, Fixture::torrent_of_folder("item", &[("file", &content)])] {
        let fixture = Fixture::new();
        let item = fixture.download(&metainfo);
        fetch_piece(&item, &content, metainfo.info.geometry().piece(0).unwrap());
        drop(item);
        let fixture = fixture.reopened();
        let item = fixture.download(&metainfo);
        assert!(item.verified().has(metainfo.info.geometry().piece(0).unwrap()));
    }
}
