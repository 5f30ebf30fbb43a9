//! Pages that follow a tracker, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod support;

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_api::{LiveMessage, LiveRow, paths};
use peerpool_wire::channel::Have;
use serde_json::{Value, json};
use support::{Peer, get, item, listed, tracker};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue, StatusCode},
    },
};

/// Longer than anything takes; only a failing test waits for it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A page that draws at once.
struct Page(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Page {
    async fn open(tracker: SocketAddr) -> Self {
        Self::open_through(tracker, &[]).await
    }

    /// With what a proxy adds.
    async fn open_through(tracker: SocketAddr, headers: &[(&'static str, &'static str)]) -> Self {
        let mut request = format!("ws://{tracker}{}", paths::LIVE).into_client_request().unwrap();
        request.headers_mut().extend(
            headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
        );
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut page = Self(socket);
        assert!(matches!(page.hear().await, LiveMessage::Welcome { .. }));
        page
    }

    async fn say(&mut self, request: Value) {
        self.0.send(Message::text(request.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, view: &str, query: Value) {
        let request =
            json!({ "type": "subscribe", "id": 1, "view": view, "query": query, "from": 0, "count": 50 });
        self.say(request).await;
    }

    /// What it is told next; snapshots and patches are drawn.
    async fn hear(&mut self) -> LiveMessage {
        let next = async {
            loop {
                if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                    return serde_json::from_str(&text).unwrap();
                }
            }
        };
        let message = tokio::time::timeout(PATIENCE, next).await.expect("something is told");
        if let LiveMessage::Snapshot { seq, .. } | LiveMessage::Patch { seq, .. } = message {
            self.say(json!({ "type": "ack", "seq": seq })).await;
        }
        message
    }

    async fn snapshot(&mut self) -> (u64, Vec<LiveRow>) {
        match self.hear().await {
            LiveMessage::Snapshot { total, rows, .. } => (total, rows),
            other => panic!("{other:?}"),
        }
    }

    /// The next change of a row's field.
    async fn change_of(&mut self, field: &str) -> Value {
        loop {
            let LiveMessage::Patch { rows, .. } = self.hear().await else { panic!("no patch") };
            let values = rows.into_iter().filter_map(|(_, fields)| fields?.remove(field));
            if let Some(value) = values.into_iter().next() {
                return value;
            }
        }
    }
}

#[tokio::test]
async fn a_page_sees_holders_come_and_items_become_out_of_order() {
    let tracker = tracker().await;
    let mut holder = Peer::join(tracker.addr(), 1).await;
    let (song, film) = (item("song", b"la"), item("film", b"moving"));
    holder.introduce(&song).await;
    listed(&mut holder, "song", 1).await;
    let mut page = Page::open(tracker.addr()).await;
    page.subscribe("items", json!({})).await;
    let (total, rows) = page.snapshot().await;
    let (key, fields) = &rows[0];
    assert_eq!((total, rows.len(), key.as_str()), (1, 1, song.info.hash().to_string().as_str()));
    assert_eq!(fields.as_ref().unwrap()["name"], "song");

    let mut other = Peer::join(tracker.addr(), 2).await;
    other.register(&song, Have::All).await;
    assert_eq!(page.change_of("seeds").await, 2);

    other.introduce(&film).await;
    loop {
        if let LiveMessage::Patch { changed, total: 2, .. } = page.hear().await {
            assert_eq!(changed, 1);
            break;
        }
    }
    page.say(json!({ "type": "sort", "id": 1 })).await;
    let (total, rows) = page.snapshot().await;
    let name = |nth: usize| rows[nth].1.as_ref().unwrap()["name"].clone();
    assert_eq!((total, name(0), name(1)), (2, json!("film"), json!("song")));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_page_sees_peers_come_and_go() {
    let tracker = tracker().await;
    let first = Peer::join(tracker.addr(), 1).await;
    let mut page = Page::open(tracker.addr()).await;
    page.subscribe("peers", json!({})).await;
    let (total, rows) = page.snapshot().await;
    assert_eq!((total, rows[0].1.as_ref().unwrap()["name"].clone()), (1, json!("peer 1")));
    drop(first);
    loop {
        let LiveMessage::Patch { rows, .. } = page.hear().await else { panic!("no patch") };
        if rows.iter().any(|(_, fields)| fields.is_none()) {
            break;
        }
    }
    page.subscribe("health", json!({})).await;
    let (_, rows) = page.snapshot().await;
    assert_eq!(rows[0].1.as_ref().unwrap()["peers"], 0);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_page_moves_in_the_order_of_peers_that_it_began_with() {
    let tracker = tracker().await;
    let mut peers = Vec::new();
    for number in 1..=5 {
        peers.push(Peer::join(tracker.addr(), number).await);
    }
    let mut page = Page::open(tracker.addr()).await;
    let window =
        |what: &str, from| json!({ "type": what, "id": 1, "view": "peers", "from": from, "count": 2 });
    page.say(window("subscribe", 0)).await;
    assert_eq!(page.snapshot().await.0, 5);
    drop(peers.remove(0));
    while !matches!(page.hear().await, LiveMessage::Patch { total: 4, .. }) {}
    page.say(window("move", 2)).await;
    let (total, rows) = page.snapshot().await;
    let names: Vec<_> = rows.iter().map(|(_, row)| row.as_ref().unwrap()["name"].clone()).collect();
    assert_eq!((total, names), (5, vec![json!("peer 3"), json!("peer 4")]));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_page_sees_an_item_that_it_showed_go_and_come_back() {
    let tracker = tracker().await;
    let song = item("song", b"la");
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&song).await;
    listed(&mut holder, "song", 1).await;
    let mut page = Page::open(tracker.addr()).await;
    page.subscribe("items", json!({})).await;
    page.snapshot().await;
    drop(holder);
    assert_eq!(page.change_of("seeds").await, 0);
    let mut other = Peer::join(tracker.addr(), 2).await;
    other.register(&song, Have::All).await;
    assert_eq!(page.change_of("seeds").await, 1);
    tracker.shutdown().await;
}

#[tokio::test]
async fn the_log_is_followed_on_the_trackers_own_machine_alone() {
    let tracker = tracker().await;
    let mut page = Page::open(tracker.addr()).await;
    peerpool_web::log::recent().push(peerpool_api::LogLevel::Warn, "test", "the first line");
    page.subscribe("log", json!({ "search": "the first line" })).await;
    let (total, rows) = page.snapshot().await;
    assert_eq!((total, &rows[0].1.as_ref().unwrap()["level"]), (1, &json!("WARN")));
    let mut from_afar = Page::open_through(tracker.addr(), &[("x-forwarded-for", "192.0.2.7")]).await;
    from_afar.subscribe("log", json!({})).await;
    let LiveMessage::Error { problem, .. } = from_afar.hear().await else { panic!("no error") };
    assert_eq!(problem.code, peerpool_api::Code::Forbidden);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_page_is_told_what_happens_in_the_pool() {
    let tracker = tracker().await;
    let mut page = Page::open(tracker.addr()).await;
    page.say(json!({ "type": "events" })).await;
    // What is answered was asked after the events.
    page.subscribe("health", json!({})).await;
    page.snapshot().await;
    let _peer = Peer::join(tracker.addr(), 1).await;
    loop {
        match page.hear().await {
            LiveMessage::Events { list, .. } => {
                assert_eq!(
                    (&list[0]["event"], &list[0]["peer"]["name"]),
                    (&json!("joined"), &json!("peer 1"))
                );
                break;
            }
            LiveMessage::Patch { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_page_is_told_that_the_tracker_ends() {
    let tracker = tracker().await;
    let mut page = Page::open(tracker.addr()).await;
    tracker.shutdown().await;
    match page.0.next().await.unwrap().unwrap() {
        Message::Close(Some(close)) => assert_eq!(u16::from(close.code), 1001),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_page_that_asks_for_what_there_is_not_learns_why_and_stays() {
    let tracker = tracker().await;
    let mut page = Page::open(tracker.addr()).await;
    for (view, query, code) in [
        ("nothing", json!({}), peerpool_api::Code::NotFound),
        ("items", json!({ "limit": "many" }), peerpool_api::Code::BadRequest),
    ] {
        page.subscribe(view, query).await;
        let LiveMessage::Error { id: Some(1), problem } = page.hear().await else { panic!("no error") };
        assert_eq!(problem.code, code);
    }
    page.subscribe("health", json!({})).await;
    page.snapshot().await;
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_foreign_page_does_not_follow() {
    let tracker = tracker().await;
    let address = tracker.addr();
    let mut request = format!("ws://{address}{}", paths::LIVE).into_client_request().unwrap();
    // Another program's page on the same machine.
    request.headers_mut().insert("origin", "http://127.0.0.1:9".parse().unwrap());
    let refused = tokio_tungstenite::connect_async(request).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(get(address, paths::LIVE, "").await.0, 426, "what is no WebSocket is told so");
    tracker.shutdown().await;
}
