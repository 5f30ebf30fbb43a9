//! Listing through the tracker alone, without a peer.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use peerpool_api::ItemQuery;
use peerpool_cli::{
    args::Place,
    exit::Exit,
    pool::{Pool, Rest},
};
use peerpool_tracker::{Config, Tracker};
use tokio::net::TcpListener;

async fn tracker() -> Tracker {
    let listen = "127.0.0.1:0".parse().unwrap();
    let name = Some("the pool".to_owned());
    Tracker::start_in_memory(Config { listen, data: None, name, announce_on_lan: false, hosts: Vec::new() })
        .await
        .unwrap()
}

#[tokio::test]
async fn what_a_tracker_answers_is_understood() {
    let tracker = tracker().await;
    let rest = Rest::new(&tracker.addr().to_string()).unwrap();
    let query = ItemQuery { search: Some("film".to_owned()), cursor: None, limit: Some(10) };
    assert!(rest.items(&query).await.unwrap().items.is_empty());
    assert!(rest.peers().await.unwrap().is_empty());
    let status = rest.status().await.unwrap();
    assert_eq!((status.name.as_str(), status.peers, status.items), ("the pool", 0, 0));
    assert_eq!(status.tracker, tracker.id().to_string());
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_repository_without_a_peer_falls_back_to_the_tracker() {
    let tracker = tracker().await;
    let folder = tempfile::tempdir().unwrap();
    let place = Place {
        repository: Some(folder.path().to_owned()),
        tracker: Some(tracker.addr().to_string()),
        ..Place::default()
    };
    assert!(matches!(Pool::reach(&place).await, Ok(Pool::Tracker(_))));
    let nowhere = Place { tracker: None, ..place };
    assert_eq!(Pool::reach(&nowhere).await.unwrap_err().exit(), Exit::Unreachable);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_wrong_address_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = Rest::new(&address.to_string()).unwrap().status().await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Unreachable);
    assert!(failure.to_string().contains(&address.to_string()), "{failure}");
}
