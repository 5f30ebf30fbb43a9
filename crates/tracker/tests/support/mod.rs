//! A peer as the tracker sees it, and items to share.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use peerpool_tracker::{Config, Tracker};
use peerpool_wire::{
    canonical::{Builder, FileHasher, piece_length},
    channel::{
        Have, Hello, ItemState, MetainfoChunk, PATH, Page, Refusal, RequestId, SessionSecret, Target, ToPeer,
        ToTracker, VERSIONS, Welcome,
    },
    id::{InfoHash, PeerId},
    metainfo::Metainfo,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

pub(crate) mod members;

/// Long enough for any machine; only a broken test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: None,
        database: None,
        advertise: None,
        name: Some("test".into()),
        announce_on_lan: false,
        sites: Default::default(),
        hosts: Vec::new(),
        members: false,
        certificate: None,
        acme: None,
        oidc: None,
        convert: false,
    }
}

pub(crate) async fn tracker() -> Tracker {
    Tracker::start_in_memory(config()).await.unwrap()
}

/// A single-file item with this content.
pub(crate) fn item(name: &str, content: &[u8]) -> Metainfo {
    let piece_length = piece_length(content.len() as u64, 1);
    let mut hasher = FileHasher::new(piece_length);
    hasher.update(content);
    Builder::new(piece_length).file(vec![], hasher.finish()).finish(name).unwrap()
}

/// A folder of so many files with long names.
pub(crate) fn folder(name: &str, files: usize) -> Metainfo {
    let mut hasher = FileHasher::new(piece_length(1, 1));
    hasher.update(b".");
    let hashes = hasher.finish();
    let path = |number| vec![format!("{number:08}-{}", "x".repeat(50))];
    let add = |builder: Builder, number| builder.file(path(number), hashes.clone());
    (0..files).fold(Builder::new(piece_length(1, 1)), add).finish(name).unwrap()
}

/// A connected peer that does what its test says.
pub(crate) struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    seen: VecDeque<ToPeer>,
    requests: u32,
}

