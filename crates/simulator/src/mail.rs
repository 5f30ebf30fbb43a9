//! What travels between virtual peers, and when it arrives.

use std::{
    cmp::Ordering,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use peerpool_swarm::{ConnId, Input};
use peerpool_virtual::Token;
use peerpool_wire::{
    message::{Message, Request},
    time::Time,
};

/// The port on which every virtual peer listens.
pub const PORT: u16 = 6881;

/// A virtual peer, by its number in the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PeerNo(pub u32);

impl PeerNo {
    /// The peer's number, to index a list of all peers.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }

    /// Where it listens: an address in 10.0.0.0/8.
    pub fn addr(self) -> SocketAddr {
        let [_, a, b, c] = (self.0 + 1).to_be_bytes();
        SocketAddrV4::new(Ipv4Addr::new(10, a, b, c), PORT).into()
    }

    /// The peer that has this address.
    pub fn at(addr: SocketAddr) -> Option<Self> {
        match addr {
            SocketAddr::V4(v4) if v4.ip().octets()[0] == 10 => {
                let [_, a, b, c] = v4.ip().octets();
                u32::from_be_bytes([0, a, b, c]).checked_sub(1).map(PeerNo)
            }
            _ => None,
        }
    }
}

/// A message on its way, small enough to copy by the hundred million.
#[derive(Clone, Debug)]
pub enum Cargo {
    /// `have`, the bulk of all messages.
    Have(u32),
    /// `request`.
    Request(Request),
    /// `cancel`.
    Cancel(Request),
    /// `piece`: which bytes, and whether they are the item's.
    Block(Token),
    /// Any other.
    Message(Box<Message>),
}

impl Cargo {
    /// Bytes on the wire, the length prefix included.
    pub fn size(&self) -> u32 {
        match self {
            Cargo::Have(_) => 9,
            Cargo::Request(_) | Cargo::Cancel(_) => 17,
            Cargo::Block(token) => Self::BLOCK_HEADER + token.span.length,
            Cargo::Message(message) => {
                let mut bytes = Vec::new();
                message.encode(&mut bytes);
                bytes.len() as u32
            }
        }
    }

    /// Bytes of a `piece` message in front of its payload.
    pub const BLOCK_HEADER: u32 = peerpool_wire::message::BLOCK_HEADER as u32;

    /// A number that tells different messages apart, for traces.
    fn digest(&self) -> u32 {
        let mix = |kind: u32, request: &Request| {
            kind ^ request.index.rotate_left(4) ^ request.begin.rotate_left(12) ^ request.length
        };
        match self {
            Cargo::Have(piece) => piece.rotate_left(4) ^ 1,
            Cargo::Request(request) => mix(2, request),
            Cargo::Cancel(request) => mix(3, request),
            Cargo::Block(token) => mix(4, &token.span) ^ token.flaw,
            // Its size is part of the mail's digest.
            Cargo::Message(_) => 5,
        }
    }

    /// What it is to the swarm that receives it.
    pub fn into_input(self, conn: ConnId) -> Input<Token> {
        let message = match self {
            Cargo::Block(data) => {
                return Input::Block { conn, block: data.span, data };
            }
            Cargo::Have(piece) => Message::Have(piece),
            Cargo::Request(request) => Message::Request(request),
            Cargo::Cancel(request) => Message::Cancel(request),
            Cargo::Message(message) => *message,
        };
        Input::Message { conn, message }
    }
}

impl From<Message> for Cargo {
    fn from(message: Message) -> Self {
        match message {
            Message::Have(piece) => Cargo::Have(piece),
            Message::Request(request) => Cargo::Request(request),
            Message::Cancel(request) => Cargo::Cancel(request),
            other => Cargo::Message(Box::new(other)),
        }
    }
}

/// What arrives at a peer. Connections are named by the receiver's number for them.
#[derive(Clone, Debug)]
pub enum Body {
    /// Bytes of a connection.
    Bytes {
        /// Which one.
        conn: ConnId,
        /// How many on the wire; 0 for all but the first message of a train.
        wire: u32,
        /// How many of them the sender wants acknowledged.
        bulk: u32,
        /// Whether they met a full queue on the way.
        queued: bool,
        /// The message that is whole with them, if any.
        cargo: Option<Cargo>,
    },
    /// Bytes that we sent have been received.
    Received {
        /// On which connection.
        conn: ConnId,
        /// How many.
        bytes: u32,
        /// Whether they met a full queue.
        congested: bool,
    },
    /// Somebody opens a connection, known to it by that number.
    Dial(ConnId),
    /// The answer: the number that our new connection has at the other end, or a refusal.
    Answer {
        /// Which of ours.
        conn: ConnId,
        /// Its number there.
        accepted: Option<ConnId>,
    },
    /// The other end closed the connection.
    Closed(ConnId),
    /// The tracker's answer: peers to connect to.
    Candidates(Vec<PeerNo>),
}

/// Something that arrives at a peer at a time.
///
/// Mails are ordered by time, then sender, then the order in which it sent them: never by chance.
#[derive(Clone, Debug)]
pub struct Mail {
    /// When.
    pub at: Time,
    /// Sent by whom.
    pub from: PeerNo,
    /// The sender's count of mails.
    pub seq: u32,
    /// What.
    pub body: Body,
}

impl Mail {
    fn key(&self) -> (Time, PeerNo, u32) {
        (self.at, self.from, self.seq)
    }
}

impl PartialEq for Mail {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Mail {}

impl PartialOrd for Mail {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mail {
    /// The earliest is the greatest, so that a binary heap gives it first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl Body {
    /// A number that tells different mails apart, for traces.
    pub fn digest(&self) -> (u32, u32, u32) {
        match self {
            Body::Bytes { conn, wire, cargo, .. } => (conn.0, *wire, cargo.as_ref().map_or(0, Cargo::digest)),
            Body::Received { conn, bytes, congested } => (conn.0, *bytes, u32::from(*congested)),
            Body::Dial(conn) => (conn.0, 0, 0),
            Body::Answer { conn, accepted } => (conn.0, 1, accepted.map_or(0, |there| there.0 + 1)),
            Body::Closed(conn) => (conn.0, 2, 0),
            Body::Candidates(peers) => (peers.len() as u32, 3, 0),
        }
    }
}
