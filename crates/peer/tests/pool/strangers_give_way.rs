//! What strangers take gives way to whoever makes something of it.

use std::net::SocketAddr;

use peerpool_wire::{
    handshake::{Features, Handshake},
    id::{InfoHash, PeerId},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::world::{Folder, PATIENCE, bytes};

/// A connection that has shaken hands about an item.
async fn stranger(addr: SocketAddr, item: InfoHash) -> TcpStream {
    let mut tcp = TcpStream::connect(addr).await.unwrap();
    let handshake = Handshake {
        features: Features { extension: true, fast: true, v2: false },
        swarm: item.v1_wire().unwrap(),
        peer_id: PeerId(*b"-XX0000-abcdefghijkl"),
    };
    tcp.write_all(&handshake.encode()).await.unwrap();
    let mut answer = [0; Handshake::LEN];
    tokio::time::timeout(PATIENCE, tcp.read_exact(&mut answer)).await.unwrap().unwrap();
    tcp
}

#[tokio::test(flavor = "multi_thread")]
async fn half_handshakes_keep_nobody_out() {
    let folder = Folder::new().with("file.bin", &bytes(100_000, 50));
    let holder = folder.start("holder", None).await;
    let item = holder.shared("file.bin").await.hash.unwrap();
    let addr = holder.peer.listen_addr();
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(addr).await.unwrap());
    }
    for _ in 0..20 {
        stranger(addr, item).await;
    }
}
