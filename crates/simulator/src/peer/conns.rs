//! A virtual peer's connections, and how they open and close.

use std::time::Duration;

use peerpool_swarm::ConnId;
use peerpool_wire::time::Time;

use crate::mail::PeerNo;

/// Where a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// We asked for it and have no answer yet.
    Dialing,
    /// It stands; `ConnId` is its number at the other end.
    Open(ConnId),
    /// Our swarm has closed it; what was sent before still leaves.
    Closing(ConnId),
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Conn {
    /// Who is at the other end.
    pub remote: PeerNo,
    /// Where it stands.
    pub state: State,
    /// One-way delay.
    pub delay: Duration,
    /// When the latest of what we sent arrives: nothing sent later arrives earlier.
    pub latest: Time,
}

impl Conn {
    /// Its number at the other end, once known.
    pub fn there(&self) -> Option<ConnId> {
        match self.state {
            State::Dialing => None,
            State::Open(there) | State::Closing(there) => Some(there),
        }
    }

    /// When something that leaves at `left` arrives, kept behind all that was sent before.
    pub fn arrival(&mut self, left: Time, jitter: Duration) -> Time {
        self.latest = self.latest.max(left + self.delay + jitter);
        self.latest
    }
}

/// All connections of one peer. A number is never used twice.
#[derive(Clone, Debug, Default)]
pub struct Conns {
    slots: Vec<Option<Conn>>,
    open: usize,
}

impl Conns {
    /// Enters a new connection.
    pub fn insert(&mut self, conn: Conn) -> ConnId {
        self.slots.push(Some(conn));
        self.open += 1;
        ConnId(self.slots.len() as u32 - 1)
    }

    /// A connection that has not been removed.
    pub fn get(&self, id: ConnId) -> Option<&Conn> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    /// A connection that has not been removed, to change it.
    pub fn get_mut(&mut self, id: ConnId) -> Option<&mut Conn> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    /// Forgets a connection.
    pub fn remove(&mut self, id: ConnId) -> Option<Conn> {
        let conn = self.slots.get_mut(id.0 as usize)?.take()?;
        self.open -= 1;
        Some(conn)
    }

    /// How many there are, in whatever state.
    pub fn len(&self) -> usize {
        self.open
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (ConnId, &Conn)> {
        let numbered = (0..).map(ConnId).zip(&self.slots);
        numbered.filter_map(|(id, slot)| Some((id, slot.as_ref()?)))
    }
}
