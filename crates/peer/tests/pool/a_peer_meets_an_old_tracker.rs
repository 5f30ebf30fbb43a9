use peerpool_api::{Code, Error, ItemQuery, ItemSort, PeerQuery};
use peerpool_wire::channel::{Page, ToPeer, ToTracker};

use crate::{
    fake_tracker::FakeTracker,
    world::{Folder, bytes},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_of_version_2_is_given_metainfo_in_chunks_and_asked_what_it_understands() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new().with("song.flac", &bytes(70_000, 37));
    let peer = folder.start("peer", Some(tracker.addr())).await;
    let mut channel = tracker.joined_at(2, &peer).await;
    let ToTracker::Register { items } = channel.hears().await else { panic!("nothing is registered") };
    let song = items[0].info_hash;
    channel.says(&ToPeer::NeedMetainfo { info_hashes: vec![song] }).await;
    // What it shares is its answer to `start`, too.
    let mut heard = Vec::new();
    let mut hear = async || loop {
        match channel.hears().await {
            ToTracker::List { request, .. } => {
                channel.says(&ToPeer::Listed { request, page: Page::default() }).await;
                heard.push("list");
            }
            ToTracker::Peers { request } => {
                channel.says(&ToPeer::PeerList { request, peers: Vec::new(), total: 0 }).await;
                return heard.split_off(0);
            }
            ToTracker::Metainfo(chunk) => {
                assert_eq!(chunk.info_hash, song);
                heard.push("chunk");
            }
            ToTracker::MetainfoBatch { .. }
            | ToTracker::Search { .. }
            | ToTracker::Files { .. }
            | ToTracker::Holders { .. }
            | ToTracker::FindPeers { .. } => panic!("a tracker of version 2 does not know this"),
            _ => {}
        }
    };
    let asking = async {
        let page = peer.client.items(&ItemQuery::default()).await.unwrap();
        assert_eq!((page.items.len(), page.total), (0, None));
        let sorted = ItemQuery { sort: Some(ItemSort::Size), ..ItemQuery::default() };
        match peer.client.items(&sorted).await {
            Err(Error::Refused(error)) => assert_eq!(error.code, Code::TrackerVersion, "{error}"),
            other => panic!("not refused: {other:?}"),
        }
        assert_eq!(peer.client.peers(&PeerQuery::default()).await.unwrap().total, 0);
    };
    let (mut heard, ()) = tokio::join!(hear(), asking);
    heard.sort_unstable();
    heard.dedup();
    assert_eq!(heard, ["chunk", "list"]);
}
