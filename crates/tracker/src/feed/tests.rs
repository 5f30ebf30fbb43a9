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
    CatalogueHandle::start(catalogue, store, lost, metrics, shutdown).0
}

// Time is virtual: it passes when nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn events_are_remembered_for_a_while_when_nobody_follows_and_then_begin_anew() {
    let events = EventLog::new(1);
    let feed = Feed::start(catalogue(CancellationToken::new()), events.clone());
    drop(feed.follow().await.unwrap());
    let before = events.cursor();
    tokio::time::sleep(LINGER - PACE * 4).await;
    drop(feed.follow().await.unwrap());
    tokio::time::sleep(LINGER - PACE * 4).await;
    assert_eq!(events.cursor(), before, "whoever comes back soon goes on");
    tokio::time::sleep(PACE * 8).await;
    assert_ne!(events.cursor().epoch, before.epoch);
    assert!(feed.follow().await.is_ok(), "it looks again");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_tracker_that_has_ended() {
    let shutdown = CancellationToken::new();
    let feed = Feed::start(catalogue(shutdown.clone()), EventLog::new(1));
    shutdown.cancel();
    assert!(feed.follow().await.is_err());
}
