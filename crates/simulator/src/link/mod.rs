//! Links between virtual peers, without any I/O: when do bytes that are sent now arrive?
//!
//! Every peer has one link, with a rate for each direction and its share of the delay. On the way out its
//! connections share the uplink fairly ([`Uplink`]); then bytes take their delay; then they queue for the
//! receiver's downlink ([`Pipe`]). A congestion window for each connection ([`Window`]) sees to it that many
//! senders share one downlink as TCP would. Loss is not drawn packet by packet: it bounds the window.

mod flow;
mod pipe;
mod uplink;
mod window;

pub use pipe::{Passage, Pipe};
pub use uplink::{Train, Uplink};
pub use window::Window;

use std::time::Duration;

/// Bytes of a full packet without its headers: an Ethernet frame's 1500, less IP and TCP with timestamps.
pub const PACKET: u32 = 1448;

/// Bytes of headers for each packet: Ethernet, IP, TCP, and its share of the acknowledgements. 5 %.
pub const HEADER_PACKET: u32 = 72;

/// A peer's link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSpec {
    /// Bytes a second on the way out.
    pub up: u64,
    /// Bytes a second on the way in.
    pub down: u64,
    /// Its share of a one-way delay: bytes from A to B take the delay of A plus that of B.
    pub delay: Duration,
    /// Up to so much is added to a train's delay, at random. Order is kept.
    pub jitter: Duration,
    /// Share of packets lost at random, 0 to 1.
    pub loss: f64,
    /// Most bytes that leave at once, before another connection's turn.
    pub train: u32,
    /// Unsent bytes of blocks that a socket takes.
    pub socket_buffer: u32,
    /// Most bytes on their way on one connection.
    pub receive_buffer: u32,
    /// Longest queue in front of the downlink, before senders slow down.
    pub queue: Duration,
}

#[cfg(test)]
mod tests;
