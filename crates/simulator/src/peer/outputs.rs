//! What a virtual peer does for its swarm.

use std::net::SocketAddr;

use peerpool_swarm::{ConnId, Event, Input, Output, Reason};
use peerpool_wire::{
    geometry::{Piece, Span},
    message::{Message, Request},
    time::Time,
};
use rand::RngExt;

use super::{Conn, State, Token, VirtualPeer};
use crate::mail::{Body, Cargo, Mail, PeerNo};

impl VirtualPeer {
    /// Tells the swarm something and does all that follows from it.
    pub(super) fn feed(&mut self, now: Time, input: Input<Token>) {
        self.swarm.handle(now, input, &mut self.outbox);
        while let Some(output) = self.outbox.pop() {
            self.perform(now, output);
        }
        self.tick = self.swarm.next_timeout();
    }

    fn perform(&mut self, now: Time, output: Output<Token>) {
        match output {
            Output::Send { conn, message } => self.send(now, conn, message),
            Output::SendBlock { conn, span } => self.send_block(now, conn, span),
            Output::Store { span, data, .. } => {
                if !self.store.write(span, data) {
                    self.ledger.fault(now, || format!("stored {data:?} as {span:?}"));
                }
            }
            Output::Verify { piece, leaves } => {
                self.verifying.push_back((now + self.around.verify, piece, leaves));
            }
            Output::ReadHashes { conn, request, .. } => {
                let hashes = None;
                self.swarm.handle(now, Input::Hashes { conn, request, hashes }, &mut self.outbox);
            }
            Output::Connect { addr } => self.dial(now, addr),
            Output::FindCandidates => self.asks_tracker = true,
            Output::Disconnect { conn, reason } => self.disconnect(now, conn, &reason),
            Output::Event(event) => self.note(now, event),
        }
    }

    fn send(&mut self, now: Time, conn: ConnId, message: Message) {
        if !self.spec.behaviour.lets_pass(&message) {
            return;
        }
        self.check_claim(now, &message);
        match message {
            Message::Have(_) => self.ledger.haves += 1,
            Message::Request(_) => self.ledger.requests += 1,
            Message::Cancel(_) => self.ledger.cancels += 1,
            _ => {}
        }
        self.ledger.messages += 1;
        let cargo = Cargo::from(message);
        let size = cargo.size();
        self.uplink.send(conn, cargo, size);
    }

    fn send_block(&mut self, now: Time, conn: ConnId, span: Span) {
        if !self.store.good().has(span.piece()) {
            self.ledger.fault(now, || format!("served {span:?}, which is not verified"));
        }
        if !self.spec.behaviour.gives() {
            return;
        }
        let share = self.spec.behaviour.lies();
        let lies = share > 0.0 && self.rng.random_bool(share);
        let flaw = if lies { self.rng.random_range(1..u32::MAX) } else { 0 };
        let span = Request::from(span);
        self.ledger.messages += 1;
        let cargo = Cargo::Block(Token { span, flaw });
        self.uplink.send_block(conn, cargo, Cargo::BLOCK_HEADER, span.length);
    }

    /// What is announced must have been verified.
    fn check_claim(&mut self, now: Time, message: &Message) {
        let good = self.store.good();
        let honest = match message {
            Message::Have(piece) => {
                let piece = self.around.item.geometry.piece(*piece);
                piece.is_some_and(|piece| good.has(piece))
            }
            Message::HaveAll => good.is_all(),
            Message::Bitfield(bytes) => {
                let mine = good.to_bytes();
                bytes.len() == mine.len() && bytes.iter().zip(&mine).all(|(said, held)| said & !held == 0)
            }
            _ => true,
        };
        if !honest {
            self.ledger.fault(now, || format!("announced what is not verified: {message:?}"));
        }
    }

    fn dial(&mut self, now: Time, addr: SocketAddr) {
        let known = PeerNo::at(addr).filter(|remote| remote.as_usize() < self.around.delays.len());
        let Some(remote) = known else {
            self.swarm.handle(now, Input::ConnectFailed { addr }, &mut self.outbox);
            return;
        };
        let delay = self.around.delays[self.no.as_usize()] + self.around.delays[remote.as_usize()];
        let conn = self.conns.insert(Conn { remote, state: State::Dialing, delay, latest: now });
        // A round trip for TCP, then the handshake goes over.
        self.mail(now + 3 * delay, remote, Body::Dial(conn));
    }

    fn disconnect(&mut self, now: Time, id: ConnId, reason: &Reason) {
        self.ledger.closed(reason.to_string());
        let Some(conn) = self.conns.get_mut(id) else { return };
        if let State::Open(there) = conn.state {
            conn.state = State::Closing(there);
        }
        if self.uplink.is_drained(id) {
            self.hang_up(now, id);
        }
    }

    /// Closes a connection, told to the other end behind all that has left.
    pub(super) fn hang_up(&mut self, now: Time, id: ConnId) {
        self.uplink.close(id);
        if let Some(mut conn) = self.conns.remove(id)
            && let Some(there) = conn.there()
        {
            let at = conn.arrival(now, std::time::Duration::ZERO);
            self.mail(at, conn.remote, Body::Closed(there));
        }
    }

    fn note(&mut self, now: Time, event: Event) {
        self.trace.record(now, self.no.0, || format!("{:?} {event:?}", self.no));
        match event {
            Event::PieceDone { piece } => self.complete_piece(now, piece),
            Event::Complete => {
                if !self.store.good().is_all() {
                    self.ledger.fault(now, || "complete without every piece".to_owned());
                }
                self.ledger.completed.get_or_insert(now);
            }
            _ => {}
        }
    }

    fn complete_piece(&mut self, now: Time, piece: Piece) {
        if !self.store.good().has(piece) {
            self.ledger.fault(now, || format!("{piece:?} done, but not verified"));
        }
        self.fresh.push(piece);
    }

    /// Sends a mail that arrives at `at`.
    pub(super) fn mail(&mut self, at: Time, to: PeerNo, body: Body) {
        self.seq = self.seq.wrapping_add(1);
        let mail = Mail { at, from: self.no, seq: self.seq, body };
        self.trace.record(at, (self.no.0, to.0, self.seq, mail.body.digest()), || {
            format!("{:?} to {to:?}: {:?}", self.no, mail.body)
        });
        self.sending.push((to, mail));
    }
}
