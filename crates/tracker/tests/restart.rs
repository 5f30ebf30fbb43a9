//! What lasts over a tracker's restart.

mod support;

use peerpool_tracker::{Config, StartError, Tracker};
use peerpool_wire::channel::Have;
use support::{Peer, by_name, config, item, listed};

#[tokio::test]
async fn a_restarted_tracker_knows_its_items_and_is_the_same() {
    let data = tempfile::tempdir().unwrap();
    let config = || Config { data: Some(data.path().to_owned()), ..config() };
    let song = item("song", &[7; 50_000]);
    let tracker = Tracker::start(config()).await.unwrap();
    let id = tracker.id();
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&song).await;
    listed(&mut holder, "song", 1).await;
    tracker.shutdown().await;

    let tracker = Tracker::start(config()).await.unwrap();
    assert_eq!(tracker.id(), id);
    let mut peer = Peer::join(tracker.addr(), 2).await;
    assert!(peer.list("").await.items.is_empty(), "nobody online has it");
    let answer = peer.locate(by_name("song"), false).await;
    assert!(matches!(answer, peerpool_wire::channel::ToPeer::Located { item: Some(_), .. }));
    assert_eq!(peer.metainfo(song.info.hash()).await.bytes, song.to_torrent(&[]));
    // Its holder registers again, and is not asked for the metainfo a second time.
    peer.register(&song, Have::All).await;
    listed(&mut peer, "song", 1).await;
    tracker.shutdown().await;
}

#[tokio::test]
async fn two_trackers_do_not_share_a_data_folder() {
    let data = tempfile::tempdir().unwrap();
    let config = || Config { data: Some(data.path().to_owned()), ..config() };
    let first = Tracker::start(config()).await.unwrap();
    let second = Tracker::start(config()).await;
    assert!(matches!(second, Err(StartError::DataInUse { .. })));
    first.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_said_to_be_taken() {
    let first = Tracker::start_in_memory(config()).await.unwrap();
    let second = Tracker::start_in_memory(Config { listen: first.addr(), ..config() }).await;
    let Err(error) = second else { panic!("the port is taken") };
    assert!(error.to_string().contains("the port is taken"), "{error}");
    first.shutdown().await;
}

#[tokio::test]
async fn a_pool_for_members_is_never_served_as_an_open_one() {
    let data = tempfile::tempdir().unwrap();
    let config = |members| Config { data: Some(data.path().to_owned()), members, ..config() };
    let first = Tracker::start(config(true)).await.unwrap();
    let link = first.invite().unwrap().clone();
    first.shutdown().await;
    let Err(error) = Tracker::start(config(false)).await else { panic!("started") };
    assert!(error.to_string().contains("--members"), "{error}");
    let again = Tracker::start(config(true)).await.unwrap();
    let newer = again.invite().unwrap().clone();
    assert_eq!(newer.root, link.root);
    assert_ne!(newer.code, link.code);
    again.shutdown().await;
}
