//! A stock seeder that says it has everything and gives wrong bytes.

use std::{
    fs::File,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::FileExt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use peerpool_api::Item;
use peerpool_wire::{
    bitfield::Bitfield,
    handshake::{Features, Handshake},
    id::{PeerId, WireHash},
    message::{Frame, Limits, Message, Request, block_header, decode},
};

use crate::{Announce, Content, announce};

const ID: [u8; 20] = *b"-LI0001-liar-of-test";

/// A seeder of one file whose every block has one flipped bit. Ends with the test's process.
#[derive(Debug)]
pub struct Liar {
    address: SocketAddr,
    swarm: WireHash,
    served: Arc<AtomicU64>,
}

impl Liar {
    /// Listens for peers that want `content`, which the pool knows as `item`.
    pub fn start(content: &Content, item: &Item) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::new(AtomicU64::new(0));
        let lies = Lies {
            file: File::open(&content.path).unwrap(),
            pieces: item.pieces,
            piece_bytes: u64::from(item.piece_length),
            served: Arc::clone(&served),
        };
        let lies = Arc::new(lies);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let lies = Arc::clone(&lies);
                // A peer that hangs up is the expected end.
                thread::spawn(move || lies.serve(stream).ok());
            }
        });
        let swarm = item.hash.primary();
        Self { address, swarm, served }
    }

    /// Announces itself as a seeder to the tracker.
    pub fn join(&self, tracker: SocketAddr) {
        announce(tracker, Announce { swarm: self.swarm, peer_id: ID, port: self.address.port(), left: 0 });
    }

    /// How many wrong blocks it gave.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Lies {
    file: File,
    pieces: u32,
    piece_bytes: u64,
    served: Arc<AtomicU64>,
}

impl Lies {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut hello = [0; Handshake::LEN];
        stream.read_exact(&mut hello)?;
        let theirs = Handshake::decode(&hello).map_err(io::Error::other)?;
        let ours = Handshake { features: Features::default(), swarm: theirs.swarm, peer_id: PeerId(ID) };
        stream.write_all(&ours.encode())?;
        let mut greeting = Vec::new();
        Message::Bitfield(Bitfield::all(self.pieces).to_bytes().into()).encode(&mut greeting);
        Message::Unchoke.encode(&mut greeting);
        stream.write_all(&greeting)?;
        let limits = Limits::for_item(self.pieces, 1 << 14);
        let mut received = Vec::new();
        loop {
            match decode(&received, limits).map_err(io::Error::other)? {
                Frame::Incomplete { .. } => {
                    let mut part = [0; 4096];
                    match stream.read(&mut part)? {
                        0 => return Ok(()),
                        read => received.extend_from_slice(&part[..read]),
                    }
                }
                Frame::Message { message, size } => {
                    received.drain(..size);
                    if let Message::Request(block) = message {
                        self.give(&mut stream, block)?;
                    }
                }
                Frame::Block { .. } => return Ok(()),
            }
        }
    }

    fn give(&self, stream: &mut TcpStream, block: Request) -> io::Result<()> {
        let mut answer = block_header(block).to_vec();
        let mut payload = vec![0; block.length as usize];
        let offset = u64::from(block.index) * self.piece_bytes + u64::from(block.begin);
        self.file.read_exact_at(&mut payload, offset)?;
        payload[0] ^= 1;
        answer.extend_from_slice(&payload);
        self.served.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&answer)
    }
}
