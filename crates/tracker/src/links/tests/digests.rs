//! A peer that moves to another node shows it a digest of what it shares.

use peerpool_wire::{channel::Hello, digest::ShareDigest, id::InfoHash};

use super::{support::hello, *};

/// Two nodes. Of the first one's peers the first shares a song, and another one a film.
struct Pool {
    nodes: [Tracker; 2],
    song: InfoHash,
    /// At the second node.
    watcher: Peer,
    _at_the_first: [Peer; 2],
    _world: World,
}

impl Pool {
    async fn new() -> Self {
        let world = World::new();
        let nodes = [world.start(1).await, world.start(2).await];
        let song = item("song", &[7; 50_000]);
        let mut first = Peer::join(nodes[0].addr(), 1).await;
        first.introduce(&song).await;
        let mut other = Peer::join(nodes[0].addr(), 3).await;
        other.introduce(&item("film", &[8; 50_000])).await;
        let mut watcher = Peer::join(nodes[1].addr(), 2).await;
        listed(&mut watcher, "song", 1).await;
        listed(&mut watcher, "film", 1).await;
        Self { nodes, song: song.info.hash(), watcher, _at_the_first: [first, other], _world: world }
    }

    /// The first peer comes to the second node with a digest of these items. Whether they are kept there.
    async fn moved(&self, shares: &[InfoHash]) -> (Peer, bool) {
        let digest = ShareDigest::of(shares.iter().map(|item| (*item, true)));
        let mut peer = Peer::connect(self.nodes[1].addr()).await;
        peer.send(ToTracker::Hello(Hello { digest: Some(digest), connection: 2, ..hello(1) })).await;
        let kept = peer.wait(|message| match message {
            ToPeer::Welcome(welcome) => Some(welcome.kept),
            _ => None,
        });
        let kept = kept.await;
        (peer, kept)
    }
}

#[tokio::test]
async fn what_a_node_knows_by_a_digest_is_kept_without_a_registration() {
    let pool = Pool::new().await;
    let (_peer, kept) = pool.moved(&[pool.song]).await;
    assert!(kept);
    let Pool { nodes: [first, _second], mut watcher, .. } = pool;
    drop(first);
    unlisted(&mut watcher, "film").await;
    listed(&mut watcher, "song", 1).await;
}

#[tokio::test]
async fn a_digest_of_something_else_keeps_nothing() {
    let pool = Pool::new().await;
    let other = item("play", &[9; 50_000]).info.hash();
    let (_peer, kept) = pool.moved(&[pool.song, other]).await;
    assert!(!kept);
    let Pool { nodes: [first, _second], mut watcher, .. } = pool;
    drop(first);
    unlisted(&mut watcher, "song").await;
}
