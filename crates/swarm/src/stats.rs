//! Figures that a swarm gives about itself.

use std::net::SocketAddr;

use peerpool_wire::id::PeerId;

use crate::ConnId;

/// One connection, as seen now.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnStats {
    /// Its number.
    pub conn: ConnId,
    /// Who is there.
    pub peer_id: PeerId,
    /// Where.
    pub addr: SocketAddr,
    /// The client's own name and version, if it told.
    pub client: String,
    /// Pieces that it has announced.
    pub pieces: u32,
    /// Payload bytes received from it that were of use.
    pub received: u64,
    /// Payload bytes sent to it.
    pub sent: u64,
    /// Bytes a second from it.
    pub rate_down: u64,
    /// Bytes a second to it.
    pub rate_up: u64,
    /// Bytes asked for and not yet here.
    pub outstanding: u64,
    /// Whether it has anything that we need.
    pub interesting: bool,
    /// Whether we do not answer its requests.
    pub am_choking: bool,
    /// Whether it does not answer ours.
    pub peer_choking: bool,
}

/// The swarm as a whole, as seen now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Pieces verified.
    pub pieces_done: u32,
    /// Bytes of files (pads not counted) in verified pieces.
    pub bytes_done: u64,
    /// Bytes of files in all wanted pieces.
    pub bytes_wanted: u64,
    /// Payload bytes received, whatever became of them.
    pub received: u64,
    /// Payload bytes received twice, unasked, or in pieces that did not verify.
    pub wasted: u64,
    /// Payload bytes sent.
    pub sent: u64,
    /// Connections.
    pub connections: usize,
    /// Wanted, missing pieces that no connected peer has.
    pub unavailable: u32,
}
