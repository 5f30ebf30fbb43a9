//! Members who follow a pool are told of what they may see, and of nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::{collections::BTreeMap, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_api::{LiveMessage, LiveRow, paths};
use serde_json::{Map, Value, json};
use support::{
    item,
    members::{Channel, Member, Stream, pool},
};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Longer than anything takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stream of events.
struct Events(Lines<BufReader<Stream>>);

impl Events {
    async fn of(member: &Member<'_>) -> Self {
        let mut stream = member.connect().await;
        let host = member.tracker.addr();
        let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\n\r\n", paths::EVENTS);
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut events = Self(BufReader::new(stream).lines());
        events.line("content-type: text/event-stream").await;
        events
    }

    async fn line(&mut self, begin: &str) -> String {
        let next = async {
            loop {
                let line = self.0.next_line().await.unwrap().expect("the stream goes on");
                if let Some(rest) = line.strip_prefix(begin) {
                    return rest.trim().to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("something is told")
    }

    /// The number of the next event, and the event without what passes with time.
    async fn next(&mut self) -> (u64, Value) {
        let id = self.line("id:").await;
        let mut event: Value = serde_json::from_str(&self.line("data:").await).unwrap();
        forget(&mut event);
        // So many as it had brought in when the tracker looked.
        event.get_mut("peer").and_then(Value::as_object_mut).map(|peer| peer.remove("items"));
        (id.split_once('.').unwrap().1.parse().unwrap(), event)
    }

    /// What happened up to something that happens to this item.
    async fn until(&mut self, event: &str, name: &str) -> Vec<(u64, Value)> {
        let mut told = Vec::new();
        loop {
            let (number, next) = self.next().await;
            let of = [&next["item"]["name"], &next["name"]].contains(&&json!(name));
            let is_it = next["event"] == event && of;
            told.push((number, next));
            if is_it {
                return told;
            }
        }
    }
}

fn forget(value: &mut Value) {
    if let Value::Object(fields) = value {
        for passing in ["connected_seconds", "added", "port"] {
            fields.remove(passing);
        }
        fields.values_mut().for_each(forget);
    }
}

/// A page that draws at once, and knows what it was told.
struct Page {
    socket: WebSocketStream<Stream>,
    windows: BTreeMap<u32, Window>,
    /// Every message, as it came.
    heard: String,
}

#[derive(Debug, Default)]
struct Window {
    total: u64,
    rows: BTreeMap<String, Map<String, Value>>,
}

impl Page {
    /// Follows all views that there are.
    async fn of(member: &Member<'_>) -> Self {
        let url = format!("ws://{}{}", member.tracker.addr(), paths::LIVE);
        let (socket, _) = tokio_tungstenite::client_async(url, member.connect().await).await.unwrap();
        let mut page = Self { socket, windows: BTreeMap::new(), heard: String::new() };
        for (id, view) in [(1, "items"), (2, "peers"), (3, "health")] {
            page.say(
                json!({ "type": "subscribe", "id": id, "view": view, "query": {}, "from": 0, "count": 50 }),
            )
            .await;
        }
        page.until(|windows| windows.len() == 3).await;
        page
    }

    async fn say(&mut self, request: Value) {
        self.socket.send(Message::text(request.to_string())).await.unwrap();
    }

    /// Hears until it knows this.
    async fn until(&mut self, is_known: impl Fn(&BTreeMap<u32, Window>) -> bool) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !is_known(&self.windows) {
            let next = tokio::time::timeout_at(end, self.socket.next()).await;
            let next = next.unwrap_or_else(|_| panic!("it is told: {:?}", self.windows));
            let Message::Text(text) = next.unwrap().unwrap() else { continue };
            self.heard.push_str(&text);
            let seq = match serde_json::from_str(&text).unwrap() {
                LiveMessage::Snapshot { seq, id, total, rows, .. } => {
                    self.windows.insert(id, Window { total, ..Window::default() });
                    self.take(id, rows);
                    seq
                }
                LiveMessage::Patch { seq, id, total, rows, .. } => {
                    if let Some(window) = self.windows.get_mut(&id) {
                        window.total = total;
                        self.take(id, rows);
                    }
                    seq
                }
                LiveMessage::Welcome { .. } => continue,
                other => panic!("{other:?}"),
            };
            self.say(json!({ "type": "ack", "seq": seq })).await;
        }
    }

    fn take(&mut self, id: u32, rows: Vec<LiveRow>) {
        let window = self.windows.get_mut(&id).unwrap();
        for (key, fields) in rows {
            match fields {
                Some(fields) => window.rows.entry(key).or_default().extend(fields),
                None => drop(window.rows.remove(&key)),
            }
        }
    }

    /// Asks for the rows of now.
    async fn anew(&mut self) {
        for id in self.windows.keys().copied().collect::<Vec<_>>() {
            self.windows.remove(&id);
            self.say(json!({ "type": "sort", "id": id })).await;
        }
        self.until(|windows| windows.len() == 3).await;
    }

    /// What it knows, without what passes with time.
    fn known(&self) -> Vec<String> {
        let window = |(id, window): (&u32, &Window)| {
            let mut rows = json!(window.rows);
            rows.as_object_mut().unwrap().values_mut().for_each(forget);
            rows.as_object_mut().unwrap().values_mut().for_each(|row| {
                for passing in ["uptime_seconds", "tracker_id"] {
                    row.as_object_mut().unwrap().remove(passing);
                }
            });
            format!("{id}: {} {rows}", window.total)
        };
        self.windows.iter().map(window).collect()
    }
}

fn names(windows: &BTreeMap<u32, Window>) -> Vec<&str> {
    let mut names: Vec<&str> = windows[&1].rows.values().map(|row| row["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// How many items peer 1 has, and the pool, as a page knows it.
fn counts(windows: &BTreeMap<u32, Window>) -> (u64, u64) {
    let peer = windows[&2].rows.values().find(|row| row["name"] == "peer 1");
    let of_peer = peer.map_or(0, |row| row["items"].as_u64().unwrap());
    (of_peer, windows[&3].rows[""]["items"].as_u64().unwrap())
}

/// All that bob is told while ann brings in what both see, and, in between, what bob does not, if she does.
async fn told(is_hidden_there: bool) -> (Vec<(u64, Value)>, Vec<String>) {
    let tracker = pool().await;
    let ann = Member::join(&tracker, "ann", &tracker.invite().unwrap().code.clone()).await;
    let bob = Member::join(&tracker, "bob", &ann.invite().await).await;
    for right in ["see", "get", "give"] {
        let rule = json!({ "pattern": "secret*", "right": right, "subject": "member:ann" });
        ann.post("/api/v1/access", &rule).await;
    }
    let (mut bobs, mut anns) = (Events::of(&bob).await, Events::of(&ann).await);
    let mut page = Page::of(&bob).await;
    let mut channel = ann.channel(1).await;
    let mut all = Vec::new();
    for (number, name) in ["notes", "song", "film"].into_iter().enumerate() {
        if is_hidden_there {
            // Of a content that bob sees, and of another.
            let names = [format!("secret {name}"), format!("secret other {number}")];
            for (name, content) in names.iter().zip([name, "other"]) {
                channel.bring(&item(name, content.as_bytes())).await;
                anns.until("appeared", name).await;
            }
        }
        channel.bring(&item(name, name.as_bytes())).await;
        all.extend(bobs.until("appeared", name).await);
    }
    page.until(|windows| windows[&1].total == 3 && counts(windows).1 == 3).await;
    page.anew().await;
    assert!(!page.heard.contains("secret"), "{}", page.heard);
    drop(channel);
    let mut last = Vec::new();
    while last.len() < 4 {
        let (number, event) = bobs.next().await;
        all.push((number, json!(null)));
        last.push(event.to_string());
    }
    last.sort();
    all.extend(last.into_iter().map(|event| (0, json!(event))));
    (all, page.known())
}

#[tokio::test]
async fn whoever_follows_is_told_alike_with_and_without_what_is_hidden() {
    let (without, with) = (told(false).await, told(true).await);
    assert_eq!(with.0, without.0);
    assert_eq!(with.1, without.1);
}

/// Makes a rule, which the peer of this channel confirms.
async fn allow(member: &Member<'_>, channel: &mut Channel, rule: Value) {
    tokio::select! {
        _ = member.post("/api/v1/access", &rule) => {}
        () = channel.confirm() => {}
    }
}

#[tokio::test]
async fn what_a_rule_shows_appears_and_what_it_hides_is_gone() {
    let tracker = pool().await;
    let ann = Member::join(&tracker, "ann", &tracker.invite().unwrap().code.clone()).await;
    let bob = Member::join(&tracker, "bob", &ann.invite().await).await;
    let mut channel = ann.channel(1).await;
    channel.bring(&item("notes", b"notes")).await;
    channel.bring(&item("song", b"song")).await;
    let (mut events, mut page) = (Events::of(&bob).await, Page::of(&bob).await);
    assert_eq!(names(&page.windows), ["notes", "song"]);
    let hash = item("song", b"song").info.hash().v2().unwrap().to_string();
    // The first rule about an item takes it from all whom no rule about it names.
    allow(&ann, &mut channel, json!({ "item": hash, "right": "see", "subject": "member:ann" })).await;
    let gone = events.until("gone", "song").await;
    page.until(|windows| names(windows) == ["notes"] && windows[&1].total == 1 && counts(windows) == (1, 1))
        .await;
    allow(&ann, &mut channel, json!({ "item": hash, "right": "see", "subject": "member:bob" })).await;
    let back = events.until("appeared", "song").await;
    assert_eq!(gone.len() + back.len(), 2, "{gone:?} {back:?}");
    page.until(|windows| names(windows).len() == 2 && windows[&1].total == 2 && counts(windows) == (2, 2))
        .await;
}

#[tokio::test]
async fn whoever_comes_to_see_other_things_by_itself_begins_anew() {
    let tracker = pool().await;
    let ann = Member::join(&tracker, "ann", &tracker.invite().unwrap().code.clone()).await;
    let bob = Member::join(&tracker, "bob", &ann.invite().await).await;
    ann.post("/api/v1/groups", &json!({ "name": "club" })).await;
    ann.post("/api/v1/access", &json!({ "pattern": "secret*", "right": "see", "subject": "group:club" }))
        .await;
    let mut channel = ann.channel(1).await;
    channel.bring(&item("secret", b"secret")).await;
    let (mut events, mut page) = (Events::of(&bob).await, Page::of(&bob).await);
    assert_eq!((names(&page.windows).len(), counts(&page.windows)), (0, (0, 0)));
    ann.send("PUT", "/api/v1/groups/club/members/bob", &json!({})).await;
    events.line("event: reset").await;
    page.until(|windows| windows[&1].total == 1 && counts(windows) == (1, 1)).await;
}
