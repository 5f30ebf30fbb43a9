//! Does what a swarm wants done.

use peerpool_swarm::{ConnId, Event as SwarmEvent, Output, Reason};
use peerpool_wire::geometry::Span;

use super::{Event, Passed, task::SwarmTask};
use crate::{buffer::Buffer, connection::Write};

impl SwarmTask {
    /// Does one output; `from` is the connection whose block brought it about.
    pub(super) fn perform(&mut self, output: Output<Buffer>, from: Option<ConnId>) {
        match output {
            Output::Send { conn, message } => self.connections.write(conn, Write::Message(message)),
            Output::SendBlock { conn, span } => self.connections.write(conn, Write::Block(span)),
            Output::Store { span, useful, data } => self.store(span, useful, data, from),
            Output::Verify { piece, leaves } => self.disk.verify(piece, leaves),
            Output::ReadHashes { conn, piece, request } => {
                self.hashes.request(conn, piece, request, &self.connections.item_data());
            }
            Output::AskAllowance { conn, bytes } => self.ask_allowance(conn, bytes),
            Output::Connect { addr } => self.dialing.dial(addr),
            Output::FindCandidates => self.reports.tell_soon(Event::FindCandidates),
            Output::Disconnect { conn, reason } => self.disconnect(conn, &reason),
            Output::Event(event) => self.report(event),
        }
    }

    fn store(&mut self, span: Span, useful: u32, data: Buffer, from: Option<ConnId>) {
        if let Some(remote) = from.and_then(|conn| self.connections.remote(conn)) {
            self.figures.sources.count(remote.peer_id, remote.addr, useful);
        }
        if let Some(conn) = from {
            self.leashes.count(conn, Passed { fetched: useful.into(), given: 0 });
        }
        self.disk.store(span, data);
    }

    fn disconnect(&mut self, conn: ConnId, reason: &Reason) {
        if let Some(remote) = self.connections.close(conn) {
            tracing::debug!(addr = %remote.addr, %reason, "connection closed");
            self.forget(conn);
        }
    }

    fn report(&mut self, event: SwarmEvent) {
        match event {
            SwarmEvent::Complete => self.reports.tell_soon(Event::Complete),
            SwarmEvent::Liar { peer_id, addr, outgoing, piece } => {
                self.reports.tell_soon(Event::Banned { peer_id, addr, outgoing, piece });
            }
            SwarmEvent::Pass { conn, pass } => {
                if let Some(connection) = self.leashes.name(conn) {
                    self.reports.tell_soon(Event::Pass { connection, pass });
                }
            }
            SwarmEvent::Requested { conn, span } => {
                let requested = self.trace.requested(conn, span.piece(), &self.connections);
                self.reports.show(requested);
            }
            SwarmEvent::Received { conn, span } => self.trace.received(conn, span.piece()),
            SwarmEvent::PieceDone { piece } => {
                if self.swarm.is_read_next(piece) {
                    // Whoever reads it waits for it, and not for the next tick.
                    self.publish();
                }
                let arrived = self.trace.arrived(piece, true, &self.connections);
                self.reports.show(arrived);
            }
            SwarmEvent::PieceBad { piece } => {
                let arrived = self.trace.arrived(piece, false, &self.connections);
                self.reports.show(arrived);
            }
        }
    }
}
