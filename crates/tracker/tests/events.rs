//! Programs that follow what happens in a pool, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod support;

use std::net::SocketAddr;

use peerpool_api::{PoolEvent, TrackerClient, paths};
use peerpool_wire::channel::Have;
use support::{Peer, item, tracker};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpStream,
};

/// Longer than anything takes; only a failing test waits for it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A program that reads the stream by itself.
struct Stream(Lines<BufReader<TcpStream>>);

impl Stream {
    /// Goes on after this event.
    async fn after(tracker: SocketAddr, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(tracker).await.unwrap();
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        let request = format!("GET {} HTTP/1.1\r\nHost: {tracker}\r\n{last}\r\n", paths::EVENTS);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Self(BufReader::new(stream).lines());
        assert_eq!(stream.line("HTTP/1.1").await, "200 OK");
        stream.line("content-type: text/event-stream").await;
        stream
    }

    /// The rest of the next line that begins so.
    async fn line(&mut self, begin: &str) -> String {
        let next = async {
            loop {
                let line = self.0.next_line().await.unwrap().expect("the stream goes on");
                if let Some(rest) = line.strip_prefix(begin) {
                    return rest.trim_start().to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("something is told")
    }

    /// The next event, and its id. Of one in the log the id comes first.
    async fn next(&mut self) -> (String, PoolEvent) {
        let id = self.line("id:").await;
        (id, serde_json::from_str(&self.line("data:").await).unwrap())
    }
}

/// An event in words.
fn words(event: &PoolEvent) -> String {
    match event {
        PoolEvent::Joined { peer } => format!("{} joined", peer.name),
        PoolEvent::Left { name, .. } => format!("{name} left"),
        PoolEvent::Appeared { item } => format!("{} appeared, {} seeds", item.name, item.seeds),
        PoolEvent::Complete { item } => format!("{} complete", item.name),
        PoolEvent::Gone { name, .. } => format!("{name} gone"),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_program_is_told_who_and_what_comes_and_goes() {
    let tracker = tracker().await;
    let _early = Peer::join(tracker.addr(), 9).await;
    let client = TrackerClient::new(tracker.addr().into()).unwrap();
    let mut events = client.events().await.unwrap();
    let mut next = async || {
        let next = tokio::time::timeout(PATIENCE, events.next()).await.expect("something is told");
        next.unwrap().as_ref().map(words)
    };
    let song = item("song", b"la");
    let mut first = Peer::join(tracker.addr(), 1).await;
    assert_eq!(next().await.unwrap(), "peer 1 joined");
    first.introduce(&song).await;
    assert_eq!(next().await.unwrap(), "song appeared, 1 seeds");
    first.register(&song, Have::Some { pieces: 1, bitfield: vec![0] }).await;
    // That it is complete no more is nothing that is told.
    let mut second = Peer::join(tracker.addr(), 2).await;
    assert_eq!(next().await.unwrap(), "peer 2 joined");
    second.register(&song, Have::All).await;
    assert_eq!(next().await.unwrap(), "song complete");
    drop(first);
    assert_eq!(next().await.unwrap(), "peer 1 left");
    drop(second);
    let mut last = [next().await.unwrap(), next().await.unwrap()];
    last.sort();
    assert_eq!(last, ["peer 2 left", "song gone"]);
    tracker.shutdown().await;
    assert_eq!(next().await.unwrap(), "Ending");
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn a_program_that_comes_back_goes_on_where_it_was() {
    let tracker = tracker().await;
    let mut stream = Stream::after(tracker.addr(), None).await;
    let _first = Peer::join(tracker.addr(), 1).await;
    let (id, event) = stream.next().await;
    assert_eq!(words(&event), "peer 1 joined");
    drop(stream);
    let _second = Peer::join(tracker.addr(), 2).await;
    let mut again = Stream::after(tracker.addr(), Some(&id)).await;
    let (second, event) = again.next().await;
    assert_eq!(words(&event), "peer 2 joined");
    let number = |id: &str| id.split_once('.').unwrap().1.parse::<u64>().unwrap();
    assert_eq!(number(&second), number(&id) + 1);
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_program_whose_place_is_lost_learns_that_it_has_to_begin_anew() {
    let tracker = tracker().await;
    for last in ["0123456789abcdef.7", "nonsense"] {
        let mut stream = Stream::after(tracker.addr(), Some(last)).await;
        stream.line("data:").await.contains("\"event\":\"reset\"").then_some(()).expect("a reset");
        stream.line("event: reset").await;
        let id = stream.line("id:").await;
        assert_ne!(id, last);
    }
    tracker.shutdown().await;
}
