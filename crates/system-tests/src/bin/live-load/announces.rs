//! A client that announces, one after the other.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
};

/// Swarms that are announced to.
const SWARMS: u64 = 1000;

/// Announces until all is over. Returns how often it was answered.
pub(crate) fn announce(tracker: SocketAddr, over: &AtomicBool) -> u64 {
    let mut stream = TcpStream::connect(tracker).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = [0; 4096];
    let mut announced = 0;
    while !over.load(Ordering::Relaxed) {
        let swarm = announced % SWARMS;
        let request = format!(
            "GET /announce?info_hash=live-load--{swarm:08}!&peer_id=-XX0000-{announced:012}&port=6881\
             &uploaded=0&downloaded=0&left=1&compact=1&numwant=5 HTTP/1.1\r\nHost: {tracker}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let read = stream.read(&mut answer).unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "an announce is refused");
        announced += 1;
    }
    announced
}
