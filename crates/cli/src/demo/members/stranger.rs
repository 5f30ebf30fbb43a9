//! Somebody who has found the address of a member's peer, and the hash of an item.

use std::{net::SocketAddr, time::Duration};

use peerpool_wire::id::InfoHash;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::exit::{Exit, Failure};

/// How long the peer may take to hang up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says what a stock client says first (BEP 3), and counts what comes back until the peer hangs up.
pub(super) async fn bytes_from(peer: SocketAddr, hash: &InfoHash) -> Result<u64, Failure> {
    let lost = |what: &'static str| {
        move |error: std::io::Error| {
            Failure::told(Exit::Failed, format!("cannot {what} the peer at {peer}: {error}"))
        }
    };
    let mut stream = TcpStream::connect(peer).await.map_err(lost("dial"))?;
    let mut hello = b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0".to_vec();
    hello.extend(hash.primary().as_bytes());
    hello.extend(b"-XX0001-a stranger..");
    stream.write_all(&hello).await.map_err(lost("greet"))?;
    let mut answer = Vec::new();
    match timeout(PATIENCE, stream.read_to_end(&mut answer)).await {
        // It closes by a reset when it has not read all.
        Ok(_) => Ok(answer.len() as u64),
        Err(_) => {
            Err(Failure::told(Exit::Failed, format!("the peer at {peer} does not hang up on a stranger")))
        }
    }
}
