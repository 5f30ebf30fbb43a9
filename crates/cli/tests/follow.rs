//! Watching a download through the events of a scripted peer.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::{convert::Infallible, future::pending, time::Duration};

use axum::{
    Json, Router,
    response::sse::{self, Sse},
    routing::{get, post},
};
use futures_util::StreamExt as _;
use peerpool_api::{
    Client, Code, Download, DownloadState, Error, Event, EventQuery, Events, Get, Priority, Reason, Stalled,
    What, paths, socket,
};
use peerpool_cli::{
    exit::{Exit, Failure},
    follow::Follow,
    progress::Progress,
};
use peerpool_wire::id::{InfoHash, Sha1Hash};
use tempfile::TempDir;
use tokio::net::UnixListener;

fn download(digit: u8, state: DownloadState) -> Download {
    Download {
        hash: InfoHash::v1_only(Sha1Hash([digit; 20])),
        name: "film".to_owned(),
        state,
        priority: Priority::Normal,
        bytes_total: 4,
        bytes_done: 0,
        pieces_total: 1,
        pieces_done: 0,
        rate_down: 0,
        rate_up: 0,
        time_left: None,
        stalled: None,
        sources: Vec::new(),
        seconds: 0.0,
    }
}

fn event(digit: u8, state: DownloadState) -> Event {
    Event::Download { download: download(digit, state) }
}

/// A peer that begins download 1, tells these events, and answers `asked` when asked for the download. After the
/// events its stream stays open, or ends.
async fn peer(events: Vec<Event>, asked: Option<DownloadState>, ends: bool) -> (TempDir, Client) {
    serve(events, download(1, asked.unwrap_or(DownloadState::Fetching)), ends).await
}

async fn serve(events: Vec<Event>, asked: Download, ends: bool) -> (TempDir, Client) {
    let folder = tempfile::tempdir().unwrap();
    let socket = socket::bind_path(folder.path()).unwrap();
    let listener = UnixListener::bind(socket.path()).unwrap();
    let stream = async move || {
        let told = futures_util::stream::iter(events);
        let told = told.map(|event| sse::Event::default().data(serde_json::to_string(&event).unwrap()));
        let rest = futures_util::stream::once(async move { if ends { None } else { pending().await } });
        Sse::new(told.map(Some).chain(rest).filter_map(async |event| event.map(Ok::<_, Infallible>)))
    };
    let routes = Router::new()
        .route(paths::EVENTS, get(stream))
        .route(paths::DOWNLOADS, post(async || Json(download(1, DownloadState::Waiting))))
        .route(paths::DOWNLOAD, get(async move || Json(asked)));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let client = Client::connect(folder.path()).await.unwrap();
    (folder, client)
}

async fn begin(client: &Client) -> Result<(Events, Download), Error> {
    let get = Get { what: What::Item("film".to_owned()), files: Vec::new(), save_as: None };
    let events = client.events(EventQuery::default()).await?;
    Ok((events, client.get(&get).await?))
}

async fn outcome(client: &Client) -> Result<Download, Failure> {
    let (mut events, download) = begin(client).await?;
    Follow::new(client, download).to_the_end(&mut events, &mut Progress::Quiet).await
}

#[tokio::test]
async fn a_download_is_followed_until_it_is_complete_whatever_others_do() {
    let events = vec![
        event(1, DownloadState::Fetching),
        event(2, DownloadState::Complete),
        event(2, DownloadState::Failed { code: Code::Disk, cause: "the other one".to_owned() }),
        event(1, DownloadState::Completing),
        event(1, DownloadState::Complete),
    ];
    let (_folder, client) = peer(events, None, false).await;
    assert_eq!(outcome(&client).await.unwrap(), download(1, DownloadState::Complete));
}

#[tokio::test]
async fn a_completion_that_was_missed_is_asked_for() {
    let (_folder, client) =
        peer(vec![Event::Missed { count: 9 }], Some(DownloadState::Complete), false).await;
    assert_eq!(outcome(&client).await.unwrap().state, DownloadState::Complete);
}

