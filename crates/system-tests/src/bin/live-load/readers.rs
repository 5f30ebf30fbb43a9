//! Pages that follow.

use std::{
    net::{SocketAddr, TcpStream},
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use peerpool_api::{LiveMessage, LiveRequest, paths};
use serde_json::Map;
use tungstenite::{Message, client};

/// Rows that one of them shows.
const ROWS: u32 = 60;
/// How long one that reads waits for something before it looks whether all is over.
const PATIENCE: Duration = Duration::from_millis(100);

/// What one of them was told.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

/// Follows a window until all is over; without reading anything, if it does not read.
pub(crate) fn follow(tracker: SocketAddr, reads: bool, ready: &Barrier, over: &AtomicBool) -> Read {
    let stream = TcpStream::connect(tracker).unwrap();
    let (mut socket, _) = client(format!("ws://{tracker}{}", paths::LIVE), stream).unwrap();
    let subscribe =
        LiveRequest::Subscribe { id: 1, view: "items".to_owned(), query: Map::new(), from: 0, count: ROWS };
    let text = |request: &LiveRequest| Message::text(serde_json::to_string(request).unwrap());
    socket.send(text(&subscribe)).unwrap();
    ready.wait();
    let mut read = Read::default();
    socket.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
    while !over.load(Ordering::Relaxed) {
        if !reads {
            thread::sleep(PATIENCE);
            continue;
        }
        let told = match socket.read() {
            Ok(Message::Text(told)) => told,
            Ok(_) => continue,
            Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(error) => panic!("a page is not told any more: {error}"),
        };
        read.messages += 1;
        read.bytes += told.len() as u64;
        match serde_json::from_str(&told).unwrap() {
            LiveMessage::Snapshot { seq, .. } | LiveMessage::Patch { seq, .. } => {
                socket.send(text(&LiveRequest::Ack { seq })).unwrap();
            }
            LiveMessage::Error { problem, .. } => panic!("a page is refused: {problem}"),
            _ => {}
        }
    }
    read
}
