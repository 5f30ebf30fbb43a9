use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_control::{Code, Error, Event, EventQuery, Start, TrackerState};
use peerpool_peer::{Config, Peer, PeerError, TrackerError};
use peerpool_wire::{
    channel::{Refusal, ToPeer, ToTracker, Welcome},
    id::TrackerId,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::world::{Folder, LOOPBACK};

/// A tracker that says what the test wants.
struct FakeTracker(TcpListener);

/// One peer's channel, seen from the tracker.
struct Channel(WebSocketStream<TcpStream>);

impl FakeTracker {
    async fn new() -> Self {
        Self(TcpListener::bind(LOOPBACK).await.unwrap())
    }

    fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Takes the next peer, up to its hello.
    async fn peer(&self) -> Channel {
        let (tcp, _) = self.0.accept().await.unwrap();
        let mut channel = Channel(tokio_tungstenite::accept_async(tcp).await.unwrap());
        assert!(matches!(channel.hears().await, ToTracker::Hello(_)));
        channel
    }

    async fn welcomed_peer(&self) -> Channel {
        let mut channel = self.peer().await;
        channel
            .says(&ToPeer::Welcome(Welcome {
                version: 1,
                tracker_id: TrackerId([7; 16]),
                name: "fake".to_owned(),
                your_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
                keep_alive_seconds: 30,
                lease_seconds: 90,
                max_items: 1000,
            }))
            .await;
        channel
    }
}

impl Channel {
    async fn hears(&mut self) -> ToTracker {
        loop {
            if let Message::Binary(frame) = self.0.next().await.unwrap().unwrap() {
                return ToTracker::decode(&frame).unwrap();
            }
        }
    }

    async fn says(&mut self, message: &ToPeer) {
        self.sends(message.encode().unwrap()).await;
    }

    async fn sends(&mut self, frame: Vec<u8>) {
        self.0.send(Message::Binary(frame.into())).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_of_another_version_is_said_at_the_start() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(tracker.addr())) };
    let starting = tokio::spawn(Peer::start(config));

    let reason = Refusal::UnsupportedVersion { supported: vec![99] };
    tracker.peer().await.says(&ToPeer::Refused { reason }).await;

    let error = starting.await.unwrap().unwrap_err();
    assert!(matches!(error, PeerError::Tracker(TrackerError::Refused { .. })), "{error}");
    assert!(error.to_string().contains("99"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_of_another_version_has_a_code_of_its_own() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new();
    let peer = folder.start("peer", None).await;
    let start = Start { tracker: Some(tracker.addr().to_string()) };
    let client = peer.client.clone();
    let starting = tokio::spawn(async move { client.start(&start).await });

    let reason = Refusal::UnsupportedVersion { supported: vec![99] };
    tracker.peer().await.says(&ToPeer::Refused { reason }).await;

    match starting.await.unwrap() {
        Err(Error::Refused(error)) => assert_eq!(error.code, Code::TrackerVersion),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_channel_is_taken_up_again_and_everything_is_registered_anew() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new().with("a.txt", b"a").with("b.txt", b"bb");
    let peer = folder.start("peer", Some(tracker.addr())).await;
    peer.shared("a.txt").await;
    peer.shared("b.txt").await;
    let client = peer.client.clone();
    tokio::spawn(async move { client.start(&Start::default()).await });

    for _ in 0..2 {
        let mut channel = tracker.welcomed_peer().await;
        match channel.hears().await {
            ToTracker::Register { items } => assert_eq!(items.len(), 2),
            other => panic!("not a registration: {other:?}"),
        }
        // Dropped in the middle of everything.
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_that_talks_nonsense_is_left_and_tried_again() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new();
    let peer = folder.start("peer", Some(tracker.addr())).await;
    let mut events = peer.events(EventQuery::default()).await;
    let client = peer.client.clone();
    tokio::spawn(async move { client.start(&Start::default()).await });

    tracker.welcomed_peer().await.sends(b"\xc1 nonsense".to_vec()).await;

    let left = events.until(|event| match event {
        Event::Tracker { tracker } => {
            matches!(tracker.state, TrackerState::Reconnecting { .. }).then_some(())
        }
        _ => None,
    });
    left.await;
    tracker.welcomed_peer().await;
}
