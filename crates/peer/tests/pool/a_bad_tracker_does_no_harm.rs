use std::{net::SocketAddr, time::Duration};

use peerpool_api::{
    Code, Error, Event, EventQuery, Get, ProblemCode, Reach, Start, TrackerState, What, torrent_to_base64,
};
use peerpool_peer::{Config, Peer, PeerError, TrackerError};
use peerpool_wire::{
    channel::{Have, Holder, Refusal, ToPeer, ToTracker},
    handshake::Handshake,
    id::PeerId,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    a_torrent_made_elsewhere_is_adopted::foreign,
    fake_tracker::FakeTracker,
    world::{Folder, LOOPBACK, bytes},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_of_another_version_is_named_at_the_start() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(tracker.addr())) };
    let starting = tokio::spawn(Peer::start(config));

    let reason = Refusal::UnsupportedVersion { supported: vec![99] };
    tracker.peer().await.says(&ToPeer::Refused { reason, nodes: Vec::new() }).await;

    let error = starting.await.unwrap().unwrap_err();
    assert!(matches!(error, PeerError::Tracker(TrackerError::Refused { .. })), "{error}");
    assert!(error.to_string().contains("99"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_of_another_version_has_a_code_of_its_own() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new();
    let peer = folder.start("peer", None).await;
    let start = Start { tracker: Some(tracker.addr().into()) };
    let client = peer.client.clone();
    let starting = tokio::spawn(async move { client.start(&start).await });

    let reason = Refusal::UnsupportedVersion { supported: vec![99] };
    tracker.peer().await.says(&ToPeer::Refused { reason, nodes: Vec::new() }).await;

    match starting.await.unwrap() {
        Err(Error::Refused(error)) => assert_eq!(error.code, Code::TrackerVersion),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_channel_is_reopened_and_everything_registered_again() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new().with("a.txt", b"a").with("b.txt", b"bb");
    let peer = folder.start("peer", Some(tracker.addr())).await;
    peer.shared("a.txt").await;
    peer.shared("b.txt").await;
    peer.begin_to_join();

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
    peer.begin_to_join();

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

/// A server that answers every request so.
async fn http_server(answer: String) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = tcp.read(&mut request).await;
            let _ = tcp.write_all(answer.as_bytes()).await;
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_tracker_is_reported_with_its_status() {
    let addr = http_server("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(addr)) };
    let error = Peer::start(config).await.unwrap_err();
    assert!(matches!(error, PeerError::Tracker(TrackerError::NotATracker { .. })), "{error}");
    assert!(error.to_string().contains("503"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_for_members_says_how_to_join_it() {
    let problem = r#"{"status":403,"code":"members_only"}"#;
    let length = problem.len();
    let answer = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\r\n{problem}"
    );
    let addr = http_server(answer).await;
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(addr)) };
    let error = Peer::start(config).await.unwrap_err();
    assert!(matches!(error, PeerError::Tracker(TrackerError::ForMembers { .. })), "{error}");
    assert!(error.to_string().contains("peerpool join"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_is_not_followed() {
    let elsewhere = TcpListener::bind(LOOPBACK).await.unwrap();
    let to = elsewhere.local_addr().unwrap();
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: http://{to}/channel\r\ncontent-length: 0\r\n\r\n");
    let addr = http_server(answer).await;
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(addr)) };

    let error = Peer::start(config).await.unwrap_err();

    assert!(matches!(error, PeerError::Tracker(TrackerError::NotATracker { .. })), "{error}");
    let followed = futures_util::poll!(std::pin::pin!(elsewhere.accept()));
    assert!(followed.is_pending(), "somebody came: {followed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_that_asks_for_everything_gets_no_more_than_it_reads() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new().with("a.txt", b"a");
    let peer = folder.start("peer", Some(tracker.addr())).await;
    let item = peer.shared("a.txt").await.hash.unwrap();
    let mut channel = tracker.joined_by(&peer).await;
    assert!(matches!(channel.hears().await, ToTracker::Register { .. }));

    for _ in 0..1000 {
        channel.says(&ToPeer::NeedMetainfo { info_hashes: vec![item; 10] }).await;
    }

    // What it takes of it is answered; what is too much is left out.
    let mut given = 0;
    while let Ok(message) = tokio::time::timeout(Duration::from_secs(1), channel.hears()).await {
        given += match message {
            ToTracker::Metainfo(_) => 1,
            ToTracker::MetainfoBatch { items } => items.len(),
            _ => 0,
        };
    }
    assert!(given > 0 && given < 10_000, "{given}");
    assert_eq!(peer.client.status().await.unwrap().items, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_shows_the_reachability_that_the_tracker_found() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new();
    let peer = folder.start("peer", Some(tracker.addr())).await;
    let mut events = peer.events(EventQuery::default()).await;
    let mut channel = tracker.joined_by(&peer).await;
    let listen = peer.peer.listen_addr();
    assert_eq!(peer.client.status().await.unwrap().reachability[0].state, Reach::Unknown);

    channel.says(&ToPeer::Reachability { reachable: vec![], unreachable: vec![listen] }).await;

    let unreachable = |event| match event {
        Event::Problem { problem } if problem.code == ProblemCode::Unreachable => Some(problem),
        _ => None,
    };
    assert!(events.until(unreachable).await.message.contains(&listen.to_string()));
    let status = peer.client.status().await.unwrap();
    assert_eq!((status.reachability[0].address, status.reachability[0].state), (listen, Reach::Unreachable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_dials_whoever_wants_its_item_and_cannot_dial_it() {
    let tracker = FakeTracker::new().await;
    let folder = Folder::new().with("a.txt", b"a");
    let peer = folder.start("peer", Some(tracker.addr())).await;
    let item = peer.shared("a.txt").await.hash.unwrap();
    let mut channel = tracker.joined_by(&peer).await;
    let wants = TcpListener::bind(LOOPBACK).await.unwrap();

    let peers = vec![wants.local_addr().unwrap()];
    channel.says(&ToPeer::ConnectOut { info_hash: item, peers, key: None }).await;

    let (mut tcp, _) = wants.accept().await.unwrap();
    let mut handshake = [0; Handshake::LEN];
    tcp.read_exact(&mut handshake).await.unwrap();
    assert_eq!(Handshake::decode(&handshake).unwrap().peer_id, peer.peer.peer_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_holders_are_reported_to_the_tracker() {
    let tracker = FakeTracker::new().await;
    let gone = {
        let there = [TcpListener::bind(LOOPBACK).await.unwrap(), TcpListener::bind(LOOPBACK).await.unwrap()];
        there.map(|listener| listener.local_addr().unwrap())
    };
    let folder = Folder::new();
    let peer = folder.start("peer", Some(tracker.addr())).await;
    let mut channel = tracker.joined_by(&peer).await;
    let torrent = foreign("film.bin", &bytes(100_000, 40)).to_torrent(&[]);
    let client = peer.client.clone();
    let get = Get { what: What::Torrent(torrent_to_base64(&torrent)), files: Vec::new(), save_as: None };
    tokio::spawn(async move { client.get(&get).await });

    let told = loop {
        match channel.hears().await {
            ToTracker::Locate { request, .. } => {
                let holder = Holder {
                    peer_id: Some(PeerId([5; 20])),
                    name: Some("gone".to_owned()),
                    addresses: gone.to_vec(),
                    have: Have::All,
                    key: None,
                };
                let located = ToPeer::Located {
                    request,
                    item: None,
                    holders: vec![holder],
                    twins: Vec::new(),
                    variants: Vec::new(),
                };
                channel.says(&located).await;
            }
            ToTracker::UnreachableHolders { addresses, .. } => break addresses,
            _ => {}
        }
    };
    assert_eq!(told, gone);
}