#[tokio::test]
async fn a_failure_keeps_its_cause_and_exit_code() {
    let failed = DownloadState::Failed { code: Code::DiskFull, cause: "no space is left".to_owned() };
    let (_folder, client) = peer(vec![event(1, failed)], None, false).await;
    let failure = outcome(&client).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Disk);
    assert!(failure.to_string().contains("no space is left"), "{failure}");
}

#[tokio::test]
async fn a_download_that_somebody_stops_ends_the_wait() {
    let (_folder, client) = peer(vec![event(1, DownloadState::Stopped)], None, false).await;
    let failure = outcome(&client).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Failed);
    assert!(failure.to_string().contains("peerpool resume film"), "{failure}");
}

#[tokio::test]
async fn a_peer_that_leaves_is_not_waited_for() {
    let (_folder, client) =
        peer(vec![event(1, DownloadState::Fetching), Event::Ending { asked: true }], None, true).await;
    let failure = outcome(&client).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Unreachable);
    assert!(!failure.is_a_lost_peer(), "somebody said `end`: no other peer is to do it");
    let (_folder, client) = peer(vec![event(1, DownloadState::Fetching)], None, true).await;
    assert!(outcome(&client).await.unwrap_err().is_a_lost_peer(), "it was killed: another one can go on");
}

#[tokio::test]
async fn a_download_by_a_name_that_changes_its_meaning_goes_on_with_the_new_version() {
    let (old, new) = (download(1, DownloadState::Waiting).hash, download(2, DownloadState::Waiting).hash);
    let replaced = Event::Replaced { hash: old, by: new, name: "film".to_owned() };
    let removed = Event::Removed { hash: old, name: "film".to_owned() };
    let (_folder, client) = serve(vec![replaced, removed], download(2, DownloadState::Complete), false).await;
    assert_eq!(outcome(&client).await.unwrap().hash, new);
}

#[tokio::test]
async fn a_download_that_is_superseded_and_kept_in_part_ends_the_wait() {
    let mut superseded = download(1, DownloadState::Waiting);
    let message = "nobody has film@01010101 any more".to_owned();
    superseded.stalled = Some(Stalled { reason: Reason::Superseded, message });
    let (_folder, client) = peer(vec![Event::Download { download: superseded }], None, false).await;
    let failure = outcome(&client).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Superseded);
    assert!(failure.to_string().contains("film@01010101"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn patience_ends_with_the_reason_for_which_nothing_comes() {
    let mut waiting = download(1, DownloadState::Waiting);
    waiting.stalled = Some(Stalled { reason: Reason::NoHolder, message: "nobody is online".to_owned() });
    let (_folder, client) = peer(vec![Event::Download { download: waiting }], None, false).await;
    let (mut events, download) = begin(&client).await.unwrap();
    let follow = Follow::new(&client, download).patience(Some(Duration::from_secs(5)));
    let failure = follow.to_the_end(&mut events, &mut Progress::Quiet).await.unwrap_err();
    assert_eq!(failure.exit(), Exit::Unreachable);
    assert!(failure.to_string().contains("nobody is online"), "{failure}");
}

#[tokio::test]
async fn several_downloads_are_followed_each_to_its_own_end() {
    let failed = DownloadState::Failed { code: Code::Disk, cause: "the disk broke".to_owned() };
    let events = vec![
        event(2, DownloadState::Fetching),
        event(3, failed),
        event(2, DownloadState::Complete),
        event(1, DownloadState::Complete),
    ];
    let (_folder, client) = peer(events, None, false).await;
    let mut events = client.events(EventQuery::default()).await.unwrap();
    let begun = [1, 2, 3].map(|digit| (usize::from(digit), download(digit, DownloadState::Waiting)));
    let mut follow = Follow::several(&client, begun);
    let mut ended = Vec::new();
    while let Some((number, outcome)) = follow.next(&mut events, &mut Progress::Quiet).await.unwrap() {
        ended.push((number, outcome.map(|download| download.hash).map_err(|failure| failure.exit())));
    }
    let hash = |digit| download(digit, DownloadState::Complete).hash;
    assert_eq!(ended, [(3, Err(Exit::Disk)), (2, Ok(hash(2))), (1, Ok(hash(1)))]);
}
