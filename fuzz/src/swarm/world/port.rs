//! What the swarm wants of others: it is noted, and compared with what is known.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use peerpool_swarm::{ConnId, Event, Reason, Rights};
use peerpool_virtual::{Network, Token};
use peerpool_wire::{
    geometry::{Piece, Span},
    id::PeerId,
    message::{HashRequest, Message, Request},
    time::Time,
};

use crate::swarm::item::Sample;

/// So many outputs no single input needs.
const MAX_OUTPUTS: usize = 2000;

/// A connection as its other end sees it.
pub(super) struct Conn {
    pub(super) peer_id: PeerId,
    pub(super) fast: bool,
    /// What may pass.
    pub(super) rights: Rights,
    /// What it was asked for and may still answer.
    pub(super) asked: Vec<Span>,
    pub(super) hashes_asked: Vec<HashRequest>,
    /// Blocks handed out to it, and bytes of those that the socket has not taken.
    pub(super) handed: Vec<Span>,
    pub(super) unsent: u32,
}

/// Everybody else.
pub(super) struct Port {
    sample: &'static Sample,
    max_request: u32,
    pub(super) conns: BTreeMap<ConnId, Conn>,
    pub(super) connecting: Vec<SocketAddr>,
    pub(super) reading: Vec<(ConnId, Piece, HashRequest)>,
    /// The answer to a request that is being told to the swarm.
    pub(super) answer: Option<(Span, Token)>,
    /// Peers that sent anything wrong.
    pub(super) liars: BTreeSet<PeerId>,
    /// Outputs of this input.
    outputs: usize,
}

impl Port {
    pub(super) fn new(sample: &'static Sample, max_request: u32) -> Self {
        Self {
            sample,
            max_request,
            conns: BTreeMap::new(),
            connecting: Vec::new(),
            reading: Vec::new(),
            answer: None,
            liars: BTreeSet::new(),
            outputs: 0,
        }
    }

    /// An input has been dealt with.
    pub(super) fn end_input(&mut self) {
        self.answer = None;
        self.outputs = 0;
    }

    fn conn(&mut self, id: ConnId) -> &mut Conn {
        self.outputs += 1;
        assert!(self.outputs < MAX_OUTPUTS, "one input has no end of outputs");
        self.conns.get_mut(&id).expect("a connection that stands")
    }

    fn requested(&mut self, id: ConnId, request: Request) {
        let span = self.sample.item.geometry.span(request.index, request.begin, request.length);
        let span = span.expect("bytes of the item are asked for");
        assert!(request.length <= self.max_request, "{span:?} is longer than agreed");
        assert!(self.conn(id).rights.take, "{id:?} is asked, and may not give");
        let asked = &mut self.conn(id).asked;
        let overlaps = |other: &Span| {
            other.piece() == span.piece() && other.begin() < span.end() && span.begin() < other.end()
        };
        assert!(!asked.iter().any(overlaps), "{span:?} is asked twice of {id:?}");
        asked.push(span);
    }
}

impl Network for Port {
    fn send(&mut self, _now: Time, id: ConnId, message: Message) {
        let conn = self.conn(id);
        match message {
            Message::Request(request) => self.requested(id, request),
            Message::Cancel(request) => {
                assert!(conn.asked.iter().any(|span| Request::from(*span) == request), "it was asked for");
                forget(&mut conn.asked, request);
            }
            Message::HashRequest(request) => conn.hashes_asked.push(request),
            Message::Unchoke => assert!(conn.rights.give, "{id:?} is served, and may have nothing"),
            Message::Hashes(request, hashes) => {
                assert!(conn.rights.give, "{id:?} is told hashes, and may have nothing");
                assert_eq!(Some(hashes), self.sample.answer(&request), "true hashes are given");
            }
            _ => {}
        }
    }

    fn send_block(&mut self, _now: Time, id: ConnId, span: Span) {
        let conn = self.conn(id);
        assert!(conn.rights.give, "{id:?} is given {span:?}, and may have nothing");
        conn.unsent += span.length();
        conn.handed.push(span);
    }

    fn connect(&mut self, _now: Time, addr: SocketAddr) -> bool {
        assert!(!self.connecting.contains(&addr), "{addr} is being connected to");
        self.connecting.push(addr);
        true
    }

    fn disconnect(&mut self, _now: Time, id: ConnId, reason: Reason) {
        let conn = self.conns.remove(&id).expect("a connection is closed once");
        if reason == Reason::Liar {
            assert!(self.liars.contains(&conn.peer_id), "an honest peer is called a liar");
        }
        self.reading.retain(|(asker, ..)| *asker != id);
    }

    fn find_candidates(&mut self, _now: Time) {}

    fn stored(&mut self, span: Span, data: Token) {
        assert_eq!(self.answer.take(), Some((span, data)), "only what was asked for is stored");
    }

    fn read_hashes(&mut self, conn: ConnId, piece: Piece, request: HashRequest) -> bool {
        assert!(self.conns.contains_key(&conn));
        self.reading.push((conn, piece, request));
        true
    }

    fn note(&mut self, _now: Time, event: Event) {
        if let Event::Liar { peer_id, .. } = event {
            assert!(self.liars.contains(&peer_id), "an honest peer is called a liar");
        }
    }

    fn fault(&mut self, _now: Time, what: String) {
        panic!("a swarm must not want {what}");
    }
}

/// A request that will not be answered.
pub(super) fn forget(asked: &mut Vec<Span>, request: Request) {
    if let Some(nth) = asked.iter().position(|span| Request::from(*span) == request) {
        asked.remove(nth);
    }
}
