//! Somebody who dials a peer and says whatever the test wants. All that comes back is counted.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf as _, BytesMut};
use peerpool_access::{Keyset, key::PublicKey};
use peerpool_tls::{Connection, Protocol, Reader, Writer};
use peerpool_wire::{
    extension::{ExtensionHandshake, ours},
    geometry::{BLOCK, MAX_PIECES},
    handshake::{Features, Handshake},
    id::{InfoHash, PeerId, WireHash},
    message::{self, BLOCK_HEADER, Frame, Limits, Message, Request},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::pool::{HOLDER, PATIENCE, endpoint, key};

/// A connection to the holder, as its dialer.
pub(crate) struct Stranger {
    reader: Reader<Counted>,
    writer: Writer<OwnedWriteHalf>,
    unread: BytesMut,
    seed: u8,
}

/// Counts the bytes that come.
pub(crate) struct Counted {
    half: OwnedReadHalf,
    bytes: usize,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.half).poll_read(cx, buffer);
        self.bytes += buffer.filled().len() - before;
        read
    }
}

/// What came over a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Message(Message),
    /// So many bytes of payload.
    Block(Request),
    /// The connection is over, orderly or not.
    End,
}

impl Stranger {
    /// Dials the holder with the key of this seed.
    pub(crate) async fn dial(addr: SocketAddr, seed: u8) -> Self {
        Self::dial_peer(addr, seed, key(HOLDER)).await
    }

    /// Dials the peer with that key.
    pub(crate) async fn dial_peer(addr: SocketAddr, seed: u8, to: PublicKey) -> Self {
        let (read, write) = TcpStream::connect(addr).await.unwrap().into_split();
        let read = Counted { half: read, bytes: 0 };
        let connecting = endpoint(seed, Protocol::Peer).connect(read, write, to).await;
        let Connection { reader, writer, .. } = connecting.unwrap();
        Self { reader, writer, unread: BytesMut::new(), seed }
    }

    /// Shows a pass and the handshake for an item, in one flight.
    pub(crate) async fn greet(&mut self, pass: &[u8], item: WireHash) {
        self.greet_having_heard(pass, 0, item).await;
    }

    /// The same, and a keyset before.
    pub(crate) async fn greet_with_keyset(&mut self, keyset: &[u8], pass: &[u8], item: WireHash) {
        self.say(&u16::try_from(keyset.len()).unwrap().to_be_bytes()).await;
        self.say(keyset).await;
        self.greet(pass, item).await;
    }

    /// The same as somebody whom the tracker has told of changes up to an epoch.
    pub(crate) async fn greet_having_heard(&mut self, pass: &[u8], epoch: u64, item: WireHash) {
        let features = Features { extension: true, fast: true, v2: true };
        let handshake = Handshake { features, swarm: item, peer_id: PeerId::new([self.seed; 12]) };
        let length = u16::try_from(pass.len()).unwrap().to_be_bytes();
        self.say(&[&length[..], pass, &epoch.to_be_bytes(), &handshake.encode()].concat()).await;
    }

    /// Greets, and reads the greeting and the handshake that the holder answers with.
    pub(crate) async fn is_let_in(&mut self, pass: &[u8], item: InfoHash) {
        self.greet(pass, item.primary()).await;
        self.is_answered().await;
    }

    pub(crate) async fn is_answered(&mut self) {
        let answered = async {
            let mut first = self.hears_statement().await;
            if Keyset::is_one(&first) {
                first = self.hears_statement().await;
            }
            assert!(!Keyset::is_one(&first));
            let mut rest = vec![0; 8 + Handshake::LEN];
            self.reader.read_exact(&mut rest).await.unwrap();
        };
        tokio::time::timeout(PATIENCE, answered).await.expect("the holder is to answer");
    }

    /// A pass or a keyset, behind its length.
    pub(crate) async fn hears_statement(&mut self) -> Vec<u8> {
        let mut statement = vec![0; usize::from(self.reader.read_u16().await.unwrap())];
        self.reader.read_exact(&mut statement).await.unwrap();
        statement
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        // Whoever was hung up on already hears of it when it reads.
        let _ = self.writer.write_all(bytes).await;
        let _ = self.writer.flush().await;
    }

    pub(crate) async fn tell(&mut self, message: &Message) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.say(&bytes).await;
    }

    /// Says what everybody says first, and that it wants the item.
    pub(crate) async fn introduce_itself(&mut self) {
        self.tell(&Message::HaveNone).await;
        let handshake = ExtensionHandshake {
            ut_metadata: Some(ours::UT_METADATA),
            pp_pass: Some(ours::PP_PASS),
            ..ExtensionHandshake::default()
        };
        self.tell(&Message::Extended { id: 0, payload: handshake.encode() }).await;
        self.tell(&Message::Interested).await;
    }

    /// Asks for a block of a piece.
    pub(crate) async fn ask(&mut self, piece: u32) {
        self.tell(&Message::Request(Request { index: piece, begin: 0, length: BLOCK })).await;
    }

    /// Bytes that have come on the wire so far.
    pub(crate) fn received(&self) -> usize {
        self.reader.get_ref().bytes
    }

    /// Takes another key to send with, and has the holder do the same.
    pub(crate) async fn updates_keys(&mut self) {
        self.writer.update_key(true).unwrap();
        self.writer.flush().await.unwrap();
    }

    /// All bytes that come until the connection ends.
    pub(crate) async fn everything(mut self) -> usize {
        let mut bytes = Vec::new();
        let reading = self.reader.read_to_end(&mut bytes);
        let _ = tokio::time::timeout(PATIENCE, reading).await.expect("the holder is to hang up");
        bytes.len()
    }

    pub(crate) async fn hears(&mut self) -> Heard {
        tokio::time::timeout(PATIENCE, self.next()).await.expect("nothing is heard")
    }

    async fn next(&mut self) -> Heard {
        loop {
            match message::decode(&self.unread, Limits::for_item(MAX_PIECES, BLOCK)).unwrap() {
                Frame::Message { message, size } => {
                    self.unread.advance(size);
                    return Heard::Message(message);
                }
                Frame::Block { block } if self.unread.len() >= BLOCK_HEADER + block.length as usize => {
                    self.unread.advance(BLOCK_HEADER + block.length as usize);
                    return Heard::Block(block);
                }
                _ => {}
            }
            match self.reader.read_buf(&mut self.unread).await {
                Ok(0) | Err(_) => return Heard::End,
                Ok(_) => {}
            }
        }
    }

    /// Waits for what is meant, or for the end.
    pub(crate) async fn until(&mut self, meant: impl Fn(&Heard) -> bool) -> Heard {
        loop {
            let heard = self.hears().await;
            if heard == Heard::End || meant(&heard) {
                return heard;
            }
        }
    }

    /// Has the holder serve it: the first block comes.
    pub(crate) async fn is_served(&mut self) {
        self.introduce_itself().await;
        let unchoked = self.until(|heard| *heard == Heard::Message(Message::Unchoke)).await;
        assert_ne!(unchoked, Heard::End, "it is not served");
        self.gets_a_block().await;
    }

    pub(crate) async fn gets_a_block(&mut self) {
        self.ask(0).await;
        let block = self.until(|heard| matches!(heard, Heard::Block(_))).await;
        assert_ne!(block, Heard::End, "it gets nothing");
    }
}