impl Peer {
    /// Connects without a word.
    pub(crate) async fn connect(tracker: SocketAddr) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(format!("ws://{tracker}{PATH}")).await.unwrap();
        Self { socket, seen: VecDeque::new(), requests: 0 }
    }

    /// Connects, says hello and is welcome.
    pub(crate) async fn join(tracker: SocketAddr, number: u8) -> Self {
        Self::join_as(tracker, number).await.0
    }

    pub(crate) async fn join_as(tracker: SocketAddr, number: u8) -> (Self, Welcome) {
        let mut peer = Self::connect(tracker).await;
        peer.send(ToTracker::Hello(hello(number))).await;
        let welcome = peer.wait(|message| match message {
            ToPeer::Welcome(welcome) => Some(welcome.clone()),
            _ => None,
        });
        let welcome = welcome.await;
        (peer, welcome)
    }

    pub(crate) async fn send(&mut self, message: ToTracker) {
        self.send_raw(message.encode().unwrap()).await;
    }

    pub(crate) async fn send_raw(&mut self, frame: Vec<u8>) {
        self.socket.send(Message::Binary(frame.into())).await.unwrap();
    }

    /// Sends bytes that are no whole frame.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        match self.socket.get_mut() {
            MaybeTlsStream::Plain(stream) => stream.write_all(bytes).await.unwrap(),
            _ => panic!("no TLS here"),
        }
    }

    /// The first message that `pick` wants; others are kept for later.
    pub(crate) async fn wait<T>(&mut self, mut pick: impl FnMut(&ToPeer) -> Option<T>) -> T {
        for at in 0..self.seen.len() {
            if let Some(found) = pick(&self.seen[at]) {
                self.seen.remove(at);
                return found;
            }
        }
        loop {
            let message = self.next().await.expect("the connection stays open");
            match pick(&message) {
                Some(found) => return found,
                None => self.seen.push_back(message),
            }
        }
    }

    /// Pings, and waits for the answer; messages that come before it are kept for later.
    pub(crate) async fn ping(&mut self) {
        self.socket.send(Message::Ping(Vec::new().into())).await.unwrap();
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an answer in time");
            match frame.unwrap().unwrap() {
                Message::Pong(_) => return,
                Message::Binary(frame) => self.seen.push_back(ToPeer::decode(&frame).unwrap()),
                _ => {}
            }
        }
    }

    /// Whether an answer to a question has come that could not be answered.
    pub(crate) fn has_failed(&self) -> bool {
        self.seen.iter().any(|message| matches!(message, ToPeer::Failed { .. }))
    }

    /// The next message; none when the connection is closed.
    pub(crate) async fn next(&mut self) -> Option<ToPeer> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an answer in time");
            match frame {
                Some(Ok(Message::Binary(frame))) => return Some(ToPeer::decode(&frame).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn refused(&mut self) -> Refusal {
        self.wait(|message| match message {
            ToPeer::Refused { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn register(&mut self, metainfo: &Metainfo, have: Have) {
        let info_hash = metainfo.info.hash();
        self.send(ToTracker::Register { items: vec![ItemState { info_hash, have }] }).await;
    }

    /// Registers an item that the tracker does not know, and sends its metainfo when asked.
    pub(crate) async fn introduce(&mut self, metainfo: &Metainfo) {
        self.register(metainfo, Have::All).await;
        self.send_metainfo_when_asked(metainfo).await;
    }

    pub(crate) async fn send_metainfo_when_asked(&mut self, metainfo: &Metainfo) {
        let wanted = metainfo.info.hash();
        self.wait(|message| match message {
            ToPeer::NeedMetainfo { info_hashes } if info_hashes.contains(&wanted) => Some(()),
            _ => None,
        })
        .await;
        for chunk in MetainfoChunk::split(wanted, &metainfo.to_torrent(&[])).unwrap() {
            self.send(ToTracker::Metainfo(chunk)).await;
        }
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    pub(crate) async fn list(&mut self, query: &str) -> Page {
        let request = self.request();
        let query = query.to_owned();
        self.send(ToTracker::List { request, query, cursor: None, limit: 0, offline: false }).await;
        self.wait(|message| match message {
            ToPeer::Listed { request: answered, page } if *answered == request => Some(page.clone()),
            _ => None,
        })
        .await
    }

    /// The answer to a `Locate`: `Located` or `Failed`.
    pub(crate) async fn locate(&mut self, target: Target, follow: bool) -> ToPeer {
        let request = self.request();
        self.send(ToTracker::Locate { request, target, wanted: 0, follow }).await;
        self.wait(|message| match message {
            ToPeer::Located { request: answered, .. } | ToPeer::Failed { request: answered, .. }
                if *answered == request =>
            {
                Some(message.clone())
            }
            _ => None,
        })
        .await
    }

    pub(crate) async fn metainfo(&mut self, info_hash: InfoHash) -> MetainfoChunk {
        let request = self.request();
        self.send(ToTracker::GetMetainfo { request, info_hash }).await;
        self.wait(|message| match message {
            ToPeer::Metainfo { request: answered, chunk } if *answered == request => Some(chunk.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn ask_update(&mut self) -> RequestId {
        let request = self.request();
        self.send(ToTracker::Update { request }).await;
        request
    }
}

pub(crate) fn hello(number: u8) -> Hello {
    Hello {
        versions: VERSIONS.to_vec(),
        peer_id: PeerId([number; 20]),
        name: format!("peer {number}"),
        agent: "test".into(),
        port: 40_000 + u16::from(number),
        secret: Some(SessionSecret([number; 16])),
        listens: Vec::new(),
        connection: 0,
        digest: None,
    }
}

pub(crate) fn by_name(name: &str) -> Target {
    Target::Name { name: name.to_owned(), hash_prefix: String::new() }
}

/// Waits until the tracker lists an item of this name with so many seeds.
pub(crate) async fn listed(peer: &mut Peer, name: &str, seeds: u32) {
    while !peer.list(name).await.items.iter().any(|item| item.name == name && item.seeds == seeds) {}
}

/// One request on a connection of its own; the whole answer, with its head.
pub(crate) async fn http(tracker: SocketAddr, path: &str, headers: &str) -> Vec<u8> {
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: {tracker}\r\n") };
    raw(tracker, &format!("GET {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n")).await
}

/// What comes back for these bytes until the tracker closes.
pub(crate) async fn raw(tracker: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(tracker).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    answer
}

/// The status and the body of one request.
pub(crate) async fn get(tracker: SocketAddr, path: &str, headers: &str) -> (u16, Vec<u8>) {
    let answer = http(tracker, path, headers).await;
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[split + 4..].to_vec())
}
