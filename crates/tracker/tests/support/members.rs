//! Members as they ask and follow over sockets of their own.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_access::Code;
use peerpool_tls::{Endpoint, Expected, Identity, Protocol};
use peerpool_tracker::{Config, Tracker};
use peerpool_wire::{
    channel::{
        Have, ItemState, MAX_CHUNK, MEMBERS, MetainfoChunk, PATH, RequestId, Target, ToPeer, ToTracker,
    },
    id::InfoHash,
    metainfo::Metainfo,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{config, hello};

/// A pool that nobody has joined yet.
pub(crate) async fn pool() -> Tracker {
    Tracker::start_in_memory(Config { members: true, ..config() }).await.unwrap()
}

pub(crate) type Stream = Box<dyn ReadAndWrite>;

pub(crate) trait ReadAndWrite: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ReadAndWrite for T {}

pub(crate) struct Member<'a> {
    pub(crate) tracker: &'a Tracker,
    identity: Arc<Identity>,
}

impl<'a> Member<'a> {
    pub(crate) async fn join(tracker: &'a Tracker, name: &str, code: &Code) -> Self {
        let member = Self { tracker, identity: Arc::new(Identity::generate().unwrap()) };
        let code = data_encoding::BASE64URL_NOPAD.encode(&code.0);
        member.post("/api/v1/join", &json!({ "code": code, "name": name, "device": "laptop" })).await;
        member
    }

    /// The same at another tracker.
    pub(crate) fn at<'b>(&self, tracker: &'b Tracker) -> Member<'b> {
        Member { tracker, identity: self.identity.clone() }
    }

    pub(crate) async fn invite(&self) -> Code {
        let made = self.post("/api/v1/invites", &json!({})).await;
        let link: peerpool_access::Invite = made["link"].as_str().unwrap().parse().unwrap();
        link.code
    }

    pub(crate) async fn connect(&self) -> Stream {
        let endpoint = Endpoint::new(&self.identity, Protocol::Tracker).unwrap();
        let (read, write) = TcpStream::connect(self.tracker.addr()).await.unwrap().into_split();
        let connection = endpoint.connect(read, write, Expected::Anybody).await.unwrap();
        Box::new(tokio::io::join(connection.reader, connection.writer))
    }

    /// The whole answer, but for its date.
    pub(crate) async fn ask(&self, request: String) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let addr = self.tracker.addr();
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.send("POST", path, body).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let (addr, body) = (self.tracker.addr(), body.to_string());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n");
        let kind = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = self.ask(format!("{head}{kind}{body}")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        serde_json::from_str(answer.lines().last().unwrap()).unwrap()
    }

    pub(crate) async fn channel(&self, number: u8) -> Channel {
        let url = format!("ws://{}{PATH}", self.tracker.addr());
        let (socket, _) = tokio_tungstenite::client_async(url, self.connect().await).await.unwrap();
        let mut channel = Channel { socket };
        let hello = peerpool_wire::channel::Hello { versions: vec![MEMBERS], ..hello(number) };
        channel.send(&ToTracker::Hello(hello)).await;
        channel.wait(|message| matches!(message, ToPeer::Welcome(_)).then_some(())).await;
        channel
    }
}

pub(crate) struct Channel {
    socket: WebSocketStream<Stream>,
}

impl Channel {
    pub(crate) async fn send(&mut self, message: &ToTracker) {
        self.socket.send(Message::Binary(message.encode().unwrap().into())).await.unwrap();
    }

    pub(crate) async fn wait<T>(&mut self, mut pick: impl FnMut(ToPeer) -> Option<T>) -> T {
        loop {
            if let Message::Binary(frame) = self.socket.next().await.unwrap().unwrap()
                && let Some(picked) = pick(ToPeer::decode(&frame).unwrap())
            {
                return picked;
            }
        }
    }

    /// Waits until the tracker has ended it.
    pub(crate) async fn ended(&mut self) {
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    /// Confirms whatever changes of who may do what, without end.
    pub(crate) async fn confirm(&mut self) {
        loop {
            let epoch = self.wait(|message| match message {
                ToPeer::Access(access) => Some(access.epoch),
                _ => None,
            });
            let epoch = epoch.await;
            self.send(&ToTracker::AccessSeen { epoch }).await;
        }
    }

    /// The answer to a question of this number.
    pub(crate) async fn answer(&mut self, question: &ToTracker) -> ToPeer {
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
    pub(crate) async fn bring(&mut self, metainfo: &Metainfo) {
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

pub(crate) fn locate(info_hash: InfoHash) -> ToTracker {
    let target = Target::InfoHash(info_hash);
    ToTracker::Locate { request: RequestId(1), target, wanted: 0, follow: false }
}
