//! Listing through the tracker alone, without a peer.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use peerpool_api::{ItemQuery, PeerQuery, TrackerClient};
use peerpool_cli::{
    args::PeerOptions,
    exit::{Exit, Failure},
    pool::Pool,
};
use peerpool_tracker::{Config, Tracker};
use tokio::net::TcpListener;

async fn tracker() -> Tracker {
    let listen = "127.0.0.1:0".parse().unwrap();
    let name = Some("the pool".to_owned());
    Tracker::start_in_memory(Config {
        listen,
        data: None,
        database: None,
        advertise: None,
        name,
        announce_on_lan: false,
        sites: Default::default(),
        hosts: Vec::new(),
        members: false,
        certificate: None,
        acme: None,
        oidc: None,
        convert: false,
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_client_understands_a_tracker() {
    let tracker = tracker().await;
    let client = TrackerClient::new(tracker.addr().into()).unwrap();
    let query = ItemQuery { search: Some("film".to_owned()), limit: Some(10), ..ItemQuery::default() };
    assert!(client.items(&query).await.unwrap().items.is_empty());
    assert!(client.peers(&PeerQuery::default()).await.unwrap().peers.is_empty());
    let health = client.health().await.unwrap();
    assert_eq!((health.name.as_str(), health.peers, health.items), ("the pool", 0, 0));
    assert_eq!(health.tracker_id, tracker.id());
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_repository_without_a_peer_falls_back_to_the_tracker() {
    let tracker = tracker().await;
    let folder = tempfile::tempdir().unwrap();
    let options = PeerOptions {
        repository: Some(folder.path().to_owned()),
        tracker: Some(tracker.addr().into()),
        ..PeerOptions::default()
    };
    assert!(matches!(Pool::reach(&options).await, Ok(Pool::Tracker(_))));
    let nowhere = PeerOptions { tracker: None, ..options };
    assert_eq!(Pool::reach(&nowhere).await.unwrap_err().exit(), Exit::Unreachable);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_wrong_address_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = TrackerClient::new(address.into()).unwrap();
    let failure = Failure::from(client.health().await.unwrap_err());
    assert_eq!(failure.exit(), Exit::Unreachable);
    assert!(failure.to_string().contains(&address.to_string()), "{failure}");
}
