use peerpool_api::{TrackerState, Trackers};
use peerpool_peer::{Config, Peer, PeerError, TrackerError};
use peerpool_tls::Protocol;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
};

use crate::pool::{Folder, Joined, LOOPBACK, MEMBER, Pool, endpoint, membership};

fn config(folder: &Folder, tracker: impl Into<Trackers>) -> Config {
    Config {
        repository: folder.path().to_owned(),
        tracker: Some(tracker.into()),
        listen: LOOPBACK,
        name: None,
        start: true,
        web: None,
        temporary: false,
        limits: None,
        membership: Some(membership(MEMBER)),
    }
}

/// Why a member's peer does not start with whatever answers there; what that hears.
async fn refusal(answer: impl AsyncFnOnce(TcpStream) -> Vec<u8> + Send + 'static) -> (PeerError, Vec<u8>) {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let folder = Folder::new();
    let config = config(&folder, listener.local_addr().unwrap());
    let answering = async {
        let (tcp, _) = listener.accept().await.unwrap();
        // Whoever asks again finds nobody.
        drop(listener);
        answer(tcp).await
    };
    let (started, heard) = tokio::join!(Peer::start(config), answering);
    (started.unwrap_err(), heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_with_another_key_is_told_nothing() {
    let (error, heard) = refusal(async |tcp| {
        let (read, write) = tcp.into_split();
        assert!(endpoint(MEMBER + 100, Protocol::Tracker).accept(read, write).await.is_err());
        Vec::new()
    })
    .await;
    assert!(matches!(&error, PeerError::Tracker(TrackerError::NotATracker { .. })), "{error}");
    assert!(error.to_string().contains("no tracker of this pool"), "{error}");
    assert_eq!(heard, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_a_tracker_in_the_clear() {
    let (error, heard) = refusal(async |mut tcp| {
        let mut heard = vec![0; 3];
        tcp.read_exact(&mut heard).await.unwrap();
        heard
    })
    .await;
    assert!(matches!(&error, PeerError::Tracker(_)), "{error}");
    assert_eq!(heard, [0x16, 3, 1], "a handshake of TLS, and no HTTP");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_key_is_passed_over() {
    let (pool, stranger) = (Pool::new().await, TcpListener::bind(LOOPBACK).await.unwrap());
    let folder = Folder::new();
    let nodes = format!("{},{}", stranger.local_addr().unwrap(), pool.addr);
    let config = config(&folder, nodes.parse::<Trackers>().unwrap());
    let shaking = async {
        let (tcp, _) = stranger.accept().await.unwrap();
        // Whoever asks again finds nobody.
        drop(stranger);
        let (read, write) = tcp.into_split();
        assert!(endpoint(MEMBER + 100, Protocol::Tracker).accept(read, write).await.is_err());
    };

    let (started, ()) = tokio::join!(Peer::start(config), shaking);

    let peer = Joined::new(started.unwrap(), folder).await;
    let tracker = peer.client.status().await.unwrap().tracker;
    assert_eq!((tracker.state, tracker.url), (TrackerState::Connected, Some(pool.addr.into())));
}
