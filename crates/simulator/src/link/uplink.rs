//! What a peer's connections share on the way out.

use std::{collections::VecDeque, time::Duration};

use peerpool_swarm::ConnId;
use peerpool_wire::time::Time;

use super::{HEADER_PACKET, LinkSpec, PACKET, flow::Flow, pipe::Pipe};

/// The sending half of a peer's link, generic over what it carries.
///
/// Connections with something to send take turns, a packet train each, as flows do that share a queue fairly.
/// Who has been idle joins at the end of the round.
#[derive(Clone, Debug)]
pub struct Uplink<C> {
    spec: LinkSpec,
    pipe: Pipe,
    flows: Vec<Option<Flow<C>>>,
    round: VecDeque<ConnId>,
}

/// A run of bytes of one connection that left together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Train {
    /// Whose bytes.
    pub conn: ConnId,
    /// Bytes of messages.
    pub bytes: u32,
    /// Of these, bytes of blocks: they are to be acknowledged.
    pub bulk: u32,
    /// Bytes on the wire, packet headers included.
    pub wire: u32,
    /// When the last of them has left.
    pub left: Time,
    /// Whether the connection has nothing more to send.
    pub drained: bool,
}

impl<C> Uplink<C> {
    /// An idle uplink.
    pub fn new(spec: LinkSpec) -> Self {
        Self { pipe: Pipe::new(spec.up, Duration::MAX), flows: Vec::new(), round: VecDeque::new(), spec }
    }

    /// A connection opens.
    pub fn open(&mut self, conn: ConnId) {
        let at = conn.0 as usize;
        if self.flows.len() <= at {
            self.flows.resize_with(at + 1, || None);
        }
        self.flows[at] = Some(Flow::new(&self.spec));
    }

    /// A connection is gone, with all it had to send.
    pub fn close(&mut self, conn: ConnId) {
        if let Some(slot) = self.flows.get_mut(conn.0 as usize) {
            *slot = None;
        }
    }

    /// Sends a small message of `size` bytes, before the blocks that the socket has not taken.
    pub fn send(&mut self, conn: ConnId, cargo: C, size: u32) {
        if let Some(flow) = flow(&mut self.flows, conn) {
            flow.push_urgent(cargo, size);
            flow.fill();
            self.join(conn);
        }
    }

    /// Sends a block.
    pub fn send_block(&mut self, conn: ConnId, cargo: C, header: u32, payload: u32) {
        if let Some(flow) = flow(&mut self.flows, conn) {
            flow.push_bulk(cargo, header, payload);
            flow.fill();
            self.join(conn);
        }
    }

    /// The far end has received bytes of this connection's blocks; returns how many of them are payload.
    pub fn acknowledge(
        &mut self,
        now: Time,
        conn: ConnId,
        bytes: u32,
        congested: bool,
        round_trip: Duration,
    ) -> u32 {
        let Some(flow) = flow(&mut self.flows, conn) else {
            return 0;
        };
        flow.window.acknowledged(now, bytes, congested, round_trip);
        let payload = flow.arrived(bytes);
        self.join(conn);
        payload
    }

    /// Whether a connection has nothing left to send.
    pub fn is_drained(&self, conn: ConnId) -> bool {
        self.flows.get(conn.0 as usize).and_then(|slot| slot.as_ref()).is_none_or(|flow| flow.is_empty())
    }

    /// When the next train can leave; `None` while nobody has anything to send.
    pub fn next_timeout(&self) -> Option<Time> {
        (!self.round.is_empty()).then(|| self.pipe.free_at())
    }

    /// How long it was busy so far.
    pub fn busy(&self) -> Duration {
        self.pipe.busy()
    }

    /// Lets the next train leave; each message whose last byte is in it is told to `done`.
    pub fn poll(&mut self, now: Time, mut done: impl FnMut(C)) -> Option<Train> {
        while let Some(conn) = self.round.pop_front() {
            let Some(flow) = flow(&mut self.flows, conn) else {
                continue;
            };
            flow.waiting = false;
            let bytes = flow.sendable().min(self.spec.train);
            if bytes == 0 {
                continue;
            }
            let bulk = flow.leave(bytes, &mut done);
            flow.fill();
            let drained = flow.is_empty();
            let wire = bytes + bytes.div_ceil(PACKET) * HEADER_PACKET;
            let left = self.pipe.pass(now, wire).done;
            self.join(conn);
            return Some(Train { conn, bytes, bulk, wire, left, drained });
        }
        None
    }

    /// Puts a connection that can send at the end of the round.
    fn join(&mut self, conn: ConnId) {
        if let Some(flow) = flow(&mut self.flows, conn)
            && !flow.waiting
            && flow.sendable() > 0
        {
            flow.waiting = true;
            self.round.push_back(conn);
        }
    }
}

fn flow<C>(flows: &mut [Option<Flow<C>>], conn: ConnId) -> Option<&mut Flow<C>> {
    flows.get_mut(conn.0 as usize)?.as_mut()
}
