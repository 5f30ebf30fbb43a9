#![allow(clippy::unwrap_used, reason = "a test fails so")]

use peerpool_catalogue::{Policy, Restoring};
use peerpool_wire::id::TrackerId;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    metrics::Metrics,
    store::{Memory, StoreHandle},
};

fn catalogue(shutdown: CancellationToken) -> CatalogueHandle {
    let metrics = Metrics::new();
    let (store, lost, _) = StoreHandle::start(Memory::default(), metrics.clone());
    let catalogue = Restoring::new(Policy::default(), TrackerId([1; 16]), "test".to_owned(), 7).finish();
    CatalogueHandle::start(catalogue, store, None, lost, metrics, shutdown).0
}

#[tokio::test]
async fn events_are_remembered_for_whoever_comes_back_soon() {
    let events = EventLog::new(1);
    let feed = Feed::start(catalogue(CancellationToken::new()), events.clone());
    drop(feed.follow().await.unwrap());
    let _following = feed.follow().await.unwrap();
    assert_eq!(events.cursor().epoch, 1);
}

#[tokio::test]
async fn events_begin_anew_when_nobody_has_followed_for_long() {
    let events = EventLog::new(1);
    let feed = Feed::start_lingering(catalogue(CancellationToken::new()), events.clone(), Duration::ZERO);
    let mut news = events.watch();
    drop(feed.follow().await.unwrap());
    news.changed().await.unwrap();
    assert_ne!(events.cursor().epoch, 1);
    assert!(feed.follow().await.is_ok(), "it looks again");
}

#[tokio::test]
async fn nobody_waits_for_a_tracker_that_has_ended() {
    let shutdown = CancellationToken::new();
    let feed = Feed::start(catalogue(shutdown.clone()), EventLog::new(1));
    shutdown.cancel();
    assert!(feed.follow().await.is_err());
}
