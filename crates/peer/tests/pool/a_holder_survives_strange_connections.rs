use std::net::SocketAddr;

use peerpool_wire::{
    handshake::{Features, Handshake},
    id::{InfoHash, PeerId},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::world::{Folder, Member, PATIENCE, bytes};

const PEER: PeerId = PeerId(*b"-XX0000-abcdefghijkl");

/// A peer without a tracker that shares one file, and the item.
async fn holder(folder: &Folder) -> (Member, InfoHash) {
    let holder = folder.start("holder", None).await;
    let hash = holder.shared("file.bin").await.hash.unwrap();
    (holder, hash)
}

fn handshake(item: InfoHash, v2: bool) -> Handshake {
    Handshake {
        features: Features { extension: false, fast: true, v2 },
        swarm: item.v1_wire().unwrap(),
        peer_id: PEER,
    }
}

async fn answer(stream: &mut TcpStream) -> Handshake {
    let mut answer = [0; Handshake::LEN];
    let reading = stream.read_exact(&mut answer);
    tokio::time::timeout(PATIENCE, reading).await.unwrap().unwrap();
    Handshake::decode(&answer).unwrap()
}

async fn is_hung_up_on(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    let reading = stream.read_to_end(&mut rest);
    // A reset is a hang-up, too.
    let _ = tokio::time::timeout(PATIENCE, reading).await.unwrap();
    rest.is_empty()
}

async fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_sent_byte_by_byte_is_answered() {
    let folder = Folder::new().with("file.bin", &bytes(100_000, 30));
    let (holder, item) = holder(&folder).await;
    let mut stream = connect(holder.peer.listen_addr()).await;

    for byte in handshake(item, false).encode() {
        stream.write_all(&[byte]).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }

    let answer = answer(&mut stream).await;
    assert_eq!(answer.peer_id, holder.peer.peer_id());
    assert_eq!(Some(answer.swarm), item.v1_wire());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hybrid_item_is_upgraded_to_v2_when_the_other_side_can() {
    let folder = Folder::new().with("file.bin", &bytes(100_000, 31));
    let (holder, item) = holder(&folder).await;
    let mut stream = connect(holder.peer.listen_addr()).await;

    stream.write_all(&handshake(item, true).encode()).await.unwrap();

    assert_eq!(Some(answer(&mut stream).await.swarm), item.v2_wire());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_protocol_is_hung_up_on() {
    let folder = Folder::new().with("file.bin", &bytes(100_000, 32));
    let (holder, item) = holder(&folder).await;
    let addr = holder.peer.listen_addr();

    let mut browser = connect(addr).await;
    let request = format!("GET / HTTP/1.1\r\nHost: {addr}\r\nUser-Agent: {}\r\n\r\n", "x".repeat(100));
    browser.write_all(request.as_bytes()).await.unwrap();
    assert!(is_hung_up_on(browser).await);

    let mut stranger = connect(addr).await;
    let unknown = Handshake { swarm: peerpool_wire::id::WireHash([9; 20]), ..handshake(item, false) };
    stranger.write_all(&unknown.encode()).await.unwrap();
    assert!(is_hung_up_on(stranger).await);

    let mut friend = connect(addr).await;
    friend.write_all(&handshake(item, false).encode()).await.unwrap();
    assert_eq!(answer(&mut friend).await.peer_id, holder.peer.peer_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_ourselves_is_closed() {
    let folder = Folder::new().with("file.bin", &bytes(100_000, 33));
    let (holder, item) = holder(&folder).await;
    let mut stream = connect(holder.peer.listen_addr()).await;

    let ourselves = Handshake { peer_id: holder.peer.peer_id(), ..handshake(item, false) };
    stream.write_all(&ourselves.encode()).await.unwrap();
    answer(&mut stream).await;

    assert!(is_hung_up_on(stream).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_longer_than_any_ends_the_connection_alone() {
    let folder = Folder::new().with("file.bin", &bytes(100_000, 34));
    let (holder, item) = holder(&folder).await;
    let mut liar = connect(holder.peer.listen_addr()).await;
    liar.write_all(&handshake(item, false).encode()).await.unwrap();
    answer(&mut liar).await;

    liar.write_all(&[0xff, 0xff, 0xff, 0xff, 20, 0]).await.unwrap();
    let mut rest = Vec::new();
    let reading = liar.read_to_end(&mut rest);
    let _ = tokio::time::timeout(PATIENCE, reading).await.unwrap();

    assert_eq!(holder.client.status().await.unwrap().items, 1);
}
