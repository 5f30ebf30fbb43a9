//! Peers of earlier releases in a pool of this one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod support;

use peerpool_wire::channel::{Hello, Refusal, ToPeer, ToTracker, VERSIONS};
use support::{Peer, by_name, hello, item, listed, tracker};

/// A peer that speaks these versions and no other.
async fn join_speaking(tracker: std::net::SocketAddr, number: u8, versions: &[u16]) -> (Peer, u16) {
    let mut peer = Peer::connect(tracker).await;
    peer.send(ToTracker::Hello(Hello { versions: versions.to_vec(), ..hello(number) })).await;
    let welcome = peer.wait(|message| match message {
        ToPeer::Welcome(welcome) => Some(welcome.version),
        _ => None,
    });
    let version = welcome.await;
    (peer, version)
}

#[tokio::test]
async fn peers_of_every_version_share_one_pool() {
    let tracker = tracker().await;
    let mut new = Peer::join(tracker.addr(), 1).await;
    let song = item("song", b"la");
    new.introduce(&song).await;
    for (number, versions) in [(2, &VERSIONS[..1]), (3, &VERSIONS[..2])] {
        let (mut old, version) = join_speaking(tracker.addr(), number, versions).await;
        assert_eq!(Some(&version), versions.last());
        listed(&mut old, "song", 1).await;
        let ToPeer::Located { holders, .. } = old.locate(by_name("song"), false).await else { panic!() };
        assert_eq!(holders.len(), 1);
        let name = format!("film {number}");
        let film = item(&name, &[number; 3]);
        old.introduce(&film).await;
        listed(&mut new, &name, 1).await;
        let ToPeer::Located { item: Some(found), holders, .. } = new.locate(by_name(&name), false).await
        else {
            panic!()
        };
        assert_eq!((found.info_hash, holders.len()), (film.info.hash(), 1));
        old.send(ToTracker::Bye).await;
        // Whatever it was told besides, it knows.
        while let Some(message) = old.next().await {
            assert!(is_known(version, &message), "{message:?} to a peer of version {version}");
        }
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_peer_that_speaks_no_version_of_these_learns_which_there_are() {
    let tracker = tracker().await;
    let mut peer = Peer::connect(tracker.addr()).await;
    peer.send(ToTracker::Hello(Hello { versions: vec![99], ..hello(1) })).await;
    assert_eq!(peer.refused().await, Refusal::UnsupportedVersion { supported: VERSIONS.to_vec() });
    tracker.shutdown().await;
}

/// Whether a peer of this version knows a message that it did not ask for.
fn is_known(version: u16, message: &ToPeer) -> bool {
    match message {
        ToPeer::Nodes { .. } => version >= 5,
        ToPeer::Keyset { .. } | ToPeer::Pass { .. } | ToPeer::Access(_) => version >= 4,
        ToPeer::Found { .. }
        | ToPeer::FileList { .. }
        | ToPeer::HolderList { .. }
        | ToPeer::FoundPeers { .. } => version >= 3,
        ToPeer::Reachability { .. } | ToPeer::ConnectOut { .. } | ToPeer::Verify { .. } => version >= 2,
        _ => true,
    }
}
