//! What a virtual peer counts, apart from its swarm's own figures.

use peerpool_wire::time::Time;

/// One peer's books. Bytes are payload of blocks unless said otherwise.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Bytes of blocks that left whole.
    pub sent: u64,
    /// Of these, bytes that this peer sent for the first time; counted for seeds alone.
    pub first_sent: u64,
    /// Bytes of blocks given to the swarm.
    pub received: u64,
    /// Bytes of blocks that arrived for a connection that is gone.
    pub lost: u64,
    /// Messages sent, blocks included.
    pub messages: u64,
    /// Of these, `have`.
    pub haves: u64,
    /// Of these, `request`.
    pub requests: u64,
    /// Of these, `cancel`.
    pub cancels: u64,
    /// Bytes that left on the wire, with all headers.
    pub wire: u64,
    /// When it arrived.
    pub arrived: Option<Time>,
    /// When it had every piece.
    pub completed: Option<Time>,
    /// When it left.
    pub left: Option<Time>,
    /// Connections that were closed by its swarm, and why, in the order of the first.
    pub closed: Vec<(String, u32)>,
    /// Things its swarm did that it must never do.
    pub faults: Vec<String>,
}

/// Most faults that are kept for one peer.
const FAULTS: usize = 8;

impl Ledger {
    /// Notes something that must never happen.
    pub fn fault(&mut self, now: Time, what: impl FnOnce() -> String) {
        if self.faults.len() < FAULTS {
            self.faults.push(format!("{now:?}: {}", what()));
        }
    }

    /// Notes why the swarm closed a connection.
    pub fn closed(&mut self, reason: String) {
        match self.closed.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.closed.push((reason, 1)),
        }
    }
}
