use peerpool_api::{ApiError, Code, Error, Get, Start, What};
use peerpool_peer::{Config, Peer, PeerError, TrackerError};
use tokio::net::TcpListener;

use crate::world::{Folder, LOOPBACK, Pair, bytes, get, tracker};

async fn refused<T: std::fmt::Debug>(answer: impl Future<Output = Result<T, Error>>) -> ApiError {
    match answer.await {
        Err(Error::Refused(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named() {
    let (one, two) = (Folder::new(), Folder::new());
    let first = one.start("first", None).await;
    let config = Config { listen: first.peer.listen_addr(), ..two.config("second", None) };

    let error = Peer::start(config).await.unwrap_err();

    assert!(matches!(error, PeerError::PortTaken { addr } if addr == first.peer.listen_addr()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_in_use_names_who_has_it() {
    let folder = Folder::new();
    let _first = folder.start("first", None).await;

    let error = Peer::start(folder.config("second", None)).await.unwrap_err();

    assert!(matches!(error, PeerError::Repository(_)));
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_free_again_when_its_peer_has_ended() {
    let folder = Folder::new();
    folder.start("first", None).await.peer.shutdown().await;

    folder.start("second", None).await.peer.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_tracker_is_named_at_the_start() {
    let nobody = TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap();
    let folder = Folder::new();
    let config = Config { start: true, ..folder.config("peer", Some(nobody)) };

    let error = Peer::start(config).await.unwrap_err();

    assert!(matches!(error, PeerError::Tracker(TrackerError::Unreachable { .. })), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_tracker_is_told_apart() {
    let (one, two) = (Folder::new(), Folder::new());
    let other = one.start("not a tracker", None).await;
    let peer = two.start("peer", None).await;

    let start = Start { tracker: Some(other.peer.listen_addr().into()) };
    let error = refused(peer.client.start(&start)).await;

    assert_eq!(error.code, Code::TrackerUnreachable);
    assert!(error.detail.contains("not a Peerpool tracker"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_is_not_found() {
    let folder = Folder::new();
    let tracker = tracker().await;
    let peer = folder.join("peer", &tracker).await;

    let error = refused(peer.client.get(&get("nothing.txt"))).await;

    assert_eq!(error.code, Code::NotFound);
    assert!(error.detail.contains("nothing.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_name_lists_its_items() {
    let (one, two) =
        (Folder::new().with("same.txt", &bytes(1000, 40)), Folder::new().with("same.txt", &bytes(2000, 41)));
    let there = Folder::new();
    let tracker = tracker().await;
    let _one = one.join("one", &tracker).await;
    let _two = two.join("two", &tracker).await;
    let fetcher = there.join("fetcher", &tracker).await;

    let error = refused(fetcher.client.get(&get("same.txt"))).await;

    assert_eq!(error.code, Code::Ambiguous);
    assert_eq!(error.variants.len(), 2);
    let meant = error.variants.iter().find(|item| item.size == 2000).unwrap();
    fetcher.fetch(&get(&format!("same.txt@{}", meant.hash.short()))).await;
    assert!(there.read("same.txt") == two.read("same.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_different_file_of_the_same_name_is_not_overwritten() {
    let here = Folder::new().with("a.txt", &bytes(1000, 42));
    let there = Folder::new().with("a.txt", b"mine");
    let tracker = tracker().await;
    let holder = here.join("holder", &tracker).await;
    let fetcher = there.join("fetcher", &tracker).await;
    let hash = holder.shared("a.txt").await.hash.unwrap();
    let wanted = Get { what: What::Item(hash.to_string()), files: Vec::new(), save_as: None };

    let error = refused(fetcher.client.get(&wanted)).await;

    assert_eq!(error.code, Code::Exists);
    assert_eq!(error.free_name.as_deref(), Some("a (2).txt"));
    fetcher.fetch(&Get { save_as: error.free_name, ..wanted }).await;
    assert!(there.read("a (2).txt") == here.read("a.txt"));
    assert!(there.read("a.txt") == b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_impossible_name_is_refused_before_anything_is_fetched() {
    let pair = Pair::sharing("a.txt", &bytes(100_000, 43)).await;
    let (holder, fetcher) = (&pair.holder, &pair.fetcher);
    holder.shared("a.txt").await;

    for name in ["x".repeat(300), "a/b".to_owned(), "..".to_owned(), ".hidden".to_owned(), String::new()] {
        let wanted = Get { save_as: Some(name.clone()), ..get("a.txt") };
        assert_eq!(refused(fetcher.client.get(&wanted)).await.code, Code::BadRequest, "{name}");
    }
    assert!(fetcher.client.downloads().await.unwrap().is_empty());
    fetcher.fetch(&Get { save_as: Some("good".to_owned()), ..get("a.txt") }).await;
    assert!(pair.there.read("good") == pair.here.read("a.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_takes_the_name_given_last() {
    let pair = Pair::sharing("a.txt", &bytes(100_000, 44)).await;
    let (holder, fetcher) = (&pair.holder, &pair.fetcher);
    let hash = holder.shared("a.txt").await.hash.unwrap();
    let wanted = |name: &str| Get { save_as: Some(name.to_owned()), ..get(&hash.to_string()) };

    let begun = fetcher.client.get(&wanted("first")).await.unwrap();
    fetcher.client.stop_one(&begun.hash).await.unwrap();
    match fetcher.client.get(&wanted("second")).await {
        // It was quicker than we.
        Err(Error::Refused(error)) => assert_eq!(error.code, Code::BadRequest),
        named => {
            assert_eq!(named.unwrap().name, "second");
            fetcher.fetch(&wanted("second")).await;
            assert!(pair.there.read("second") == pair.here.read("a.txt"));
        }
    }
}
