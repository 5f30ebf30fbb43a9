//! What is asked of all connections together.

use std::collections::{BTreeMap, BTreeSet};

use peerpool_wire::geometry::Piece;

use crate::{ConnId, connection::Connection};

/// The outstanding requests of all connections, and what keeps us from making more.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// Connections that could be asked for more than there is to ask for.
    starved: BTreeSet<ConnId>,
    /// Pieces of which a block was asked for twice.
    doubled: BTreeSet<Piece>,
    /// Connections that may be asked now and have something that we need.
    sources: usize,
    pub(crate) paused: bool,
    pub(crate) storage_busy: bool,
    /// Whether the driver says how much may be asked for.
    pub(crate) limited: bool,
    /// Whether requests and their answers are reported one by one.
    pub(crate) trace: bool,
    /// Payload bytes received, whatever became of them.
    pub(crate) received: u64,
    /// Those received twice, unasked, or in pieces that did not verify.
    pub(crate) wasted: u64,
}

impl Requests {
    /// Whether anything may be asked for now.
    pub(crate) fn may_be_made(&self) -> bool {
        !self.paused && !self.storage_busy
    }

    /// Number of connections that may be asked for something.
    pub(crate) fn sources(&self) -> usize {
        self.sources
    }

    /// Recounts the connections that may be asked for something.
    pub(crate) fn count_sources(&mut self, conns: &BTreeMap<ConnId, Connection>) {
        let is_source =
            |conn: &&Connection| !conn.download.peer_choking && conn.holdings.needed > 0 && conn.rights.take;
        self.sources = conns.values().filter(is_source).count();
    }

    /// A connection could be asked for more than there is.
    pub(crate) fn starve(&mut self, id: ConnId) {
        self.starved.insert(id);
    }

    /// A connection has been asked for as much as it should be.
    pub(crate) fn feed(&mut self, id: ConnId) {
        self.starved.remove(&id);
    }

    /// Takes the connections that could be asked for more, those that give first.
    pub(crate) fn take_starved(&mut self, conns: &BTreeMap<ConnId, Connection>) -> Vec<ConnId> {
        let mut starved: Vec<ConnId> = std::mem::take(&mut self.starved).into_iter().collect();
        let gives = |conn: &Connection| !conn.download.snubbed && conn.download.received > 0;
        starved.sort_by_key(|id| !conns.get(id).is_some_and(gives));
        starved
    }

    /// A connection is gone.
    pub(crate) fn forget(&mut self, id: ConnId) {
        self.starved.remove(&id);
    }

    /// A block of this piece was asked for twice.
    pub(crate) fn double(&mut self, piece: Piece) {
        self.doubled.insert(piece);
    }

    /// Whether a block of this piece was asked for twice.
    pub(crate) fn is_doubled(&self, piece: Piece) -> bool {
        self.doubled.contains(&piece)
    }

    /// A piece has been judged: nothing of it is outstanding.
    pub(crate) fn settle(&mut self, piece: Piece) {
        self.doubled.remove(&piece);
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::time::Time;

    use super::*;
    use crate::Remote;

    fn conns(received: &[u64]) -> BTreeMap<ConnId, Connection> {
        let conn = |(nth, received): (usize, &u64)| {
            let mut conn = Connection::new(Remote::any(nth as u8), 8, Time::ZERO);
            conn.download.received = *received;
            (ConnId(nth as u32), conn)
        };
        received.iter().enumerate().map(conn).collect()
    }

    #[test]
    fn those_that_give_are_fed_first() {
        let mut conns = conns(&[0, 5, 0, 7]);
        conns.get_mut(&ConnId(3)).unwrap().download.snubbed = true;
        let mut requests = Requests::default();
        (0..4).for_each(|nth| requests.starve(ConnId(nth)));
        requests.feed(ConnId(2));
        assert_eq!(requests.take_starved(&conns), [ConnId(1), ConnId(0), ConnId(3)]);
        assert_eq!(requests.take_starved(&conns), []);
    }

    #[test]
    fn a_source_lets_us_ask_and_has_something_that_we_need() {
        let mut conns = conns(&[0, 0, 0]);
        conns.get_mut(&ConnId(0)).unwrap().download.peer_choking = false;
        for id in [ConnId(1), ConnId(2)] {
            let conn = conns.get_mut(&id).unwrap();
            conn.holdings.needed = 1;
            conn.download.peer_choking = id == ConnId(1);
        }
        let mut requests = Requests::default();
        requests.count_sources(&conns);
        assert_eq!(requests.sources(), 1);
    }
}
