//! Watching a download through the events of a scripted peer.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::{convert::Infallible, future::pending};

use axum::{
    Json, Router,
    response::sse::{self, Sse},
    routing::{get, post},
};
use futures_util::StreamExt as _;
use peerpool_cli::{
    exit::{Exit, Failure},
    follow::fetch,
    output::progress::Progress,
};
use peerpool_control::{Client, Code, Download, DownloadState, Event, Get, What, paths, socket};
use peerpool_wire::id::{InfoHash, Sha1Hash};
use tempfile::TempDir;
use tokio::net::UnixListener;

fn download(digit: u8, state: DownloadState) -> Download {
    Download {
        hash: InfoHash::v1_only(Sha1Hash([digit; 20])),
        name: "film".to_owned(),
        state,
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
    let folder = tempfile::tempdir().unwrap();
    let socket = socket::bind_path(folder.path()).unwrap();
    let listener = UnixListener::bind(socket.path()).unwrap();
    let stream = async move || {
        let told = futures_util::stream::iter(events);
        let told = told.map(|event| sse::Event::default().data(serde_json::to_string(&event).unwrap()));
        let rest = futures_util::stream::once(async move { if ends { None } else { pending().await } });
        Sse::new(told.map(Some).chain(rest).filter_map(async |event| event.map(Ok::<_, Infallible>)))
    };
    let state = asked.unwrap_or(DownloadState::Fetching);
    let routes = Router::new()
        .route(paths::EVENTS, get(stream))
        .route(paths::DOWNLOADS, post(async || Json(download(1, DownloadState::Waiting))))
        .route(paths::DOWNLOAD, get(async move || Json(download(1, state))));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let client = Client::connect(folder.path()).await.unwrap();
    (folder, client)
}

async fn outcome(client: &Client) -> Result<Download, Failure> {
    let get = Get { what: What::Item("film".to_owned()), files: Vec::new(), save_as: None };
    fetch(client, &get, &mut Progress::Quiet, pending()).await
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
    let (_folder, client) = peer(vec![event(1, DownloadState::Fetching), Event::Ending], None, true).await;
    assert_eq!(outcome(&client).await.unwrap_err().exit(), Exit::Unreachable);
}

#[tokio::test]
async fn an_interrupt_leaves_the_download_alone() {
    let (_folder, client) = peer(vec![event(1, DownloadState::Fetching)], None, false).await;
    let get = Get { what: What::Item("film".to_owned()), files: Vec::new(), save_as: None };
    let result = fetch(&client, &get, &mut Progress::Quiet, async {}).await;
    assert!(matches!(result, Err(Failure::Interrupted)), "{result:?}");
}
