//! A connection beside the simplest client there is, and a source that changes as it likes: whatever happens and however
//! slow anybody is, the client shows what the source had.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use peerpool_api::{ApiError, Code, LiveMessage, LiveRequest};
use peerpool_web::live::{Answer, Ask, Connection, Key, Output, PACE, RECOUNT, REST, Row};
use peerpool_wire::time::Time;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Things by key: each has a weight, by which they are ordered, and perhaps a note.
#[derive(Debug, Clone, Default)]
struct Source {
    things: BTreeMap<u8, (u8, Option<u8>)>,
}

impl Source {
    fn row(&self, key: &str) -> Option<Value> {
        let (weight, note) = self.things.get(&key.parse().unwrap())?;
        let mut row = json!({ "weight": weight, "name": format!("thing {key}") });
        if let Some(note) = note {
            row["note"] = json!(note);
        }
        Some(row)
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<_> = self.things.iter().map(|(key, (weight, _))| (*weight, *key)).collect();
        keys.sort_unstable();
        keys.iter().map(|(_, key)| key.to_string().into()).collect()
    }

    fn answer(&self, ask: &Ask) -> Answer {
        let row = |key: &Key| self.row(key).map(|row| Row::new(&row).unwrap());
        Answer::out_of_list(ask.clone(), || self.keys(), row)
    }
}

/// What a client shows of one window.
#[derive(Debug, Clone, Default, PartialEq)]
struct Shown {
    rows: Vec<(String, Option<Map<String, Value>>)>,
    order: String,
    changed: u64,
    total: u64,
}

/// What a page does with what it is told.
#[derive(Debug, Default)]
struct Client {
    windows: BTreeMap<u32, Shown>,
}

impl Client {
    /// Returns the window and the number of a message of a view.
    fn apply(&mut self, message: LiveMessage) -> Option<(u32, u64)> {
        match message {
            LiveMessage::Snapshot { seq, id, order, total, rows, .. } => {
                self.windows.insert(id, Shown { rows, order, changed: 0, total });
                Some((id, seq))
            }
            LiveMessage::Patch { seq, id, rows, changed, total } => {
                let shown = self.windows.get_mut(&id).expect("a patch comes after a snapshot");
                (shown.changed, shown.total) = (changed, total);
                for (key, changes) in rows {
                    let (_, fields) = shown.rows.iter_mut().find(|(shown, _)| *shown == key).unwrap();
                    match changes {
                        None => *fields = None,
                        Some(changes) => fields.get_or_insert_default().extend(changes),
                    }
                    fields.iter_mut().for_each(|fields| fields.retain(|_, value| !value.is_null()));
                }
                Some((id, seq))
            }
            _ => None,
        }
    }
}

/// A question that is not answered yet, or what was read for it.
#[derive(Debug)]
struct Open {
    id: u32,
    question: u64,
    ask: Ask,
    read: Option<Answer>,
}

#[derive(Debug)]
struct World {
    now: Time,
    source: Source,
    connection: Connection,
    client: Client,
    open: VecDeque<Open>,
    /// What was answered last for each window, and after how many looks.
    answered: BTreeMap<u32, (Answer, u64)>,
    visible: bool,
    sent: u64,
    acked: u64,
    looks: u64,
    /// When the rows of each window were asked for last.
    asked: BTreeMap<u32, Time>,
}

impl World {
    fn new() -> Self {
        Self {
            now: Time::from_secs(100),
            source: Source::default(),
            connection: Connection::default(),
            client: Client::default(),
            open: VecDeque::new(),
            answered: BTreeMap::new(),
            visible: true,
            sent: 0,
            acked: 0,
            looks: 0,
            asked: BTreeMap::new(),
        }
    }

