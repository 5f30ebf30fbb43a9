//! What a virtual peer sends, and what it counts of that.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use peerpool_swarm::{ConnId, Event, Reason};
use peerpool_virtual::{Network, Token};
use peerpool_wire::{
    geometry::{Piece, Span},
    message::{Message, Request},
    time::Time,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashSet;

use super::{Behaviour, Conn, Conns, Ledger, PeerSpec, State, Surroundings};
use crate::{
    link::{Train, Uplink},
    mail::{Body, Cargo, Mail, PeerNo},
    trace::Trace,
};

/// A peer's way into the network.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) no: PeerNo,
    pub(super) spec: PeerSpec,
    pub(super) around: Arc<Surroundings>,
    pub(super) conns: Conns,
    pub(super) uplink: Uplink<Cargo>,
    pub(super) outgoing: Outgoing,
    /// What a seed has sent to anybody; empty for others.
    given: FxHashSet<Request>,
    /// Whether it asks the tracker for more peers.
    pub(super) asks_tracker: bool,
    /// Pieces that it has completed lately.
    pub(super) fresh: Vec<Piece>,
    rng: ChaCha8Rng,
    pub(super) ledger: Ledger,
    pub(super) trace: Trace,
}

/// Mails to others that have not been passed on.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) mails: Vec<(PeerNo, Mail)>,
    /// How many there have been.
    seq: u32,
    /// Room for the messages of one train.
    whole: Vec<Cargo>,
}

impl Port {
    pub(super) fn new(no: PeerNo, spec: PeerSpec, around: Arc<Surroundings>, rng: ChaCha8Rng) -> Self {
        Self {
            no,
            conns: Conns::default(),
            uplink: Uplink::new(spec.link.clone()),
            outgoing: Outgoing::default(),
            given: FxHashSet::default(),
            asks_tracker: false,
            fresh: Vec::new(),
            rng,
            ledger: Ledger::default(),
            trace: if around.words { Trace::in_words() } else { Trace::default() },
            spec,
            around,
        }
    }

    /// Lets the next packet train leave.
    pub(super) fn send_train(&mut self, now: Time) {
        let mut whole = std::mem::take(&mut self.outgoing.whole);
        if let Some(train) = self.uplink.poll(now, |cargo| whole.push(cargo)) {
            self.put_on_the_way(train, &mut whole);
        }
        whole.clear();
        self.outgoing.whole = whole;
    }

    fn put_on_the_way(&mut self, train: Train, whole: &mut Vec<Cargo>) {
        self.ledger.wire += u64::from(train.wire);
        let jitter = match self.spec.link.jitter.as_micros() as u64 {
            0 => Duration::ZERO,
            most => Duration::from_micros(self.rng.random_range(0..=most)),
        };
        if let Some(conn) = self.conns.get_mut(train.conn)
            && let State::Open(there) | State::Closing(there) = conn.state
        {
            let (at, remote) = (conn.arrival(train.left, jitter), conn.remote);
            self.mail_train(at, remote, there, (train.wire, train.bulk), whole);
        }
        if train.drained
            && let Some(Conn { state: State::Closing(_), .. }) = self.conns.get(train.conn)
        {
            self.hang_up(train.left, train.conn);
        }
    }

    fn mail_train(&mut self, at: Time, to: PeerNo, conn: ConnId, size: (u32, u32), whole: &mut Vec<Cargo>) {
        let (mut wire, mut bulk) = size;
        let nothing = whole.is_empty().then_some(None);
        for cargo in whole.drain(..).map(Some).chain(nothing) {
            if let Some(Cargo::Block(token)) = &cargo {
                self.ledger.sent += u64::from(token.span.length);
                if self.spec.seed && self.given.insert(token.span) {
                    self.ledger.first_sent += u64::from(token.span.length);
                }
            }
            let body = Body::Bytes { conn, wire, bulk, queued: false, cargo };
            (wire, bulk) = (0, 0);
            self.mail(at, to, body);
        }
    }

    /// Closes a connection, told to the other end behind all that has left.
    pub(super) fn hang_up(&mut self, now: Time, id: ConnId) {
        self.uplink.close(id);
        if let Some(mut conn) = self.conns.remove(id)
            && let Some(there) = conn.there()
        {
            let at = conn.arrival(now, Duration::ZERO);
            self.mail(at, conn.remote, Body::Closed(there));
        }
    }

    /// Whether another peer is at the same site, as far as it knows.
    pub(super) fn is_near(&self, other: PeerNo) -> bool {
        let is_behind =
            |peer: PeerNo| self.around.behind_line.get(peer.as_usize()).copied().unwrap_or_default();
        self.spec.behaviour == Behaviour::Stock || is_behind(self.no) == is_behind(other)
    }

    pub(super) fn delay_to(&self, other: PeerNo) -> Duration {
        self.around.delays[self.no.as_usize()] + self.around.delays[other.as_usize()]
    }

    /// Sends a mail that arrives at `at`.
    pub(super) fn mail(&mut self, at: Time, to: PeerNo, body: Body) {
        let seq = &mut self.outgoing.seq;
        *seq = seq.wrapping_add(1);
        let mail = Mail { at, from: self.no, seq: *seq, body };
        self.trace.record(at, (self.no.0, to.0, mail.seq, mail.body.digest()), || {
            format!("{:?} to {to:?}: {:?}", self.no, mail.body)
        });
        self.outgoing.mails.push((to, mail));
    }
}

impl Network for Port {
    fn send(&mut self, _now: Time, conn: ConnId, message: Message) {
        if !self.spec.behaviour.lets_pass(&message) {
            return;
        }
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

    fn send_block(&mut self, _now: Time, conn: ConnId, span: Span) {
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

    fn connect(&mut self, now: Time, addr: SocketAddr) -> bool {
        let known = PeerNo::at(addr).filter(|remote| remote.as_usize() < self.around.delays.len());
        let Some(remote) = known else {
            return false;
        };
        let delay = self.delay_to(remote);
        let conn = self.conns.insert(Conn { remote, state: State::Dialing, delay, latest: now });
        // A round trip for TCP, then the handshake goes over.
        self.mail(now + 3 * delay, remote, Body::Dial(conn));
        true
    }

    fn disconnect(&mut self, now: Time, id: ConnId, reason: Reason) {
        self.ledger.closed(reason.to_string());
        let Some(conn) = self.conns.get_mut(id) else { return };
        if let State::Open(there) = conn.state {
            conn.state = State::Closing(there);
        }
        if self.uplink.is_drained(id) {
            self.hang_up(now, id);
        }
    }

    fn find_candidates(&mut self, _now: Time) {
        self.asks_tracker = true;
    }

    fn note(&mut self, now: Time, event: Event) {
        self.trace.record(now, self.no.0, || format!("{:?} {event:?}", self.no));
        match event {
            Event::PieceDone { piece } => self.fresh.push(piece),
            Event::Complete => {
                self.ledger.completed.get_or_insert(now);
            }
            _ => {}
        }
    }

    fn fault(&mut self, now: Time, what: String) {
        self.ledger.fault(now, || what);
    }
}
