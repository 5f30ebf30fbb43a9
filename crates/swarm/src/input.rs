//! What happens to a swarm.

use std::{net::SocketAddr, ops::Range};

use bytes::Bytes;
use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Piece, Span},
    handshake::Features,
    host::Host,
    id::{PeerId, Sha256Hash},
    message::{HashRequest, Message, Request},
};

/// A connection, by the number that the driver gave it. A number is never used twice in one swarm.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId(pub u32);

/// The other end of a connection whose handshakes have been exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The peer id in its handshake.
    pub peer_id: PeerId,
    /// Where it was reached (outgoing), or where it comes from (incoming).
    pub addr: SocketAddr,
    /// Whether we opened the connection, so that [`Remote::addr`] is where it listens.
    pub outgoing: bool,
    /// What both sides can do: the bits that we and it have set.
    pub features: Features,
    /// Whether this connection speaks BEP 52: it was opened with the v2 hash or upgraded to it.
    pub v2: bool,
    /// By which name the connection knows the item.
    pub form: Form,
    /// Whether it is on the same network: between networks there may be a slow line.
    pub near: bool,
    /// What may pass, at first.
    pub rights: Rights,
}

/// What may pass between this peer and the other end of a connection: everything, unless somebody says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights {
    /// The other end may have pieces, hashes and metadata from here.
    pub give: bool,
    /// This peer may have them from there.
    pub take: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self { give: true, take: true }
    }
}

impl Remote {
    /// Who is there, as far as a limit can tell.
    pub(crate) fn host(&self) -> Host {
        Host::of(self.addr.ip())
    }
}

#[cfg(test)]
impl Remote {
    /// Somebody at 10.0.0.`number`, who dialled us and can do everything.
    pub(crate) fn any(number: u8) -> Self {
        Self {
            peer_id: PeerId::new([number; 12]),
            addr: ([10, 0, 0, number], 7).into(),
            outgoing: false,
            features: Features { extension: true, fast: true, v2: false },
            v2: false,
            form: Form::Canonical,
            near: true,
            rights: Rights::default(),
        }
    }
}

/// The names of an item; its pieces are the same under each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Form {
    /// Its own info-hashes.
    #[default]
    Canonical,
    /// The info-hash of a hybrid's v1 form (docs/protocol.md).
    V1,
}

/// Something that happened, told to [`Swarm::handle`](crate::Swarm::handle).
///
/// `B` is the payload handle: what the driver uses for the bytes of a block. The swarm moves it from
/// [`Input::Block`] to [`Output::Store`](crate::Output::Store), or drops it, and never looks into it.
#[derive(Debug)]
pub enum Input<B> {
    /// A connection stands and both handshakes are done. Nothing has been sent on it yet.
    Connected {
        /// Its number.
        conn: ConnId,
        /// Who is there.
        remote: Remote,
    },
    /// From now on these are the rights of a connection.
    Rights {
        /// Its number.
        conn: ConnId,
        /// What may pass.
        rights: Rights,
    },
    /// This peer has a newer pass, to be shown.
    Pass {
        /// On this connection.
        conn: ConnId,
        /// The pass.
        pass: Bytes,
    },
    /// An attempt asked for by [`Output::Connect`](crate::Output::Connect) failed.
    ConnectFailed {
        /// The address that could not be reached, or that did not speak the protocol.
        addr: SocketAddr,
    },
    /// A connection is gone, whoever closed it. Not told for one that the swarm itself asked to close.
    Disconnected {
        /// Its number.
        conn: ConnId,
    },
    /// A message came in, any but `piece`.
    Message {
        /// On this connection.
        conn: ConnId,
        /// The message.
        message: Message,
    },
    /// A `piece` message came in.
    Block {
        /// On this connection.
        conn: ConnId,
        /// Which bytes it claims to be.
        block: Request,
        /// The bytes, `block.length` of them.
        data: B,
    },
    /// The other side's system has bytes of blocks that [`Output::SendBlock`](crate::Output::SendBlock) named. (A
    /// driver that cannot know tells what the socket took.)
    Sent {
        /// On this connection.
        conn: ConnId,
        /// Payload bytes, headers not counted.
        bytes: u32,
    },
    /// A block that [`Output::SendBlock`](crate::Output::SendBlock) named could not be read, and is not sent. It may be
    /// read later, unless its piece is [lost](Command::Lost).
    Unreadable {
        /// On this connection.
        conn: ConnId,
        /// Which bytes.
        span: Span,
    },
    /// The answer to [`Output::Verify`](crate::Output::Verify).
    Verified {
        /// Which piece.
        piece: Piece,
        /// What came out.
        verdict: Verdict,
    },
    /// The answer to [`Output::ReadHashes`](crate::Output::ReadHashes).
    Hashes {
        /// Who asked.
        conn: ConnId,
        /// What was asked for.
        request: HashRequest,
        /// The SHA-256 of each block of the piece; `None` when they cannot be had.
        hashes: Option<Vec<Sha256Hash>>,
    },
    /// Addresses of peers of this swarm, from a tracker or another peer.
    Candidates {
        /// Where they listen.
        addrs: Vec<SocketAddr>,
        /// What stands behind them.
        heard_from: HeardFrom,
    },
    /// Whether what is fetched is limited: while it is, nothing is asked for but what
    /// [`Output::AskAllowance`](crate::Output::AskAllowance) was answered for.
    Limited(bool),
    /// The answer to [`Output::AskAllowance`](crate::Output::AskAllowance).
    Allowance {
        /// On this connection.
        conn: ConnId,
        /// So many bytes more may be asked for.
        bytes: u32,
    },
    /// Whether the disk lags behind: while it does, nothing more is asked for.
    StorageBusy(bool),
    /// Something a person or the driver wants.
    Command(Command),
    /// The time given by [`Swarm::next_timeout`](crate::Swarm::next_timeout) has come.
    Tick,
}

/// What stands behind an address: the less, the later it is tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum HeardFrom {
    /// A peer that is connected to the tracker.
    #[default]
    Session,
    /// A person's link, or another peer's word.
    Link,
    /// An announce, which anybody can send in any number.
    Announce,
}

/// What [`Output::Verify`](crate::Output::Verify) found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are the item's. With the SHA-256 of each block if they were asked for.
    Good {
        /// One for each block of the piece, in order; empty unless asked for.
        leaves: Vec<Sha256Hash>,
    },
    /// They are not.
    Bad {
        /// The SHA-256 of each block as it was received, in order; empty when it is not known.
        leaves: Vec<Sha256Hash>,
    },
}

/// What a person or the driver wants of a swarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask for nothing more and take back what was asked for; go on serving.
    Pause,
    /// Ask again.
    Resume,
    /// These bytes are on disk from an earlier run, not verified: they need not be fetched, and are verified with the
    /// rest of their piece.
    Found(Vec<Span>),
    /// Try everybody anew whom nothing came of, at once: what stood in the way may be over.
    Retry,
    /// Fetch these pieces and no others.
    Want(Bitfield),
    /// Pieces turned out to be unreadable, or not what they were: they are taken back, and served no longer. They are
    /// fetched again unless everything wanted was here: a complete item's files are for their owner to mend.
    Lost(Vec<Piece>),
    /// Somebody reads these bytes of the item in order, each range from where a reader is to where it ends: what is ahead
    /// of readers is asked for first. Replaces the readers before; none reads when it is empty.
    Read(Vec<Range<u64>>),
    /// Whether to report [`Event::Requested`](crate::Event::Requested) and
    /// [`Event::Received`](crate::Event::Received).
    Trace(bool),
}
