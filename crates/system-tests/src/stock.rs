//! What a stock client says to a tracker.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use peerpool_wire::id::WireHash;

use crate::PATIENCE;

/// An announce (BEP 3) as a stock client makes it.
#[derive(Debug, Clone, Copy)]
pub struct Announce {
    /// Which item.
    pub swarm: WireHash,
    /// Who.
    pub peer_id: [u8; 20],
    /// Where it listens.
    pub port: u16,
    /// How many bytes it lacks.
    pub left: u64,
}

/// Announces to the tracker, and panics unless it answers 200 without a failure.
pub fn announce(tracker: SocketAddr, announce: Announce) {
    let path = format!(
        "/announce?info_hash={}&peer_id={}&port={}&uploaded=0&downloaded=0&left={}&compact=1&event=started",
        escaped(announce.swarm.as_bytes()),
        escaped(&announce.peer_id),
        announce.port,
        announce.left,
    );
    let answer = get(tracker, &path);
    assert!(answer.starts_with("HTTP/1.1 200"), "the tracker answered {answer}");
    assert!(!answer.contains("failure reason"), "the tracker answered {answer}");
}

fn get(server: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}