    fn say(&mut self, request: LiveRequest) {
        match request {
            LiveRequest::Ack { seq } => self.acked = seq,
            LiveRequest::Visible { yes } if yes != self.visible => {
                self.visible = yes;
                self.acked = self.sent;
                self.client.windows.clear();
            }
            LiveRequest::Unsubscribe { id } | LiveRequest::Subscribe { id, .. } => {
                self.client.windows.remove(&id);
                self.asked.remove(&id);
            }
            _ => {}
        }
        self.connection.handle_request(self.now, request);
        self.drain();
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.connection.next_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.connection.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    /// The source reads for the nth question, without the connection's knowing yet.
    fn read(&mut self, nth: usize) {
        if let Some(open) = self.open.get_mut(nth) {
            open.read = Some(self.source.answer(&open.ask));
        }
    }

    fn answer(&mut self, nth: usize) {
        if self.open.get(nth).is_some_and(|open| open.read.is_none()) {
            self.read(nth);
        }
        let Some(open) = self.open.remove(nth) else { return };
        let answer = open.read.expect("it was read");
        self.answered.insert(open.id, (answer.clone(), self.looks));
        self.connection.handle_answer(self.now, open.id, open.question, Ok(answer));
        self.drain();
    }

    fn fail(&mut self, nth: usize) {
        let Some(open) = self.open.remove(nth) else { return };
        let problem = ApiError::new(Code::TrackerUnreachable, "it does not answer");
        self.connection.handle_answer(self.now, open.id, open.question, Err(problem));
        self.drain();
    }

    fn drain(&mut self) {
        let might = self.visible && self.acked == self.sent;
        let before = self.sent;
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Open { id, .. } | Output::Close(id) | Output::Withdraw(id) => {
                    self.open.retain(|open| open.id != id);
                }
                Output::Ask { id, question, ask } => {
                    assert!(might, "nothing is asked for whoever does not look");
                    self.open.retain(|open| open.id != id);
                    self.note_asked(id, &ask);
                    self.open.push_back(Open { id, question, ask, read: None });
                }
                Output::AskEvents(_) => unreachable!("nobody follows events"),
                Output::Send(message) => self.receive(&serde_json::to_string(&message).unwrap(), might),
            }
        }
        self.looks += u64::from(self.sent > before);
    }

    fn note_asked(&mut self, id: u32, ask: &Ask) {
        let before = self.asked.get(&id).copied();
        if matches!(ask, Ask::Rows { .. }) {
            assert!(before.is_none_or(|at| self.now - at >= PACE), "a window is looked at too often");
            self.asked.insert(id, self.now);
        }
    }

    fn receive(&mut self, text: &str, might: bool) {
        let message = serde_json::from_str(text).expect("it has the shape that the API describes");
        let Some((id, seq)) = self.client.apply(message) else { return };
        assert!(might, "nothing is sent to a client that is hidden or has not drawn");
        assert_eq!(seq, self.sent + 1);
        self.sent = seq;
        let (answer, looks) = &self.answered[&id];
        assert!(self.looks - looks <= 1, "what is shown is older than the look before");
        self.check_shown(id, answer);
    }

    /// The client shows exactly what was answered.
    fn check_shown(&self, id: u32, answer: &Answer) {
        let shown = &self.client.windows[&id];
        let as_map = |row: &Row| serde_json::to_value(row).unwrap().as_object().unwrap().clone();
        let rows: Vec<_> = match answer {
            Answer::Page(page) => {
                page.rows.iter().map(|(key, row)| (key.to_string(), row.as_ref().map(as_map))).collect()
            }
            Answer::Rows(rows) => {
                let keys = shown.rows.iter().map(|(key, _)| key.clone());
                keys.zip(&rows.rows).map(|(key, row)| (key, row.as_ref().map(as_map))).collect()
            }
        };
        assert_eq!(shown.rows, rows);
    }

    /// Everybody draws and answers at once, and nothing changes any more.
    fn settle(&mut self) {
        self.say(LiveRequest::Visible { yes: true });
        let until = self.now + RECOUNT + REST + PACE * 4;
        while self.now < until {
            while !self.open.is_empty() || self.acked < self.sent {
                self.answer(0);
                self.say(LiveRequest::Ack { seq: self.sent });
            }
            self.pass(Duration::from_millis(10));
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Change { key: u8, weight: u8, note: Option<u8> },
    Remove { key: u8 },
    Say(LiveRequest),
    AckAll,
    Pass { millis: u64 },
    Read { nth: usize },
    Answer { nth: usize },
    Fail { nth: usize },
}

fn request() -> impl Strategy<Value = LiveRequest> {
    let (id, from, count) = (0..3u32, 0..12u64, 0..8u32);
    prop_oneof![
        (id.clone(), from.clone(), count.clone()).prop_map(|(id, from, count)| LiveRequest::Subscribe {
            id,
            view: "things".into(),
            query: Map::new(),
            from,
            count
        }),
        (id.clone(), from, count).prop_map(|(id, from, count)| LiveRequest::Move { id, from, count }),
        id.clone().prop_map(|id| LiveRequest::Sort { id }),
        id.prop_map(|id| LiveRequest::Unsubscribe { id }),
        any::<bool>().prop_map(|yes| LiveRequest::Visible { yes }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..16u8, 0..16u8, prop::option::of(0..2u8))
            .prop_map(|(key, weight, note)| Step::Change { key, weight, note }),
        1 => (0..16u8).prop_map(|key| Step::Remove { key }),
        3 => request().prop_map(Step::Say),
        4 => Just(Step::AckAll),
        4 => (1..400u64).prop_map(|millis| Step::Pass { millis }),
        2 => (0..3usize).prop_map(|nth| Step::Read { nth }),
        4 => (0..3usize).prop_map(|nth| Step::Answer { nth }),
        1 => (0..3usize).prop_map(|nth| Step::Fail { nth }),
    ]
}

proptest! {
    #[test]
    fn a_client_shows_what_the_source_had_no_earlier_than_the_look_before(
        steps in prop::collection::vec(step(), 1..120)
    ) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Change { key, weight, note } => drop(world.source.things.insert(key, (weight, note))),
                Step::Remove { key } => drop(world.source.things.remove(&key)),
                Step::Say(request) => world.say(request),
                Step::AckAll => world.say(LiveRequest::Ack { seq: world.sent }),
                Step::Pass { millis } => world.pass(Duration::from_millis(millis)),
                Step::Read { nth } => world.read(nth),
                Step::Answer { nth } => world.answer(nth),
                Step::Fail { nth } => world.fail(nth),
            }
        }
        world.settle();
        for shown in world.client.windows.values() {
            let rows = shown.rows.iter().map(|(key, row)| (world.source.row(key), row.clone().map(Value::Object)));
            for (is, shown) in rows {
                prop_assert_eq!(is, shown);
            }
            prop_assert_eq!(shown.total, world.source.things.len() as u64);
        }
    }
}
