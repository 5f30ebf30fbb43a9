use std::{net::SocketAddr, path::Path};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_api::{
    LimitRates, Limits, LiveMessage, LiveRow, RepositoryQuery, RepositorySort, Window, paths, socket,
};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::world::{Folder, PATIENCE, Pair, bytes, get, tracker};

/// A page that draws at once.
struct Page(WebSocketStream<UnixStream>);

impl Page {
    /// Over the control socket, for which nobody needs a key.
    async fn open(repository: &Path) -> Self {
        let address = socket::connect_path(repository).unwrap();
        let stream = UnixStream::connect(address.path()).await.unwrap();
        let url = format!("ws://peer{}", paths::LIVE);
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let mut page = Self(socket);
        assert!(matches!(page.hear().await, LiveMessage::Welcome { .. }));
        page
    }

    async fn say(&mut self, request: Value) {
        self.0.send(Message::text(request.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, view: &str, query: Value) -> (u64, Vec<LiveRow>) {
        let request =
            json!({ "type": "subscribe", "id": 1, "view": view, "query": query, "from": 0, "count": 20 });
        self.say(request).await;
        loop {
            match self.hear().await {
                LiveMessage::Snapshot { total, rows, .. } => return (total, rows),
                // Of what was followed before.
                LiveMessage::Patch { .. } => {}
                other => panic!("{other:?}"),
            }
        }
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

    /// Applies patches to a row until it is as it should be.
    async fn until(&mut self, row: &LiveRow, is: impl Fn(&Map<String, Value>) -> bool) -> Map<String, Value> {
        let (key, Some(fields)) = row.clone() else { panic!("it is gone") };
        let mut fields = fields;
        while !is(&fields) {
            let LiveMessage::Patch { rows, .. } = self.hear().await else { panic!("no patch") };
            for (_, changes) in rows.into_iter().filter(|(changed, _)| *changed == key) {
                fields.extend(changes.expect("it is there still"));
            }
        }
        fields
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sees_a_download_to_its_end() {
    let pair = Pair::sharing("film.mkv", &bytes(5_000_000, 31)).await;
    let mut page = Page::open(pair.there.path()).await;
    assert_eq!(page.subscribe("downloads", json!({})).await.0, 0);
    pair.fetcher.fetch(&get("film.mkv")).await;

    let (total, rows) = page.subscribe("downloads", json!({ "sort": "name", "search": "FILM" })).await;
    assert_eq!(total, 1);
    let row = page.until(&rows[0], |row| row["state"] == "complete").await;
    assert_eq!((&row["sources"], &row["bytes_done"]), (&json!([]), &json!(5_000_000)));
    assert_eq!(page.subscribe("downloads", json!({ "state": "failed" })).await.0, 0);

    let (_, rows) = page.subscribe(&format!("download/{}", rows[0].0), json!({})).await;
    let row = page.until(&rows[0], |row| row["pieces_done"] == row["pieces_total"]).await;
    assert_eq!((&row["cells"], &row["sources"][0]["name"]), (&row["pieces_total"], &json!("holder")));
    let all = "//////////////////////////////////////////8=";
    assert!(row["pieces"].as_str().unwrap().starts_with(&all[..8]), "{}", row["pieces"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sees_who_takes_what_is_shared() {
    let pair = Pair::sharing("film.mkv", &bytes(5_000_000, 35)).await;
    let slow =
        Limits { rates: LimitRates { up: Some(200_000), ..LimitRates::default() }, ..Limits::default() };
    pair.holder.client.set_limits(&slow).await.unwrap();
    let mut page = Page::open(pair.here.path()).await;
    let (_, rows) = page.subscribe("repository", json!({})).await;
    let hash = rows[0].1.as_ref().unwrap()["hash"].as_str().unwrap().to_owned();
    assert_eq!(rows[0].1.as_ref().unwrap()["takers"], 0);

    pair.fetcher.client.get(&get("film.mkv")).await.unwrap();
    page.until(&rows[0], |row| row["takers"] == 1 && row["rate_up"].as_u64() > Some(0)).await;
    let (_, rows) = page.subscribe(&format!("shared/{hash}"), json!({})).await;
    let shown = |row: &Map<String, Value>| row["peers"][0]["sent"].as_u64() > Some(0);
    let row = page.until(&rows[0], shown).await;
    assert_eq!((&row["name"], &row["takers"]), (&json!("film.mkv"), &json!(1)));
    let asked = pair.holder.client.shared_item(&hash.parse().unwrap()).await.unwrap();
    assert_eq!(asked.peers.len(), 1);
    let refused = pair.fetcher.client.shared_item(&"0".repeat(64).parse().unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("not in the repository"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sees_a_transfer_come_into_the_history() {
    let pair = Pair::sharing("film.mkv", &bytes(500_000, 34)).await;
    let mut page = Page::open(pair.there.path()).await;
    assert_eq!(page.subscribe("history", json!({ "direction": "down" })).await.0, 0);
    pair.fetcher.fetch(&get("film.mkv")).await;
    loop {
        if let LiveMessage::Patch { total: 1, changed: 1, .. } = page.hear().await {
            break;
        }
    }
    let (_, rows) = page.subscribe("history", json!({ "search": "FILM", "sort": "name" })).await;
    let (key, Some(row)) = &rows[0] else { panic!("it is gone") };
    assert_eq!((key, &row["result"]), (&row["number"].to_string(), &json!("complete")));
    assert_eq!(page.subscribe("history", json!({ "search": "other" })).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_searched_sorted_and_paged() {
    let folder = Folder::new();
    let folder = ["one", "two", "three"].iter().enumerate().fold(folder, |folder, (nth, name)| {
        folder.with(&format!("{name} song.flac"), &bytes(1000 * (nth + 1), 35))
    });
    let folder = folder.with("map.png", &bytes(900, 36));
    let tracker = tracker().await;
    let member = folder.join("holder", &tracker).await;
    let query = RepositoryQuery {
        search: Some("SONG".to_owned()),
        sort: Some(RepositorySort::Size),
        desc: true,
        ..RepositoryQuery::default()
    };
    let part = Window { offset: Some(1), limit: Some(1) };
    let found = member.client.search_shared(&query, part).await.unwrap();
    let names: Vec<_> = found.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!((found.total, names), (Some(3), vec!["two song.flac"]));
    assert_eq!(member.client.shared().await.unwrap().items.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sees_what_a_peer_shares_and_how_it_is() {
    let folder = Folder::new().with("song.flac", &bytes(70_000, 32)).with("atlas/map.png", &bytes(900, 33));
    let tracker = tracker().await;
    let member = folder.join("holder", &tracker).await;
    let mut page = Page::open(folder.path()).await;
    let (total, rows) = page.subscribe("repository", json!({ "sort": "size", "desc": true })).await;
    let names: Vec<_> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((total, names), (2, vec!["song.flac", "atlas"]));
    assert_eq!(rows[1].1.as_ref().unwrap()["kind"], "folder");

    let (_, rows) = page.subscribe("status", json!({})).await;
    page.until(&rows[0], |status| status["items"] == 2 && status["tracker"]["state"] == "connected").await;
    tracker.shutdown().await;
    page.until(&rows[0], |status| status["tracker"]["state"] != "connected").await;
    drop(member);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_for_no_view_of_a_peer_is_told_which_there_are() {
    let folder = Folder::new();
    let _member = folder.start("alone", None).await;
    let mut page = Page::open(folder.path()).await;
    for view in ["nothing", "download/xyz", "download"] {
        page.say(json!({ "type": "subscribe", "id": 4, "view": view, "count": 1 })).await;
        assert!(matches!(page.hear().await, LiveMessage::Error { id: Some(4), .. }), "{view}");
    }
    // What is not downloaded is a row that is gone.
    let (total, rows) = page.subscribe(&format!("download/{}", "0".repeat(64)), json!({})).await;
    assert_eq!((total, rows), (1, vec![(String::new(), None)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_back_learns_what_happened_meanwhile() {
    let pair = Pair::sharing("film.mkv", &bytes(300_000, 34)).await;
    let address = socket::connect_path(pair.there.path()).unwrap();
    let stream = UnixStream::connect(address.path()).await.unwrap();
    let (socket, _) =
        tokio_tungstenite::client_async(format!("ws://peer{}", paths::LIVE), stream).await.unwrap();
    let mut page = Page(socket);
    let LiveMessage::Welcome { cursor, .. } = page.hear().await else { panic!("no welcome") };
    drop(page);
    pair.fetcher.fetch(&get("film.mkv")).await;

    let mut page = Page::open(pair.there.path()).await;
    page.say(json!({ "type": "events", "after": cursor })).await;
    let mut states = Vec::new();
    while states.last() != Some(&json!("complete")) {
        let LiveMessage::Events { list, .. } = page.hear().await else { panic!("no events") };
        states.extend(list.iter().filter_map(|event| event["download"].get("state").cloned()));
    }
    assert!(states.len() > 1, "how it began was told, too: {states:?}");
    page.say(json!({ "type": "events", "after": "1.1" })).await;
    loop {
        match page.hear().await {
            LiveMessage::Reset { .. } => break,
            LiveMessage::Events { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A session at a browser's door: its key.
async fn key_of(door: SocketAddr, secret: &str) -> String {
    let body = json!({ "secret": secret }).to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {door}\r\nOrigin: http://{door}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        paths::SESSION,
        body.len()
    );
    let mut stream = TcpStream::connect(door).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str::<Value>(body).unwrap()["key"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_at_the_door_follows_with_its_key_alone() {
    let folder = Folder::new();
    let member = folder.start("peer", None).await;
    let door = member.client.open_door(&Default::default()).await.unwrap();
    let (_, secret) = door.link.split_once("/#t=").unwrap();
    let key = key_of(door.address, secret).await;
    for (hello, is_let_in) in
        [(json!({ "type": "hello", "key": key }), true), (json!({ "type": "hello" }), false)]
    {
        let mut request = format!("ws://{}{}", door.address, paths::LIVE).into_client_request().unwrap();
        request.headers_mut().insert("origin", format!("http://{}", door.address).parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        socket.send(Message::text(hello.to_string())).await.unwrap();
        let told = socket.next().await.unwrap().unwrap();
        assert_eq!(told.is_text(), is_let_in, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_peer_sees_what_its_tracker_has() {
    let pair = Pair::sharing("film.mkv", &bytes(200_000, 35)).await;
    let mut page = Page::open(pair.there.path()).await;
    let (total, rows) = page.subscribe("items", json!({ "search": "film" })).await;
    assert_eq!((total, rows[0].1.as_ref().unwrap()["seeds"].clone()), (1, json!(1)));
    pair.fetcher.fetch(&get("film.mkv")).await;
    page.until(&rows[0], |row| row["seeds"] == 2).await;

    let (_, rows) = page.subscribe("peers", json!({})).await;
    let this = |row: &LiveRow| row.1.as_ref().is_some_and(|row| row["this"] == true);
    assert_eq!(rows.iter().filter(|row| this(row)).count(), 1);
    let other = rows.iter().find(|row| !this(row)).unwrap().0.clone();
    pair.holder.peer.shutdown().await;
    loop {
        let LiveMessage::Patch { rows, .. } = page.hear().await else { panic!("no patch") };
        if rows.contains(&(other.clone(), None)) {
            break;
        }
    }
}
