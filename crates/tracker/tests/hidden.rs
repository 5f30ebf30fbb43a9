//! What a member may not see does not exist for it: everything it asks over its own sockets is answered as before when others
//! bring in what is hidden from it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_access::Code;
use peerpool_tls::{Endpoint, Expected, Identity, Protocol};
use peerpool_tracker::{Config, Tracker};
use peerpool_wire::{
    channel::{
        Have, ItemState, MAX_CHUNK, MEMBERS, MetainfoChunk, PATH, PeerSearch, RequestId, Target, ToPeer,
        ToTracker,
    },
    id::InfoHash,
    metainfo::Metainfo,
};
use serde_json::{Value, json};
use support::{config, hello, item};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

type Stream = Box<dyn ReadAndWrite>;

trait ReadAndWrite: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ReadAndWrite for T {}

struct Member<'a> {
    tracker: &'a Tracker,
    identity: Identity,
}

impl<'a> Member<'a> {
    async fn join(tracker: &'a Tracker, name: &str, code: &Code) -> Self {
        let member = Self { tracker, identity: Identity::generate().unwrap() };
        let code = data_encoding::BASE64URL_NOPAD.encode(&code.0);
        member.post("/api/v1/join", &json!({ "code": code, "name": name, "device": "laptop" })).await;
        member
    }

    async fn invite(&self) -> Code {
        let made = self.post("/api/v1/invites", &json!({})).await;
        let link: peerpool_access::Invite = made["link"].as_str().unwrap().parse().unwrap();
        link.code
    }

    async fn connect(&self) -> Stream {
        let endpoint = Endpoint::new(&self.identity, Protocol::Tracker).unwrap();
        let (read, write) = TcpStream::connect(self.tracker.addr()).await.unwrap().into_split();
        let connection = endpoint.connect(read, write, Expected::Anybody).await.unwrap();
        Box::new(tokio::io::join(connection.reader, connection.writer))
    }

    /// The whole answer, but for its date.
    async fn ask(&self, request: String) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
    }

    async fn get(&self, path: &str) -> String {
        let addr = self.tracker.addr();
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (addr, body) = (self.tracker.addr(), body.to_string());
        let head = format!("POST {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n");
        let kind = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = self.ask(format!("{head}{kind}{body}")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        serde_json::from_str(answer.lines().last().unwrap()).unwrap()
    }

    async fn channel(&self, number: u8) -> Channel {
        let url = format!("ws://{}{PATH}", self.tracker.addr());
        let (socket, _) = tokio_tungstenite::client_async(url, self.connect().await).await.unwrap();
        let mut channel = Channel { socket };
        let hello = peerpool_wire::channel::Hello { versions: vec![MEMBERS], ..hello(number) };
        channel.send(&ToTracker::Hello(hello)).await;
        channel.wait(|message| matches!(message, ToPeer::Welcome(_)).then_some(())).await;
        channel
    }
}

struct Channel {
    socket: WebSocketStream<Stream>,
}

impl Channel {
    async fn send(&mut self, message: &ToTracker) {
        self.socket.send(Message::Binary(message.encode().unwrap().into())).await.unwrap();
    }

    async fn wait<T>(&mut self, mut pick: impl FnMut(ToPeer) -> Option<T>) -> T {
        loop {
            if let Message::Binary(frame) = self.socket.next().await.unwrap().unwrap()
                && let Some(picked) = pick(ToPeer::decode(&frame).unwrap())
            {
                return picked;
            }
        }
    }

    /// The answer to a question of this number.
    async fn answer(&mut self, question: &ToTracker) -> ToPeer {
        self.send(question).await;
        self.wait(|message| {
            let is_answer = !matches!(
                message,
                ToPeer::Keyset { .. } | ToPeer::Pass { .. } | ToPeer::Access(_) | ToPeer::Reachability { .. }
            );
            is_answer.then_some(message)
        })
        .await
    }

    /// Registers an item and shows its metainfo; returns when the tracker knows it.
    async fn bring(&mut self, metainfo: &Metainfo) {
        let info_hash = metainfo.info.hash();
        self.send(&ToTracker::Register { items: vec![ItemState { info_hash, have: Have::All }] }).await;
        self.wait(|message| match message {
            ToPeer::NeedMetainfo { info_hashes } => info_hashes.contains(&info_hash).then_some(()),
            _ => None,
        })
        .await;
        let torrent = metainfo.to_torrent(&[]);
        assert!(torrent.len() <= MAX_CHUNK);
        let total = torrent.len() as u32;
        self.send(&ToTracker::Metainfo(MetainfoChunk { info_hash, offset: 0, total, bytes: torrent })).await;
        let located = self.answer(&locate(info_hash)).await;
        assert!(matches!(located, ToPeer::Located { item: Some(_), .. }), "{located:?}");
    }
}

fn locate(info_hash: InfoHash) -> ToTracker {
    let target = Target::InfoHash(info_hash);
    ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: false }
}

