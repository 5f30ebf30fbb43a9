//! The block hashes that peers ask for: one piece at a time for each connection, so that nobody fills the queue that
//! all share.

use std::collections::{BTreeMap, VecDeque};

use peerpool_swarm::ConnId;
use peerpool_wire::{geometry::Piece, id::InfoHash, message::HashRequest};
use tokio::sync::mpsc;

use super::Incoming;
use crate::{
    event_sender::EventSender,
    hashing::{self, Computed, Hashing},
    item_data::ItemData,
};

/// Requests of one connection that wait, the one being worked on included.
const WAITING: usize = 16;

/// Has block hashes computed for the peers of one item.
#[derive(Debug)]
pub(super) struct BlockHashes {
    item: InfoHash,
    hashing: Hashing,
    requests: HashRequests,
    /// Requests that are turned down.
    refused: Vec<(ConnId, HashRequest)>,
    events: EventSender<Computed>,
}

impl BlockHashes {
    pub(super) fn new(item: InfoHash, hashing: Hashing, incoming: mpsc::Sender<Incoming>) -> Self {
        let events = EventSender::new(incoming, Incoming::Hashes);
        Self { item, hashing, requests: HashRequests::default(), refused: Vec::new(), events }
    }

    /// Has the hashes of a piece's blocks computed, when it is the connection's turn.
    pub(super) fn request(&mut self, conn: ConnId, piece: Piece, request: HashRequest, item_data: &ItemData) {
        match self.requests.take(conn, piece, request) {
            Turn::Now => self.compute(conn, piece, request, item_data),
            Turn::Later => {}
            Turn::Never => self.refused.push((conn, request)),
        }
    }

    /// A request is answered: the next of its connection follows.
    pub(super) fn answered(&mut self, conn: ConnId, item_data: &ItemData) {
        if let Some((piece, request)) = self.requests.answered(conn) {
            self.compute(conn, piece, request, item_data);
        }
    }

    fn compute(&mut self, conn: ConnId, piece: Piece, request: HashRequest, item_data: &ItemData) {
        let (item, events) = (self.item, self.events.clone());
        let job = hashing::Job { item, item_data: item_data.clone(), piece, conn, request, events };
        if !self.hashing.try_hand_over(job) {
            self.refused.push((conn, request));
            self.answered(conn, item_data);
        }
    }

    /// A request that is turned down.
    pub(super) fn take_refused(&mut self) -> Option<(ConnId, HashRequest)> {
        self.refused.pop()
    }

    /// The connection is gone.
    pub(super) fn forget(&mut self, conn: ConnId) {
        self.requests.forget(conn);
    }
}

/// The requests for block hashes that are not answered.
#[derive(Debug, Default)]
struct HashRequests {
    waiting: BTreeMap<ConnId, VecDeque<(Piece, HashRequest)>>,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// It is to be worked on now.
    Now,
    /// It waits for those before it.
    Later,
    /// Too many of this connection wait.
    Never,
}

impl HashRequests {
    /// Takes a request.
    fn take(&mut self, conn: ConnId, piece: Piece, request: HashRequest) -> Turn {
        let waiting = self.waiting.entry(conn).or_default();
        if waiting.len() >= WAITING {
            return Turn::Never;
        }
        waiting.push_back((piece, request));
        if waiting.len() == 1 { Turn::Now } else { Turn::Later }
    }

    /// The connection's request that was worked on is answered; what is to be worked on next.
    fn answered(&mut self, conn: ConnId) -> Option<(Piece, HashRequest)> {
        let waiting = self.waiting.get_mut(&conn)?;
        waiting.pop_front();
        let next = waiting.front().copied();
        if next.is_none() {
            self.waiting.remove(&conn);
        }
        next
    }

    /// The connection is gone.
    fn forget(&mut self, conn: ConnId) {
        self.waiting.remove(&conn);
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::{geometry::Geometry, id::Sha256Hash};

    use super::*;

    #[test]
    fn a_connection_has_one_request_worked_on_and_few_waiting() {
        let geometry = Geometry::new(16384, [(16384, false)]).unwrap();
        let piece = geometry.piece(0).unwrap();
        let request = |index| HashRequest {
            root: Sha256Hash([0; 32]),
            base_layer: 0,
            index,
            length: 2,
            proof_layers: 0,
        };
        let mut requests = HashRequests::default();
        let mut take = |conn, index| requests.take(ConnId(conn), piece, request(index));
        assert_eq!(take(1, 0), Turn::Now);
        assert_eq!(take(1, 1), Turn::Later);
        assert_eq!(take(2, 0), Turn::Now);
        for index in 2..WAITING as u32 {
            assert_eq!(take(1, index), Turn::Later);
        }
        assert_eq!(take(1, 99), Turn::Never);
        assert_eq!(requests.answered(ConnId(1)), Some((piece, request(1))));
        assert_eq!(requests.answered(ConnId(2)), None);
        requests.forget(ConnId(1));
        assert_eq!(requests.answered(ConnId(1)), None);
    }
}
