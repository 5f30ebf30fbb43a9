use peerpool_api::{DownloadState, Event, EventQuery, Remove};

use crate::world::{Member, Pair, bytes, get};

const LENGTH: usize = 200_000_000;

/// Begins a download and returns once some pieces, but not all, are there.
async fn begin(fetcher: &Member) -> peerpool_api::Download {
    let mut events = fetcher.events(EventQuery { trace: true, hold: false }).await;
    let begun = fetcher.client.get(&get("big.bin")).await.unwrap();
    events.until(|event| matches!(event, Event::Arrived { verified: true, .. }).then_some(())).await;
    begun
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_download_resumes_from_what_it_fetched() {
    let content = bytes(LENGTH, 10);
    let pair = Pair::sharing("big.bin", &content).await;
    let begun = begin(&pair.fetcher).await;

    let stopped = pair.fetcher.client.stop().await.unwrap();
    let rests = pair.fetcher.client.download(&begun.hash).await.unwrap();
    assert_eq!(stopped.downloads.len(), 1);
    assert_eq!(rests.state, DownloadState::Stopped);
    assert!(rests.bytes_done > 0 && rests.bytes_done < LENGTH as u64);
    assert!(rests.sources.iter().all(|source| !source.connected));

    let done = pair.fetcher.resume(&begun.hash).await;
    assert!(pair.there.read("big.bin") == content);
    // What was verified is not fetched again; what was under way when it stopped may be.
    let given: u64 = done.sources.iter().map(|source| source.bytes).sum();
    assert!(given < LENGTH as u64 * 115 / 100, "{given} bytes of {LENGTH}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_peer_resumes_its_downloads() {
    let content = bytes(LENGTH, 11);
    let pair = Pair::sharing("big.bin", &content).await;
    let begun = begin(&pair.fetcher).await;
    pair.fetcher.client.end().await.unwrap();
    pair.fetcher.peer.ended().await;
    assert!(!pair.there.file("big.bin").exists());

    let again = pair.there.start("fetcher", Some(pair.tracker.addr())).await;
    let listed = again.client.download(&begun.hash).await.unwrap();
    assert!(listed.bytes_done > 0);
    let mut events = again.events(EventQuery::default()).await;
    again.client.start(&Default::default()).await.unwrap();
    events.until_complete(&begun.hash).await;
    assert!(pair.there.read("big.bin") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_download_stays_paused_until_it_is_resumed() {
    let content = bytes(LENGTH, 12);
    let pair = Pair::sharing("big.bin", &content).await;
    let begun = begin(&pair.fetcher).await;

    let paused = pair.fetcher.client.pause(&begun.hash).await.unwrap();
    assert_eq!(paused.state, DownloadState::Paused);
    let asked_again = pair.fetcher.client.get(&get("big.bin")).await.unwrap();
    assert_ne!(asked_again.state, DownloadState::Paused, "asking again resumes");
    pair.fetcher.resume(&begun.hash).await;
    assert!(pair.there.read("big.bin") == content);
}

/// Opening takes a while, since what is on disk is hashed: its record is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_while_files_are_opened_counts() {
    let content = bytes(LENGTH, 14);
    let pair = Pair::sharing("big.bin", &content).await;
    let begun = begin(&pair.fetcher).await;
    pair.fetcher.client.end().await.unwrap();
    pair.fetcher.peer.ended().await;
    let partial = pair.there.file(".peerpool/partial").join(begun.hash.to_string());
    std::fs::remove_file(partial.join("state")).unwrap();

    let again = pair.there.start("fetcher", Some(pair.tracker.addr())).await;
    let held = again.client.pause(&begun.hash).await.unwrap();
    assert_eq!(held.state, DownloadState::Paused);
    let mut events = again.events(EventQuery::default()).await;
    again.client.start(&Default::default()).await.unwrap();
    let resumed = again.client.resume(&begun.hash).await.unwrap();
    assert_ne!(resumed.state, DownloadState::Paused);
    events.until_complete(&begun.hash).await;
    assert!(pair.there.read("big.bin") == content);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_download_takes_its_data_along() {
    let content = bytes(LENGTH, 13);
    let pair = Pair::sharing("big.bin", &content).await;
    let begun = begin(&pair.fetcher).await;

    pair.fetcher.client.remove(&begun.hash, Remove { data: true }).await.unwrap();

    assert!(pair.fetcher.client.downloads().await.unwrap().is_empty());
    let kept = std::fs::read_dir(pair.there.file(".peerpool/partial")).unwrap().count();
    assert_eq!(kept, 0);
}
