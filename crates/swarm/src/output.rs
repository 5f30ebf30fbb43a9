//! What a swarm wants done.

use std::{collections::VecDeque, net::SocketAddr};

use bytes::Bytes;
use peerpool_wire::{
    geometry::{Piece, Span},
    id::PeerId,
    message::{HashRequest, Message},
};

use crate::ConnId;

/// Something the driver does for the swarm, in the order it came out.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<B> {
    /// Send a message.
    Send {
        /// On this connection.
        conn: ConnId,
        /// The message.
        message: Message,
    },
    /// Read these bytes of the item and send them as a `piece` message. Tell
    /// [`Input::Sent`](crate::Input::Sent) as the other side gets them.
    SendBlock {
        /// On this connection.
        conn: ConnId,
        /// Which bytes; verified ones, always.
        span: Span,
    },
    /// Write these bytes to the download. They are not verified yet.
    Store {
        /// Where they belong.
        span: Span,
        /// How many of them were missing until now.
        useful: u32,
        /// The bytes.
        data: B,
    },
    /// Everything of this piece has been stored: check it, after those [`Output::Store`]s.
    Verify {
        /// Which piece.
        piece: Piece,
        /// Whether a good piece's block hashes are wanted too, to find out who sent a wrong block before.
        leaves: bool,
    },
    /// Read a verified piece and compute the SHA-256 of each of its blocks (those of its file, not of the padding
    /// behind it); answered by [`Input::Hashes`](crate::Input::Hashes).
    ReadHashes {
        /// Who asks.
        conn: ConnId,
        /// Which piece.
        piece: Piece,
        /// What is asked for, to be given back with the answer.
        request: HashRequest,
    },
    /// Have so many bytes more be asked for; answered by [`Input::Allowance`](crate::Input::Allowance), as soon as the
    /// limits allow it. Only while what is fetched [is limited](crate::Input::Limited), and once for each connection at a
    /// time.
    AskAllowance {
        /// On this connection.
        conn: ConnId,
        /// How many.
        bytes: u32,
    },
    /// Open a connection; answered by `Connected` or `ConnectFailed`.
    Connect {
        /// Where to.
        addr: SocketAddr,
    },
    /// Find more peers: there are fewer connections than wanted, and no candidate to try. Answered by
    /// [`Input::Candidates`](crate::Input::Candidates), if there are any.
    FindCandidates,
    /// Close a connection, after what was sent before. It exists no longer for the swarm.
    Disconnect {
        /// Which one.
        conn: ConnId,
        /// Why.
        reason: Reason,
    },
    /// Tell whoever is interested.
    Event(Event),
}

/// Why a connection was closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is a connection to ourselves.
    #[error("it is this peer itself")]
    Ourselves,
    /// There is another connection to the same peer, which is of use.
    #[error("there already is a connection to this peer")]
    Duplicate,
    /// Both sides opened a connection at once, and the other one is kept.
    #[error("both sides opened a connection at once")]
    Crossed,
    /// Neither side has anything for the other.
    #[error("neither side needs anything")]
    NothingToExchange,
    /// As many connections as are allowed.
    #[error("as many connections as are allowed")]
    TooMany,
    /// It was silent for too long.
    #[error("nothing was heard for too long")]
    Silent,
    /// It broke the protocol.
    #[error("it broke the protocol: {0}")]
    Protocol(&'static str),
    /// It asked for what it may not have, or sent what it may not give.
    #[error("it has no right to what it did: {0}")]
    Forbidden(&'static str),
    /// It sent bytes that are not the item's.
    #[error("it sent wrong data")]
    Liar,
    /// Wrong data came from there lately.
    #[error("wrong data came from there lately")]
    Barred,
    /// Others waited for its place, and it made less of it than anybody.
    #[error("it made little of its place, and others waited for it")]
    GaveWay,
    /// It has nothing for us and takes nothing of ours, and others may have more.
    #[error("it is of no use now")]
    Useless,
    /// It does not know what the item is, or does not tell.
    #[error("it cannot give the item's description")]
    NoMetadata,
    /// The download was stopped.
    #[error("the download was stopped")]
    Stopped,
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A piece is verified: it counts from now on.
    PieceDone {
        /// Which piece.
        piece: Piece,
    },
    /// Every wanted piece is verified.
    Complete,
    /// A piece did not verify and is fetched again.
    PieceBad {
        /// Which piece.
        piece: Piece,
    },
    /// A connection brought wrong bytes; it is closed, and nothing is taken from there for a while.
    Liar {
        /// Who it says it is, which proves nothing.
        peer_id: PeerId,
        /// Where it was.
        addr: SocketAddr,
        /// Whether we dialled that address, so that it is one that somebody named.
        outgoing: bool,
        /// The piece that gave it away.
        piece: Piece,
    },
    /// The other end has a newer pass. What it is worth is not judged here.
    Pass {
        /// Which connection.
        conn: ConnId,
        /// The pass.
        pass: Bytes,
    },
    /// Bytes were asked for (only while tracing).
    Requested {
        /// Of whom.
        conn: ConnId,
        /// Which bytes.
        span: Span,
    },
    /// Bytes that had been asked for arrived (only while tracing).
    Received {
        /// From whom.
        conn: ConnId,
        /// Which bytes.
        span: Span,
    },
}

/// The outputs of one or several calls of [`Swarm::handle`](crate::Swarm::handle), in order.
#[derive(Debug)]
pub struct Outbox<B> {
    queue: VecDeque<Output<B>>,
}

impl<B> Outbox<B> {
    /// An empty one.
    pub fn new() -> Self {
        Self { queue: VecDeque::new() }
    }

    /// Takes the oldest output.
    pub fn pop(&mut self) -> Option<Output<B>> {
        self.queue.pop_front()
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn push(&mut self, output: Output<B>) {
        self.queue.push_back(output);
    }

    pub(crate) fn send(&mut self, conn: ConnId, message: Message) {
        self.push(Output::Send { conn, message });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.push(Output::Event(event));
    }
}

impl<B> Default for Outbox<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> Iterator for Outbox<B> {
    type Item = Output<B>;
    fn next(&mut self) -> Option<Output<B>> {
        self.pop()
    }
}
