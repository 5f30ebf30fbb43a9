//! A stock client: it has a .torrent file, announces over plain HTTP, and speaks BitTorrent without TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::{Buf as _, BytesMut};
use peerpool_wire::{
    bencode::{Limits as BencodeLimits, decode},
    geometry::{BLOCK, MAX_PIECES},
    handshake::{Features, Handshake},
    id::{PeerId, WireHash},
    message::{self, BLOCK_HEADER, Frame, Limits, Message, Request},
    metainfo::Metainfo,
};
use sha1::{Digest as _, Sha1};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::pool::PATIENCE;

/// The address that most clients connect from.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Another address of this machine.
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// What the tracker's port answers to `GET`, without its head.
pub(crate) async fn get(tracker: SocketAddr, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(tracker).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {tracker}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    answer.split_off(end + 4)
}

/// What is said in the URL of an announce.
pub(crate) fn announcement(swarm: WireHash, left: u64) -> String {
    let hash: String = swarm.0.iter().map(|byte| format!("%{byte:02X}")).collect();
    format!("info_hash={hash}&peer_id=-XX0001-123456789012&port=6881&left={left}&compact=1&event=started")
}

/// The path of the announce URL in a .torrent file.
pub(crate) fn announce_path(torrent: &Metainfo) -> String {
    let url = &torrent.trackers[0][0];
    let (_, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    format!("/{path}")
}

/// The peers that an answer names; `None` when it is a refusal.
pub(crate) fn named(answer: &[u8]) -> Option<Vec<SocketAddr>> {
    let answer = decode(answer, BencodeLimits::TORRENT).unwrap();
    let peers = answer.get("peers")?.as_bytes().unwrap();
    let (peers, []) = peers.as_chunks::<6>() else { panic!("no compact peers") };
    let peers = peers.iter().map(|[a, b, c, d, port @ ..]| {
        SocketAddr::new(Ipv4Addr::new(*a, *b, *c, *d).into(), u16::from_be_bytes(*port))
    });
    Some(peers.collect())
}

/// A plain connection.
pub(crate) struct StockClient {
    stream: TcpStream,
    unread: BytesMut,
}

impl StockClient {
    /// Dials from an address and names a swarm.
    pub(crate) async fn dial(from: IpAddr, to: SocketAddr, swarm: WireHash) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from, 0)).unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        let features = Features { extension: true, fast: true, v2: false };
        let handshake = Handshake { features, swarm, peer_id: PeerId::new([7; 12]) };
        stream.write_all(&handshake.encode()).await.unwrap();
        Self { stream, unread: BytesMut::new() }
    }

    /// All bytes that come until the connection ends.
    pub(crate) async fn everything(mut self) -> usize {
        let mut bytes = Vec::new();
        let reading = self.stream.read_to_end(&mut bytes);
        let _ = tokio::time::timeout(PATIENCE, reading).await.expect("the peer is to hang up");
        bytes.len()
    }

    /// Waits to be let in, and to be served.
    pub(crate) async fn is_served(&mut self) {
        let mut answer = [0; Handshake::LEN];
        let reading = self.stream.read_exact(&mut answer);
        tokio::time::timeout(PATIENCE, reading).await.unwrap().expect("it is let in");
        self.tell(&Message::HaveNone).await;
        self.tell(&Message::Interested).await;
        let unchoked = Frame::Message { message: Message::Unchoke, size: 5 };
        while self.next().await.expect("it is served") != unchoked {}
    }

    /// Fetches a piece; `None` when the connection ends before it is whole.
    pub(crate) async fn piece(&mut self, torrent: &Metainfo, index: u32) -> Option<Vec<u8>> {
        let geometry = torrent.info.geometry();
        let length = geometry.length_of(geometry.piece(index).unwrap());
        for begin in (0..length).step_by(BLOCK as usize) {
            self.tell(&Message::Request(Request { index, begin, length: BLOCK.min(length - begin) })).await;
        }
        let (mut piece, mut missing) = (vec![0; length as usize], length as usize);
        while missing > 0 {
            if let Frame::Block { block } = self.next().await? {
                let begin = block.begin as usize;
                let bytes = self.payload(block.length as usize).await?;
                piece[begin..begin + bytes.len()].copy_from_slice(&bytes);
                missing -= bytes.len();
            }
        }
        let expected = torrent.info.v1_pieces()[index as usize].0;
        assert_eq!(<[u8; 20]>::from(Sha1::digest(&piece)), expected, "piece {index}");
        Some(piece)
    }

    async fn tell(&mut self, message: &Message) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        // Whoever was hung up on already hears of it when it reads.
        let _ = self.stream.write_all(&bytes).await;
    }

    /// The next message, or the head of a block, whose payload follows.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            match message::decode(&self.unread, Limits::for_item(MAX_PIECES, BLOCK)).unwrap() {
                frame @ Frame::Message { size, .. } => {
                    self.unread.advance(size);
                    return Some(frame);
                }
                frame @ Frame::Block { .. } => {
                    self.unread.advance(BLOCK_HEADER);
                    return Some(frame);
                }
                _ => self.more().await?,
            }
        }
    }

    async fn payload(&mut self, length: usize) -> Option<BytesMut> {
        while self.unread.len() < length {
            self.more().await?;
        }
        Some(self.unread.split_to(length))
    }

    async fn more(&mut self) -> Option<()> {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.unread));
        match read.await.expect("nothing is heard") {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }
}
