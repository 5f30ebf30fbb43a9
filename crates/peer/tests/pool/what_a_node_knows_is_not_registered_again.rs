use peerpool_wire::{
    channel::{Have, Hello, ToPeer, Welcome},
    digest::ShareDigest,
};

use crate::{
    fake_tracker::{Channel, FakeTracker, welcome},
    world::{Folder, Member},
};

/// A peer that shares two files has registered them at a node, and is at another one now, which was shown a digest of both.
struct Moved {
    peer: Member,
    hello: Hello,
    channel: Channel,
    _second: FakeTracker,
}

async fn moved(folder: &Folder) -> Moved {
    let (first, second) = (FakeTracker::new().await, FakeTracker::new().await);
    let peer = folder.start("peer", Some(first.addr())).await;
    let shared = [peer.shared("a.txt").await, peer.shared("b.txt").await].map(|item| item.hash.unwrap());
    peer.begin_to_join();
    let (mut channel, hello) = first.greeted().await;
    assert_eq!(hello.digest, None, "nobody knows it yet");
    channel.says(&ToPeer::Welcome(Welcome { nodes: vec![second.addr().to_string()], ..welcome() })).await;
    assert_eq!(channel.registered().await.len(), 2);
    drop((channel, first));
    let (channel, hello) = second.greeted().await;
    assert_eq!(hello.digest, Some(ShareDigest::of(shared.map(|hash| (hash, true)))));
    Moved { peer, hello, channel, _second: second }
}

fn two_files() -> Folder {
    Folder::new().with("a.txt", b"a").with("b.txt", b"b")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_node_has_kept_what_it_shares_registers_what_is_new_alone() {
    let folder = two_files();
    let Moved { peer, mut channel, .. } = moved(&folder).await;
    channel.says(&ToPeer::Welcome(Welcome { kept: true, ..welcome() })).await;
    let folder = folder.with("c.txt", b"c");
    let new = peer.shared("c.txt").await;
    let registered = channel.registered().await;
    assert_eq!(registered.len(), 1, "{registered:?}");
    assert_eq!((Some(registered[0].info_hash), &registered[0].have), (new.hash, &Have::All));
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_node_knows_something_else_registers_everything() {
    let folder = two_files();
    let Moved { hello, mut channel, peer: _peer, .. } = moved(&folder).await;
    channel.says(&ToPeer::Welcome(welcome())).await;
    let registered = channel.registered().await;
    let digest = ShareDigest::of(registered.iter().map(|item| (item.info_hash, item.have.is_all())));
    assert_eq!((registered.len(), hello.digest), (2, Some(digest)));
}
