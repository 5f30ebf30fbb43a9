use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_api::{ApiError, Code, LiveMessage};
use serde_json::{Map, Value, json};
use tokio::io::DuplexStream;
use tokio_tungstenite::{WebSocketStream, tungstenite};

use super::{super::socket::WRITE_TIMEOUT, *};
use crate::live::{Answer, Ask, Key, Row, View};

/// Numbered things, each with one value.
#[derive(Clone, Default)]
struct Things {
    values: Arc<Mutex<Vec<String>>>,
    /// Questions of the view `stuck` that are not answered, which they never are.
    stuck: Arc<AtomicUsize>,
}

struct ThingsView {
    things: Things,
    is_stuck: bool,
}

struct Stuck(Arc<AtomicUsize>);

impl Drop for Stuck {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Source for Things {
    type View = ThingsView;

    fn open(&self, view: &str, _: Map<String, Value>) -> Result<ThingsView, ApiError> {
        match view {
            "things" | "stuck" => Ok(ThingsView { things: self.clone(), is_stuck: view == "stuck" }),
            _ => Err(ApiError::new(Code::NotFound, format!("no view `{view}`"))),
        }
    }
}

impl View for ThingsView {
    async fn answer(&self, ask: Ask) -> Result<Answer, ApiError> {
        if self.is_stuck {
            self.things.stuck.fetch_add(1, Ordering::Relaxed);
            let _stuck = Stuck(self.things.stuck.clone());
            std::future::pending::<()>().await;
        }
        let values = self.things.values.lock().unwrap();
        let keys = || (0..values.len()).map(|nth| nth.to_string().into()).collect();
        let row = |key: &Key| Row::new(&json!({ "value": values.get(key.parse::<usize>().unwrap())? })).ok();
        Ok(Answer::out_of_list(ask, keys, row))
    }
}

struct Room(usize);

impl Seat for Room {
    fn hold(&mut self, bytes: usize) -> bool {
        bytes <= self.0
    }

    fn note_sign(&self) {}

    fn revoked(&self) -> CancellationToken {
        CancellationToken::new()
    }
}

struct World {
    things: Things,
    events: EventLog,
}

struct Page(WebSocketStream<DuplexStream>);

impl World {
    fn new(values: &[&str]) -> Self {
        let things = Things::default();
        *things.values.lock().unwrap() = values.iter().map(|value| (*value).to_owned()).collect();
        Self { things, events: EventLog::new(7) }
    }

    fn set(&self, nth: usize, value: &str) {
        value.clone_into(&mut self.things.values.lock().unwrap()[nth]);
    }

    /// A client, and how its connection ends.
    async fn connect(
        &self,
        room: usize,
        sessions: Option<Sessions>,
    ) -> (Page, tokio::task::JoinHandle<Ended>) {
        let (ours, theirs) = tokio::io::duplex(4 << 10);
        let follower = Follower {
            source: self.things.clone(),
            events: self.events.clone(),
            version: "1",
            seat: Box::new(Room(room)),
            sessions,
            shutdown: CancellationToken::new(),
        };
        let served = tokio::spawn(serve(ours, follower));
        let page = WebSocketStream::from_raw_socket(theirs, tungstenite::protocol::Role::Client, None).await;
        (Page(page), served)
    }

