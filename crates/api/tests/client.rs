//! The client against a server that answers what the module documentation says.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::{convert::Infallible, path::Path};

use axum::{
    Json, Router,
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
        Json(PoolList {
            silent: start.tracker.iter().map(ToString::to_string).collect(),
            ..PoolList::default()
        })
    };
    serve(&repository, Router::new().route(paths::START, post(echo)));

    let client = Client::connect(&repository).await.unwrap();
    let list = client.start(&Start { tracker: "here:1".parse().ok() }).await.unwrap();
    assert_eq!(list.silent, ["http://here:1"]);
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
        error.into_response().map(axum::body::Body::from)
    };
    serve(&repository, Router::new().route(paths::DOWNLOADS, post(refuse)));

    let get = Get { what: What::Item("film".to_owned()), files: Vec::new(), save_as: None };
    let error = Client::connect(&repository).await.unwrap().get(&get).await.unwrap_err();
    let Error::Refused(error) = error else { panic!("{error}") };
    assert_eq!(error.code, Code::DiskFull);
    assert!(error.detail.contains("resume film"));
}

#[tokio::test]
async fn a_code_of_a_later_version_is_still_an_error() {
    let error: ApiError = serde_json::from_str(r#"{"code":"tired","detail":"the peer is tired"}"#).unwrap();
    assert_eq!(error.code, Code::Other);
}

#[test]
fn a_refusal_is_problem_details_with_a_code() {
    let refusal = ApiError { retry_after: Some(5), ..ApiError::new(Code::Busy, "too many questions") };
    let response = refusal.clone().into_response();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());

    assert_eq!((response.status().as_u16(), header("retry-after")), (503, Some("5")));
    assert_eq!(header("content-type"), Some("application/problem+json"));
    let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    let expected = serde_json::json!({
        "type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "busy",
        "detail": "too many questions", "retry_after": 5,
    });
    assert_eq!(body, expected);
    assert_eq!(serde_json::from_slice::<ApiError>(response.body()).unwrap(), refusal);
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
