//! What a stock client says to a tracker.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr},
};

use peerpool_wire::id::WireHash;

use crate::{PATIENCE, connect};

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
    let answer = try_announce(tracker.ip(), tracker, announce).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "the tracker answered {answer}");
    assert!(!answer.contains("failure reason"), "the tracker answered {answer}");
}

/// Announces to the tracker from one of this machine's addresses. Gives the whole answer, as text.
pub fn try_announce(from: IpAddr, tracker: SocketAddr, announce: Announce) -> io::Result<String> {
    let answer = http_get(from, tracker, &format!("{}&event=started", announce_path(announce)))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What is asked for by an announce between the first and the last one.
pub(crate) fn announce_path(announce: Announce) -> String {
    format!(
        "/announce?info_hash={}&peer_id={}&port={}&uploaded=0&downloaded=0&left={}&compact=1",
        escaped(announce.swarm.as_bytes()),
        escaped(&announce.peer_id),
        announce.port,
        announce.left,
    )
}

/// The whole answer to a GET, head and body.
pub fn http_get(from: IpAddr, server: SocketAddr, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = connect(from, server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}
