//! What the swarm wants done: it is done, and compared with what is known.

use peerpool_swarm::{ConnId, Event, Output, Reason};
use peerpool_wire::{
    geometry::{BLOCK, Piece, Span},
    message::{Message, Request},
};

use super::{Data, World, peers::forget};

/// Bytes that a swarm hands out ahead in any case.
const MIN_AHEAD: u64 = 64 * 1024;

impl World {
    pub(super) fn perform(&mut self, output: Output<Data>) {
        match output {
            Output::Send { conn, message } => self.sent(conn, message),
            Output::SendBlock { conn, span } => {
                assert!(self.swarm.have().has(span.piece()), "only verified bytes are served");
                let conn = self.conns.get_mut(&conn).expect("blocks go to connections that stand");
                conn.unsent += span.length();
                conn.handed.push(span);
            }
            Output::Store { span, useful, data } => self.store(span, useful, data),
            Output::Verify { piece, leaves } => self.verify_later(piece, leaves),
            Output::ReadHashes { conn, piece, request } => {
                assert!(self.conns.contains_key(&conn) && self.swarm.have().has(piece));
                self.reading.push((conn, piece, request));
            }
            Output::Connect { addr } => {
                assert!(!self.connecting.contains(&addr), "{addr} is being connected to");
                self.connecting.push(addr);
            }
            Output::FindCandidates => {
                assert!(!self.swarm.is_complete(), "who has everything looks for nobody");
            }
            Output::Disconnect { conn, reason } => self.disconnected(conn, &reason),
            Output::Event(event) => self.check_event(&event),
        }
    }

    fn sent(&mut self, id: ConnId, message: Message) {
        let conn = self.conns.get_mut(&id).expect("messages go to connections that stand");
        match message {
            Message::Request(request) => self.requested(id, request),
            Message::Cancel(request) => {
                assert!(conn.asked.iter().any(|span| Request::from(*span) == request), "it was asked for");
                forget(&mut conn.asked, request);
            }
            Message::Have(piece) => {
                let piece = self.geometry().piece(piece).expect("a piece of the item");
                assert!(self.swarm.have().has(piece), "only verified pieces are announced");
            }
            Message::HashRequest(request) => conn.hashes_asked.push(request),
            Message::Hashes(request, hashes) => {
                assert_eq!(Some(hashes), self.sample.answer(&request), "true hashes are given");
            }
            _ => {}
        }
    }

    fn requested(&mut self, id: ConnId, request: Request) {
        let span = self.geometry().span(request.index, request.begin, request.length);
        let span = span.expect("bytes of the item are asked for");
        assert!(!self.swarm.have().has(span.piece()), "{span:?} is here");
        assert!(request.length <= self.max_request, "{span:?} is longer than agreed");
        let asked = &mut self.conns.get_mut(&id).expect("a connection that stands").asked;
        let overlaps = |other: &Span| {
            other.piece() == span.piece() && other.begin() < span.end() && span.begin() < other.end()
        };
        assert!(!asked.iter().any(overlaps), "{span:?} is asked twice of {id:?}");
        asked.push(span);
    }

    fn store(&mut self, span: Span, useful: u32, data: Data) {
        assert_eq!(self.answer.take(), Some((span, data)), "only what was asked for is stored");
        assert!(useful > 0 && useful <= span.length());
        assert!(!self.swarm.have().has(span.piece()), "a verified piece is not written to");
        assert!(!self.is_verifying(span.piece()), "a piece is not written to while it is verified");
        for block in span.begin() / BLOCK..span.end().div_ceil(BLOCK) {
            self.put(span.piece(), block, data.wrong);
        }
    }

    fn verify_later(&mut self, piece: Piece, leaves: bool) {
        let payload = self.geometry().payload_end(piece).div_ceil(BLOCK) as usize;
        let stored = self.stored.get(&piece).map_or(0, |blocks| blocks.iter().flatten().count());
        assert!(stored >= payload, "{piece:?} has {stored} of {payload} blocks");
        assert!(!self.is_verifying(piece), "{piece:?} is being verified");
        self.verifying.push((piece, leaves));
    }

    fn is_verifying(&self, piece: Piece) -> bool {
        self.verifying.iter().any(|(other, _)| *other == piece)
    }

    fn disconnected(&mut self, id: ConnId, reason: &Reason) {
        let conn = self.conns.remove(&id).expect("a connection is closed once");
        if *reason == Reason::Liar {
            assert!(self.liars.contains(&conn.peer_id), "an honest peer is called a liar");
        }
        self.reading.retain(|(asker, ..)| *asker != id);
    }

    fn check_event(&self, event: &Event) {
        match event {
            Event::PieceDone { piece } => assert!(self.swarm.have().has(*piece)),
            Event::Complete => assert!(self.swarm.is_complete()),
            Event::Liar { peer_id, .. } => {
                assert!(self.liars.contains(peer_id), "an honest peer is called a liar")
            }
            _ => {}
        }
    }

    /// What holds between two inputs.
    pub(super) fn check(&self) {
        let stats = self.swarm.stats();
        assert_eq!(stats.connections, self.conns.len());
        assert!(stats.bytes_done <= self.geometry().payload());
        let unsent: u64 = self.conns.values().map(|conn| u64::from(conn.unsent)).sum();
        let most = self.most_unsent.max(MIN_AHEAD) + u64::from(self.max_request);
        assert!(unsent <= most, "{unsent} bytes are handed out ahead");
        for conn in self.swarm.connections(self.now) {
            let asked: u64 = self.conns[&conn.conn].asked.iter().map(|span| u64::from(span.length())).sum();
            assert_eq!(conn.outstanding, asked, "what is outstanding on {:?}", conn.conn);
        }
    }
}
