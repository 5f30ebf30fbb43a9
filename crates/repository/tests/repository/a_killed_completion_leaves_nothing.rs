use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, sync::Arc};

use peerpool_wire::metainfo::Metainfo;

use crate::support::{Fixture, blocks, bytes, fetch};

fn begun() -> (Fixture, Arc<Metainfo>, Vec<u8>, PathBuf) {
    let content = bytes(blocks(9), 1);
    let metainfo = Fixture::torrent_of("file", &content);
    let fixture = Fixture::new();
    let folder = fixture.path(&format!(".peerpool/partial/{}", metainfo.info.hash()));
    (fixture, metainfo, content, folder)
}

fn left(fixture: &Fixture) -> usize {
    fs::read_dir(fixture.path(".peerpool/partial")).unwrap().count()
}

/// The folder of a finished download is removed file by file: a process may be killed between any two.
#[test]
fn the_folder_of_a_finished_download_goes_away_whatever_is_left_of_it() {
    for gone in
        [&["content"][..], &["content", "state"], &["content", "torrent"], &["content", "state", "torrent"]]
    {
        let (fixture, metainfo, content, folder) = begun();
        let item = fixture.download(&metainfo);
        fetch(&item, &content);
        item.checkpoint().unwrap();
        drop(item);
        for name in gone {
            fs::remove_file(folder.join(name)).unwrap();
        }
        if gone == ["content", "state"] {
            // That is what a download looks like that was just begun: it is one still.
            continue;
        }
        let fixture = fixture.reopened();
        assert!(fixture.repository.partials().unwrap().is_empty(), "{gone:?}");
        assert_eq!(left(&fixture), 0, "{gone:?}");
    }
}

#[test]
fn a_download_that_is_removed_is_none_from_the_first_moment_on() {
    let (fixture, metainfo, content, folder) = begun();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    drop(item);
    // As a removal that was killed leaves it.
    fs::rename(&folder, folder.with_file_name(format!("gone-{}", metainfo.info.hash()))).unwrap();
    let fixture = fixture.reopened();
    assert!(fixture.repository.partials().unwrap().is_empty());
    assert_eq!(left(&fixture), 0);
}

#[test]
fn a_flipped_byte_in_the_torrent_of_a_download_makes_it_no_other_item() {
    let (mut fixture, metainfo, content, folder) = begun();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    item.checkpoint().unwrap();
    let inode = fs::metadata(folder.join("content")).unwrap().ino();
    drop(item);
    let whole = fs::read(folder.join("torrent")).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(folder.join("torrent"), flipped).unwrap();
        fixture = fixture.reopened();
        let found = fixture.repository.partials().unwrap();
        assert!(
            found.iter().all(|listing| listing.metainfo.info.hash() == metainfo.info.hash()),
            "byte {at}"
        );
    }
    let told = fixture.refresh().outcome.problems;
    assert!(told.iter().any(|problem| problem.to_string().contains("its torrent is damaged")), "{told:?}");
    // Asked for again, it goes on with what it has.
    let item = fixture.download(&metainfo);
    assert!(item.verified().is_all());
    assert!(fixture.refresh().outcome.problems.is_empty());
    fixture.repository.complete(&item, "file").unwrap();
    assert_eq!(fs::metadata(fixture.path("file")).unwrap().ino(), inode);
}

#[test]
fn a_flipped_byte_in_the_state_of_a_download_costs_nothing_but_reading() {
    let (mut fixture, metainfo, content, folder) = begun();
    let item = fixture.download(&metainfo);
    fetch(&item, &content);
    item.checkpoint().unwrap();
    drop(item);
    let whole = fs::read(folder.join("state")).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(folder.join("state"), flipped).unwrap();
        fixture = fixture.reopened();
        assert!(fixture.download(&metainfo).verified().is_all(), "byte {at}");
    }
}
