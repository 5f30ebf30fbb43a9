//! Does what a swarm wants done.

use peerpool_swarm::{ConnId, Event as SwarmEvent, Output, Reason};
use peerpool_wire::{
    geometry::{Piece, Span},
    message::HashRequest,
};

use super::{Event, Incoming, hashes::Turn, task::SwarmTask};
use crate::{buffer::Buffer, connection::Write, event_sender::EventSender, hashing, storage::Job};

impl SwarmTask {
    /// Does one output; `from` is the connection whose block brought it about.
    pub(super) fn perform(&mut self, output: Output<Buffer>, from: Option<ConnId>) {
        match output {
            Output::Send { conn, message } => self.write(conn, Write::Message(message)),
            Output::SendBlock { conn, span } => self.write(conn, Write::Block(span)),
            Output::Store { span, useful, data } => self.store(span, useful, data, from),
            Output::Verify { piece, leaves } => self.verify(piece, leaves),
            Output::ReadHashes { conn, piece, request } => self.read_hashes(conn, piece, request),
            Output::Connect { addr } => self.dial(addr),
            Output::FindCandidates => self.tell_soon(Event::FindCandidates),
            Output::Disconnect { conn, reason } => self.disconnect(conn, &reason),
            Output::Event(event) => self.report(event),
        }
    }

    fn write(&mut self, conn: ConnId, write: Write) {
        if let Some((connection, _)) = self.connections.get(&conn)
            && !connection.write(write)
        {
            self.lost.push(conn);
        }
    }

    fn store(&mut self, span: Span, useful: u32, data: Buffer, from: Option<ConnId>) {
        if let Some((_, remote)) = from.and_then(|conn| self.connections.get(&conn)) {
            self.sources.count(remote.peer_id, remote.addr, useful);
        }
        if let Some(target) = &self.target {
            target.add_waiting(data.len());
            self.hand_over(Job::Store { target: target.clone(), span, data });
        }
    }

    fn verify(&mut self, piece: Piece, leaves: bool) {
        if let Some(target) = &self.target {
            self.hand_over(Job::Verify { target: target.clone(), piece, leaves });
        }
    }

    /// Jobs keep their order: once one waits, all behind it wait too.
    fn hand_over(&mut self, job: Job) {
        if !self.backlog.is_empty() {
            self.backlog.push_back(job);
        } else if let Err(job) = self.environment.storage.try_hand_over(job) {
            self.backlog.push_back(job);
        }
    }

    /// Has block hashes computed, when it is the connection's turn.
    fn read_hashes(&mut self, conn: ConnId, piece: Piece, request: HashRequest) {
        match self.hash_requests.take(conn, piece, request) {
            Turn::Now => self.compute_hashes(conn, piece, request),
            Turn::Later => {}
            Turn::Never => self.unhashed.push((conn, request)),
        }
    }

    fn compute_hashes(&mut self, conn: ConnId, piece: Piece, request: HashRequest) {
        let (item, content) = (self.setup.item, self.content.borrow().clone());
        let events = EventSender::new(self.incoming.clone(), Incoming::Hashes);
        let job = hashing::Job { item, content, piece, conn, request, events };
        if !self.environment.hashing.try_hand_over(job) {
            self.unhashed.push((conn, request));
            self.compute_next_hashes(conn);
        }
    }

    /// A request for block hashes is answered, one way or the other: the next of its connection follows.
    pub(super) fn compute_next_hashes(&mut self, conn: ConnId) {
        if let Some((piece, request)) = self.hash_requests.answered(conn) {
            self.compute_hashes(conn, piece, request);
        }
    }

    fn disconnect(&mut self, conn: ConnId, reason: &Reason) {
        if let Some((_, remote)) = self.connections.remove(&conn) {
            tracing::debug!(item = %self.setup.item.short(), addr = %remote.addr, %reason, "connection closed");
            self.hash_requests.forget(conn);
        }
    }

    fn report(&mut self, event: SwarmEvent) {
        match event {
            SwarmEvent::Complete => self.tell_soon(Event::Complete),
            SwarmEvent::Liar { peer_id, addr, outgoing, piece } => {
                self.tell_soon(Event::Banned { peer_id, addr, outgoing, piece });
            }
            SwarmEvent::Requested { conn, span } => self.report_requested(conn, span.piece()),
            SwarmEvent::Received { conn, span } => {
                self.last_from.insert(span.piece(), conn);
            }
            SwarmEvent::PieceDone { piece } => self.report_arrived(piece, true),
            SwarmEvent::PieceBad { piece } => self.report_arrived(piece, false),
            SwarmEvent::Rejected { .. } => {}
        }
    }

    fn report_requested(&mut self, conn: ConnId, piece: Piece) {
        let asked = Some((conn, piece));
        if self.last_asked != asked
            && let Some((_, remote)) = self.connections.get(&conn)
        {
            self.last_asked = asked;
            let (peer_id, addr) = (remote.peer_id, remote.addr);
            self.trace(Event::Requested { piece, peer_id, addr });
        }
    }

    fn report_arrived(&mut self, piece: Piece, verified: bool) {
        let from = self.last_from.remove(&piece);
        if let Some((_, remote)) = from.and_then(|conn| self.connections.get(&conn)) {
            let (peer_id, addr) = (remote.peer_id, remote.addr);
            self.trace(Event::Arrived { piece, peer_id, addr, verified });
        }
    }

    /// Traces are for somebody who watches: what there is no room for is left out.
    fn trace(&self, event: Event) {
        let _ = self.setup.events.try_send(event);
    }

    /// For what must not be lost: told after all outputs are done.
    fn tell_soon(&mut self, event: Event) {
        self.untold.push_back(event);
    }
}
