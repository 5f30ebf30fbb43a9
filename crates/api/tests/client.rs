//! The client against a server that answers what the module documentation says.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::{convert::Infallible, path::Path};

use axum::{
    Json, Router,
    http::StatusCode,
    response::sse::{self, Sse},
    routing::{get, post},
};
use peerpool_api::{
    ApiError, Client, Code, Error, Event, EventQuery, Get, PoolList, Start, What, paths, socket,
};
use tempfile::TempDir;
use tokio::net::UnixListener;

/// A repository whose path does not fit into a socket address.
fn far_away_repository() -> (TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("a".repeat(120)).join("b".repeat(120));
    (dir, repository)
}

fn serve(repository: &Path, routes: Router) {
    let socket = socket::bind_path(repository).unwrap();
    let listener = UnixListener::bind(socket.path()).unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
}

#[tokio::test]
async fn a_repository_with_a_long_path_is_reached() {
    let (_dir, repository) = far_away_repository();
    let echo = |Json(start): Json<Start>| async move {
        Json(PoolList { silent: start.tracker.into_iter().collect(), ..PoolList::default() })
    };
    serve(&repository, Router::new().route(paths::START, post(echo)));

    let client = Client::connect(&repository).await.unwrap();
    let list = client.start(&Start { tracker: Some("here:1".to_owned()) }).await.unwrap();
    assert_eq!(list.silent, ["here:1"]);
}

#[tokio::test]
async fn a_repository_without_a_peer_is_told_apart() {
    let (_dir, repository) = far_away_repository();
    assert!(matches!(Client::connect(&repository).await, Err(Error::NoPeer { .. })));

    let socket = socket::bind_path(&repository).unwrap();
    drop(UnixListener::bind(socket.path()).unwrap());
    assert!(matches!(Client::connect(&repository).await, Err(Error::NoPeer { .. })), "a socket left behind");
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_words() {
    let (_dir, repository) = far_away_repository();
    let refuse = || async {
        let error =
            ApiError::new(Code::DiskFull, "no space is left for `film`: free some, then `resume film`");
        (StatusCode::from_u16(error.code.http_status()).unwrap(), Json(error))
    };
    serve(&repository, Router::new().route(paths::DOWNLOADS, post(refuse)));

    let get = Get { what: What::Item("film".to_owned()), files: Vec::new(), save_as: None };
    let error = Client::connect(&repository).await.unwrap().get(&get).await.unwrap_err();
    let Error::Refused(error) = error else { panic!("{error}") };
    assert_eq!(error.code, Code::DiskFull);
    assert!(error.message.contains("resume film"));
}

#[tokio::test]
async fn a_code_of_a_later_version_is_still_an_error() {
    let error: ApiError = serde_json::from_str(r#"{"code":"tired","message":"the peer is tired"}"#).unwrap();
    assert_eq!(error.code, Code::Other);
}

#[tokio::test]
async fn events_arrive_in_order_until_the_peer_leaves() {
    let (_dir, repository) = far_away_repository();
    let stream = || async {
        let events = [Event::Missed { count: 3 }, Event::Ending { asked: true }].map(|event| {
            Ok::<_, Infallible>(sse::Event::default().data(serde_json::to_string(&event).unwrap()))
        });
        Sse::new(futures_util::stream::iter(events))
    };
    serve(&repository, Router::new().route(paths::EVENTS, get(stream)));

    let client = Client::connect(&repository).await.unwrap();
    let mut events = client.events(EventQuery { trace: true, hold: false }).await.unwrap();
    assert_eq!(events.next().await.unwrap(), Some(Event::Missed { count: 3 }));
    assert_eq!(events.next().await.unwrap(), Some(Event::Ending { asked: true }));
    assert_eq!(events.next().await.unwrap(), None);
}
