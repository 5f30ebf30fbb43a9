//! A connection to a peer, message by message, for those who do not behave as a peer does.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    time::Duration,
};

use peerpool_wire::{
    handshake::{Features, Handshake},
    id::{PeerId, WireHash},
    message::{BLOCK_HEADER, Frame, Limits, Message, Request, decode},
};
use socket2::{Domain, Protocol, Socket, Type};

/// How long a connection may take to be made or to take a message.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a peer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message without payload.
    Message(Message),
    /// A block.
    Block(Request, Vec<u8>),
}

/// A connection on which our handshake was sent.
#[derive(Debug)]
pub struct Wire {
    /// The other side's handshake, once it was heard.
    theirs: Option<Handshake>,
    stream: TcpStream,
    limits: Limits,
    received: Vec<u8>,
}

/// Connects to an address from one of this machine's.
pub fn connect(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect_timeout(&to.into(), PATIENCE)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

impl Wire {
    /// Connects, and exchanges handshakes, to speak about an item of so many pieces.
    pub fn dial(
        from: IpAddr,
        to: SocketAddr,
        swarm: WireHash,
        peer_id: [u8; 20],
        pieces: u32,
    ) -> io::Result<Self> {
        Self::greet(connect(from, to)?, swarm, peer_id, pieces)
    }

    /// Exchanges handshakes on a connection, ours first.
    pub fn greet(stream: TcpStream, swarm: WireHash, peer_id: [u8; 20], pieces: u32) -> io::Result<Self> {
        let mut wire = Self::open(stream, swarm, peer_id, pieces)?;
        while !wire.is_greeted()? {
            wire.read_more()?;
        }
        Ok(wire)
    }

    /// Sends our handshake on a connection, and waits for nothing.
    pub fn open(mut stream: TcpStream, swarm: WireHash, peer_id: [u8; 20], pieces: u32) -> io::Result<Self> {
        let features = Features { extension: true, fast: true, v2: false };
        stream.write_all(&Handshake { features, swarm, peer_id: PeerId(peer_id) }.encode())?;
        let limits = Limits::for_item(pieces, 1 << 20);
        Ok(Self { theirs: None, stream, limits, received: Vec::new() })
    }

    /// Whether the other side's handshake has come.
    fn is_greeted(&mut self) -> io::Result<bool> {
        if self.theirs.is_none()
            && let Some(hello) = self.received.first_chunk::<{ Handshake::LEN }>()
        {
            self.theirs = Some(Handshake::decode(hello).map_err(io::Error::other)?);
            self.received.drain(..Handshake::LEN);
        }
        Ok(self.theirs.is_some())
    }

    /// The connection.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends messages at once.
    pub fn say(&mut self, messages: &[Message]) -> io::Result<()> {
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| message.encode(&mut bytes));
        self.stream.write_all(&bytes)
    }

    /// The next message. Fails with `WouldBlock` or `TimedOut` when none comes within the stream's read timeout; what
    /// has come of it is kept.
    pub fn hear(&mut self) -> io::Result<Heard> {
        loop {
            if !self.is_greeted()? {
                self.read_more()?;
                continue;
            }
            match decode(&self.received, self.limits).map_err(io::Error::other)? {
                Frame::Message { message, size } => {
                    self.received.drain(..size);
                    return Ok(Heard::Message(message));
                }
                Frame::Block { block } if self.received.len() >= BLOCK_HEADER + block.length as usize => {
                    let rest = self.received.split_off(BLOCK_HEADER + block.length as usize);
                    let payload = std::mem::replace(&mut self.received, rest).split_off(BLOCK_HEADER);
                    return Ok(Heard::Block(block, payload));
                }
                Frame::Block { .. } | Frame::Incomplete { .. } => self.read_more()?,
            }
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut part = [0; 64 << 10];
        match self.stream.read(&mut part)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.received.extend_from_slice(&part[..read]);
                Ok(())
            }
        }
    }
}