    async fn open(&self) -> (Page, tokio::task::JoinHandle<Ended>) {
        let (mut page, served) = self.connect(1 << 20, None).await;
        assert!(matches!(page.hear().await, LiveMessage::Welcome { .. }));
        (page, served)
    }
}

impl Page {
    async fn say(&mut self, request: Value) {
        self.0.send(tungstenite::Message::text(request.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> LiveMessage {
        match self.next().await {
            tungstenite::Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other}"),
        }
    }

    /// The code of the farewell.
    async fn hear_farewell(&mut self) -> CloseCode {
        match self.next().await {
            tungstenite::Message::Close(Some(close)) => close.code,
            other => panic!("{other}"),
        }
    }

    async fn next(&mut self) -> tungstenite::Message {
        let next = async {
            loop {
                match self.0.next().await.unwrap().unwrap() {
                    tungstenite::Message::Ping(_) => {}
                    message => return message,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), next).await.expect("something is to be told")
    }

    async fn subscribe(&mut self, view: &str) {
        self.say(json!({ "type": "subscribe", "id": 1, "view": view, "from": 0, "count": 200 })).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_is_followed_once_what_was_sent_is_drawn() {
    let world = World::new(&["a", "b"]);
    let (mut page, _served) = world.open().await;
    page.subscribe("things").await;
    let LiveMessage::Snapshot { seq: 1, id: 1, total: 2, rows, .. } = page.hear().await else { panic!() };
    assert_eq!(rows[1].0, "1");
    world.set(1, "c");
    let early = tokio::time::timeout(Duration::from_secs(5), page.hear()).await;
    assert!(early.is_err(), "it was not drawn yet: {early:?}");
    page.say(json!({ "type": "ack", "seq": 1 })).await;
    let LiveMessage::Patch { seq: 2, id: 1, rows, .. } = page.hear().await else { panic!() };
    assert_eq!(serde_json::to_value(rows).unwrap(), json!([["1", { "value": "c" }]]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let world = World::new(&["long"; 200]);
    world.set(7, &"long".repeat(10_000));
    let (mut page, served) = world.connect(1 << 20, None).await;
    page.subscribe("things").await;
    let ended = tokio::time::timeout(WRITE_TIMEOUT * 2, served).await.unwrap().unwrap();
    assert!(matches!(ended, Ended::Socket(SocketError::NotReading)), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_without_a_word_is_given_up() {
    let world = World::new(&[]);
    let (_page, served) = world.open().await;
    let ended = tokio::time::timeout(SILENCE * 2, served).await.unwrap().unwrap();
    assert!(matches!(ended, Ended::Silent), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_show_a_key_hears_nothing() {
    let world = World::new(&[]);
    for first in [
        json!({ "type": "hello", "key": "4321" }),
        json!({ "type": "hello" }),
        json!({ "type": "subscribe", "id": 1, "view": "things", "count": 1 }),
    ] {
        let (mut page, _served) = world.connect(1 << 20, Some(Sessions::default())).await;
        page.say(first).await;
        assert_eq!(page.hear_farewell().await, CloseCode::Policy);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_a_key_follows_until_its_session_ends() {
    let world = World::new(&[]);
    let sessions = Sessions::default();
    let key = sessions.open(&sessions.offer().to_string()).unwrap().key.to_string();
    let (mut page, served) = world.connect(1 << 20, Some(sessions.clone())).await;
    page.say(json!({ "type": "hello", "key": key })).await;
    assert!(matches!(page.hear().await, LiveMessage::Welcome { .. }));
    sessions.end(sessions.of_key(&key).unwrap().id);
    assert_eq!(page.hear_farewell().await, CloseCode::Policy);
    drop(page);
    assert!(matches!(served.await.unwrap(), Ended::SignedOut));
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_where_a_key_is_needed_is_given_up() {
    let world = World::new(&[]);
    let (_page, served) = world.connect(1 << 20, Some(Sessions::default())).await;
    let ended = tokio::time::timeout(HELLO_TIMEOUT * 2, served).await.unwrap().unwrap();
    assert!(matches!(ended, Ended::NoHello), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn a_newer_question_of_a_window_ends_the_older_one() {
    let world = World::new(&["a"]);
    let (mut page, _served) = world.open().await;
    page.subscribe("stuck").await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(world.things.stuck.load(Ordering::Relaxed), 1);
        page.subscribe("stuck").await;
    }
    page.subscribe("things").await;
    assert!(matches!(page.hear().await, LiveMessage::Snapshot { .. }));
    assert_eq!(world.things.stuck.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stuck_window_holds_up_no_other() {
    let world = World::new(&["a"]);
    let (mut page, _served) = world.open().await;
    page.subscribe("stuck").await;
    page.say(json!({ "type": "subscribe", "id": 2, "view": "things", "count": 1 })).await;
    assert!(matches!(page.hear().await, LiveMessage::Snapshot { id: 2, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_connection_for_which_there_is_no_room_ends() {
    let world = World::new(&["a value"; 200]);
    let (mut page, served) = world.connect(4000, None).await;
    assert!(matches!(page.hear().await, LiveMessage::Welcome { .. }));
    page.subscribe("things").await;
    assert_eq!(page.hear_farewell().await, CloseCode::Again);
    drop(page);
    assert!(matches!(served.await.unwrap(), Ended::NoRoom));
}

#[tokio::test(start_paused = true)]
async fn requests_that_cannot_be_done_are_answered_and_end_nothing() {
    let world = World::new(&["a"]);
    let (mut page, _served) = world.open().await;
    for (request, id) in [
        (json!({ "type": "sing" }), None),
        (json!({ "type": "subscribe", "id": 1, "view": "nothing", "count": 1 }), Some(1)),
        (json!({ "type": "subscribe", "id": 1, "view": "things", "count": 201 }), Some(1)),
        (json!({ "type": "move", "id": 1, "from": 0, "count": 1 }), Some(1)),
    ] {
        page.say(request).await;
        let LiveMessage::Error { id: told, .. } = page.hear().await else { panic!() };
        assert_eq!(told, id);
    }
    page.subscribe("things").await;
    assert!(matches!(page.hear().await, LiveMessage::Snapshot { .. }));
}

#[tokio::test(start_paused = true)]
async fn events_go_on_after_a_cursor_and_a_foreign_one_is_told_of() {
    let world = World::new(&[]);
    world.events.tell(&json!({ "event": "first" }));
    let cursor = world.events.cursor();
    world.events.tell(&json!({ "event": "second" }));
    let (mut page, _served) = world.open().await;
    page.say(json!({ "type": "events", "after": cursor.to_string() })).await;
    let LiveMessage::Events { cursor, list } = page.hear().await else { panic!() };
    assert_eq!(list, [json!({ "event": "second" })]);
    assert_eq!(cursor, world.events.cursor().to_string());
    page.say(json!({ "type": "events", "after": "8.1" })).await;
    assert!(matches!(page.hear().await, LiveMessage::Reset { .. }));
    world.events.tell(&json!({ "event": "third" }));
    assert!(matches!(page.hear().await, LiveMessage::Events { .. }));
}
