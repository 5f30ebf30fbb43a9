//! The sending side of one connection: the driver's queue, and the socket behind it.

use std::collections::VecDeque;

use super::{LinkSpec, PACKET, window::Window};

/// One message on its way into the link.
#[derive(Clone, Debug)]
struct Queued<C> {
    cargo: C,
    /// Bytes that have not left yet.
    left: u32,
    /// Of these, bytes that the socket has not taken.
    outside: u32,
    bulk: bool,
}

/// What one connection has yet to send.
///
/// The queue holds, in the order of sending: `inside` messages that are wholly in the socket, perhaps one
/// that is partly in it, `urgent` small messages, and the blocks. Small messages enter the socket at once,
/// behind what it holds already; blocks enter while it holds less than its buffer.
#[derive(Clone, Debug)]
pub(super) struct Flow<C> {
    queue: VecDeque<Queued<C>>,
    inside: usize,
    urgent: usize,
    /// Bytes in the socket that have not left.
    unsent: u32,
    buffer: u32,
    /// Blocks that have not arrived: bytes left of each, and how many of them, at the end, are payload.
    blocks: VecDeque<(u32, u32)>,
    pub(super) window: Window,
    /// Whether it stands in the uplink's round.
    pub(super) waiting: bool,
}

impl<C> Flow<C> {
    pub(super) fn new(spec: &LinkSpec) -> Self {
        Self {
            queue: VecDeque::new(),
            inside: 0,
            urgent: 0,
            unsent: 0,
            buffer: spec.socket_buffer,
            blocks: VecDeque::new(),
            window: Window::new(spec.receive_buffer, spec.loss),
            waiting: false,
        }
    }

    /// Queues a small message of `size` bytes.
    pub(super) fn push_urgent(&mut self, cargo: C, size: u32) {
        let begun = self.queue.get(self.inside).is_some_and(|next| next.bulk && next.outside < next.left);
        let place = self.inside + usize::from(begun) + self.urgent;
        self.urgent += 1;
        self.queue.insert(place, Queued { cargo, left: size, outside: size, bulk: false });
    }

    /// Queues a block of `payload` bytes behind a header.
    pub(super) fn push_bulk(&mut self, cargo: C, header: u32, payload: u32) {
        let size = header + payload;
        self.queue.push_back(Queued { cargo, left: size, outside: size, bulk: true });
        self.blocks.push_back((size, payload));
    }

    /// Bytes of blocks have arrived. Returns how many of them are payload.
    pub(super) fn arrived(&mut self, mut bytes: u32) -> u32 {
        let mut arrived = 0;
        while let Some((left, payload)) = self.blocks.front_mut().filter(|_| bytes > 0) {
            let part = bytes.min(*left);
            (bytes, *left) = (bytes - part, *left - part);
            arrived += *payload - (*payload).min(*left);
            *payload = (*payload).min(*left);
            if *left == 0 {
                self.blocks.pop_front();
            }
        }
        arrived
    }

    /// Moves what fits into the socket.
    pub(super) fn fill(&mut self) {
        while let Some(next) = self.queue.get_mut(self.inside) {
            let room = if next.bulk { self.buffer.saturating_sub(self.unsent) } else { u32::MAX };
            let entering = next.outside.min(room);
            next.outside -= entering;
            self.unsent += entering;
            if next.outside > 0 {
                break;
            }
            self.inside += 1;
            self.urgent -= usize::from(!next.bulk);
        }
    }

    /// Bytes that may leave now: all there are, or full packets. Small messages do not wait for the window.
    pub(super) fn sendable(&self) -> u32 {
        let urgent = self.queue.front().filter(|front| !front.bulk);
        let room = self.window.room();
        let room = (room - room % PACKET).max(urgent.map_or(0, |front| front.left));
        self.unsent.min(room)
    }

    /// Whether nothing is left to send.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Lets `bytes` leave, at most [`Flow::sendable`]; each message whose last byte leaves is told to `done`.
    /// Returns how many of them are of blocks, and so count in the window until they are acknowledged.
    pub(super) fn leave(&mut self, bytes: u32, mut done: impl FnMut(C)) -> u32 {
        self.unsent -= bytes;
        let (mut rest, mut bulk) = (bytes, 0);
        while rest > 0 {
            let Some(front) = self.queue.front_mut() else { break };
            let part = (front.left - front.outside).min(rest);
            front.left -= part;
            rest -= part;
            bulk += if front.bulk { part } else { 0 };
            if front.left > 0 {
                break;
            }
            if let Some(whole) = self.queue.pop_front() {
                self.inside -= 1;
                done(whole.cargo);
            }
        }
        self.window.sent(bulk);
        bulk
    }
}
