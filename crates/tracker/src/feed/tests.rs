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
    CatalogueHandle::start(catalogue, store, None, lost, metrics, None, shutdown).0
}

#[tokio::test]
async fn events_are_remembered_for_whoever_comes_back_soon() {
    let feed = Feed::start(catalogue(CancellationToken::new()), None);
    let epoch = feed.follow(&Onlooker::Anybody).await.unwrap().circle.events.cursor().epoch;
    let following = feed.follow(&Onlooker::Anybody).await.unwrap();
    assert_eq!(following.circle.events.cursor().epoch, epoch);
}

#[tokio::test]
async fn events_begin_anew_when_nobody_has_followed_for_long() {
    let feed = Feed::start_lingering(catalogue(CancellationToken::new()), None, Duration::ZERO);
    let epoch = feed.follow(&Onlooker::Anybody).await.unwrap().circle.events.cursor().epoch;
    feed.circles.subscribe().wait_for(Circles::is_empty).await.unwrap();
    let following = feed.follow(&Onlooker::Anybody).await.unwrap();
    assert_ne!(following.circle.events.cursor().epoch, epoch);
}

#[tokio::test]
async fn nobody_waits_for_a_tracker_that_has_ended() {
    let shutdown = CancellationToken::new();
    let feed = Feed::start(catalogue(shutdown.clone()), None);
    shutdown.cancel();
    assert!(feed.follow(&Onlooker::Anybody).await.is_err());
}
