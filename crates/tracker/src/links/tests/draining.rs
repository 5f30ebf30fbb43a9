//! A node sends its peers to others before it ends.

use peerpool_wire::{
    channel::{Hello, Refusal},
    digest::ShareDigest,
};

use super::*;
use crate::drain::DrainError;

/// How long a node may take.
const WITHIN: Duration = Duration::from_secs(2);

/// Two nodes. A peer is at the first one, where it shares a song, and another one at the second.
async fn two_nodes() -> (World, [Tracker; 2], [Peer; 2]) {
    let world = World::new();
    let nodes = [world.start(1).await, world.start(2).await];
    let mut first = Peer::join(nodes[0].addr(), 1).await;
    first.introduce(&item("song", &[7; 50_000])).await;
    let mut second = Peer::join(nodes[1].addr(), 2).await;
    listed(&mut second, "song", 1).await;
    (world, nodes, [first, second])
}

/// Why a peer is not served any more, and where it is to go on.
async fn sent_away(peer: &mut Peer) -> (Refusal, Vec<String>) {
    let refused = peer.wait(|message| match message {
        ToPeer::Refused { reason, nodes } => Some((reason.clone(), nodes.clone())),
        _ => None,
    });
    refused.await
}

#[tokio::test]
async fn a_node_that_is_drained_sends_its_peers_to_the_others_and_is_to_end() {
    let (_world, [first, second], [mut leaves, mut stays]) = two_nodes().await;
    let draining = first.drain.begin(WITHIN).await.unwrap();
    assert_eq!((draining.peers, draining.nodes, draining.within_seconds), (1, 1, WITHIN.as_secs()));
    let elsewhere = (Refusal::ShuttingDown, vec![second.addr().to_string()]);
    assert_eq!(sent_away(&mut leaves).await, elsewhere);

    // It is there still, for clients that know no other, and says that nobody is to come.
    let (status, body) = get(first.addr(), "/readyz", "").await;
    assert_eq!(status, 503);
    assert!(String::from_utf8(body).unwrap().contains("drained"));
    assert_eq!(get(first.addr(), "/healthz", "").await.0, 200);
    let mut newcomer = Peer::connect(first.addr()).await;
    newcomer.send(ToTracker::Hello(support::hello(4))).await;
    assert_eq!(sent_away(&mut newcomer).await, elsewhere);
    assert_eq!(stays.list("song").await.items[0].seeds, 1, "what the peer has stands until it comes");

    timeout(2 * WITHIN, first.wait()).await.expect("nobody is left");
    let digest = ShareDigest::of([(item("song", &[7; 50_000]).info.hash(), true)]);
    let mut moved = Peer::connect(second.addr()).await;
    moved.send(ToTracker::Hello(Hello { digest: Some(digest), connection: 2, ..support::hello(1) })).await;
    let kept = moved.wait(|message| match message {
        ToPeer::Welcome(welcome) => Some(welcome.kept),
        _ => None,
    });
    assert!(kept.await, "what it has at a node that it was sent away from is known elsewhere");
    first.shutdown().await;
    listed(&mut stays, "song", 1).await;
}

#[tokio::test]
async fn a_node_that_is_told_to_end_sends_its_peers_to_the_others() {
    let (_world, [first, second], [mut leaves, mut stays]) = two_nodes().await;
    let ending = tokio::spawn(first.shutdown());
    let elsewhere = (Refusal::ShuttingDown, vec![second.addr().to_string()]);
    assert_eq!(sent_away(&mut leaves).await, elsewhere);
    ending.await.unwrap();
    unlisted(&mut stays, "song").await;
}

#[tokio::test]
async fn a_peer_that_is_sent_away_and_goes_nowhere_is_forgotten_after_the_grace() {
    let (_world, [first, _second], [leaves, mut stays]) = two_nodes().await;
    first.drain.begin(WITHIN).await.unwrap();
    first.wait().await;
    drop(leaves);
    listed(&mut stays, "song", 1).await;
    first.shutdown().await;
    unlisted(&mut stays, "song").await;
}

#[tokio::test]
async fn a_tracker_whose_peers_could_go_nowhere_is_not_drained() {
    let lone = support::tracker().await;
    assert!(matches!(lone.drain.begin(WITHIN).await, Err(DrainError::Alone)));
    let world = World::new();
    let first = world.start(1).await;
    assert!(matches!(first.drain.begin(WITHIN).await, Err(DrainError::Unlinked)));
    assert_ne!(get(first.addr(), "/healthz", "").await.0, 503);
    drop(Peer::join(first.addr(), 1).await);
}