/// What passes with time, and what numbers the answers.
fn without_numbers(answer: &str) -> String {
    let mut value: Value = match serde_json::from_str(answer.lines().last().unwrap_or_default()) {
        Ok(value) => value,
        Err(_) => return answer.to_owned(),
    };
    forget(&mut value);
    let head: Vec<&str> = answer.lines().take_while(|line| !line.is_empty()).collect();
    let head: Vec<&str> = head.into_iter().filter(|line| !line.starts_with("content-length: ")).collect();
    format!("{} {value}", head.join("\n"))
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for passing in ["uptime_seconds", "connected_seconds", "order"] {
                fields.remove(passing);
            }
            fields.values_mut().for_each(forget);
        }
        Value::Array(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}

/// All that can be asked over HTTP about these items, and about the pool.
async fn over_http(member: &Member<'_>, items: &[Metainfo]) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/api/v1/items",
        "/api/v1/items?offline=true",
        "/api/v1/items?search=notes",
        "/api/v1/items?search=secret&sort=holders",
        "/api/v1/items?holder=peer+1",
        "/api/v1/peers",
        "/api/v1/peers?sort=items",
        "/api/v1/health",
    ]
    .map(str::to_owned)
    .into();
    for item in items {
        let hash = item.info.hash();
        let hash = hash.v2().map_or_else(|| hash.to_string(), |hash| hash.to_string());
        let of_it = ["", "/files", "/holders"].map(|part| format!("/api/v1/items/{hash}{part}"));
        paths.extend(of_it);
        paths.extend([format!("/items/{hash}.torrent"), format!("/items/{hash}/magnet")]);
        let wire = item.info.hash().v1_wire().unwrap();
        let escaped: String = wire.0.iter().map(|byte| format!("%{byte:02x}")).collect();
        paths.push(format!("/scrape?info_hash={escaped}"));
        paths.push(format!(
            "/announce?info_hash={escaped}&peer_id=bbbbbbbbbbbbbbbbbbbb&port=9&left=1&compact=1&event=stopped"
        ));
    }
    let mut answers = Vec::new();
    for path in paths {
        answers.push(format!("{path}: {}", without_numbers(&member.get(&path).await)));
    }
    answers
}

/// The same over a channel.
async fn over_channel(channel: &mut Channel, items: &[Metainfo]) -> Vec<ToPeer> {
    let request = RequestId(1);
    let mut questions = vec![
        ToTracker::List { request, query: String::new(), cursor: None, limit: 0, offline: true },
        ToTracker::List { request, query: "secret".into(), cursor: None, limit: 0, offline: false },
    ];
    for name in ["notes", "secret", "se", ""] {
        let target = Target::Name { name: name.into(), hash_prefix: String::new() };
        questions.push(ToTracker::Locate { request, target, wanted: 0, follow: false });
    }
    for item in items {
        let info_hash = item.info.hash();
        questions.push(locate(info_hash));
        questions.push(ToTracker::GetMetainfo { request, info_hash });
        questions.push(ToTracker::Holders { request, info_hash, offset: 0, limit: 9 });
    }
    questions.push(ToTracker::FindPeers { request, search: PeerSearch::default() });
    let mut answers = Vec::new();
    for question in questions {
        let mut answer = channel.answer(&question).await;
        if let ToPeer::FoundPeers { page, .. } = &mut answer {
            page.peers.iter_mut().for_each(|peer| peer.connected_seconds = 0);
        }
        answers.push(answer);
    }
    answers
}

#[tokio::test]
async fn every_question_is_answered_alike_with_and_without_what_is_hidden() {
    let tracker = Tracker::start_in_memory(Config { members: true, ..config() }).await.unwrap();
    let ann = Member::join(&tracker, "ann", &tracker.invite().unwrap().code.clone()).await;
    let bob = Member::join(&tracker, "bob", &ann.invite().await).await;
    let seen = item("notes.txt", b"for all");
    let hidden = [item("secret.txt", b"for few"), item("secret notes.txt", b"for all")];
    for right in ["see", "get", "give"] {
        let rule = json!({ "pattern": "secret*", "right": right, "subject": "member:ann" });
        ann.post("/api/v1/access", &rule).await;
    }
    let all: Vec<Metainfo> = [seen.clone()].into_iter().chain(hidden.clone()).collect();
    let (mut anns, mut bobs) = (ann.channel(1).await, bob.channel(2).await);
    anns.bring(&seen).await;
    let before = (over_http(&bob, &all).await, over_channel(&mut bobs, &all).await);
    for item in &hidden {
        anns.bring(item).await;
    }
    let of_ann = over_http(&ann, &all).await;
    let after = (over_http(&bob, &all).await, over_channel(&mut bobs, &all).await);
    for (before, after) in before.0.iter().zip(&after.0) {
        assert_eq!(before, after);
    }
    for (before, after) in before.1.iter().zip(&after.1) {
        assert_eq!(before, after);
    }
    let differ = of_ann.iter().zip(&after.0).filter(|(ann, bob)| ann != bob).count();
    assert!(differ > all.len(), "who may see them does: {of_ann:#?}");
}
