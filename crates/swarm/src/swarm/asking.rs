//! Asking for pieces: of whom, how much at a time, and when not.

use std::{collections::BTreeSet, ops::Range};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece},
    message::{Message, Request},
    time::Time,
};

use super::Swarm;
use crate::{
    ConnId, Event, Outbox,
    connection::{Connection, FEW},
    picker::Kept,
};

/// A queue is topped up once a quarter of it is used up, so that requests go out several at a time.
const TOP_UP: u64 = 4;

/// Of a connection that has what a reader needs, or that leaves our network, what it brings in this time is asked for …
const READ_SECONDS: f64 = 0.25;
/// … at most so many bytes, and at least where somebody reads.
const READ_DEPTH: Range<u64> = 64 << 10..256 << 10;

impl<B> Swarm<B> {
    pub(super) fn handle_unchoke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.download.peer_choking = false;
        }
        self.count_sources();
        self.ask(now, id, out);
    }

    /// A choke drops all requests, except with a peer that rejects each of them itself (BEP 6).
    pub(super) fn handle_choke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if !std::mem::replace(&mut conn.download.peer_choking, true) {
            conn.download.peer_choking_since = now;
        }
        if !conn.remote.features.fast {
            for asked in conn.download.pipeline.clear() {
                conn.download.give_back(asked.span.length());
                if !asked.given_up {
                    self.picker.release(asked.span);
                }
            }
            self.picker.disown_all(id, &mut self.rng);
        }
        self.count_sources();
        self.feed_starved(now, out);
    }

    pub(super) fn handle_allowed_fast(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        /// More than any client gives away.
        const MAX_ALLOWED_FAST: usize = 100;
        if let Some(conn) = self.conns.get_mut(&id)
            && conn.download.allowed_fast.len() < MAX_ALLOWED_FAST
        {
            conn.download.allowed_fast.insert(piece);
        }
        self.ask(now, id, out);
    }

    pub(super) fn handle_reject(&mut self, now: Time, id: ConnId, request: Request, out: &mut Outbox<B>) {
        let Some(span) = self.item.geometry.span(request.index, request.begin, request.length) else {
            return;
        };
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let Some(asked) = conn.download.pipeline.remove(span) else {
            return;
        };
        conn.download.give_back(span.length());
        conn.download.allowed_fast.remove(&span.piece());
        if !asked.given_up {
            self.picker.release(span);
            self.picker.disown(span.piece(), id, &mut self.rng);
        }
        // Asked elsewhere first; the peer that cannot give it is asked again when it has answered something else.
        self.feed_starved_but(now, Some(id), out);
        if self.conns.get(&id).is_some_and(|conn| conn.download.pipeline.is_empty()) {
            self.requests.starve(id);
        }
    }

    /// Recounts the connections that can be asked for something: with few of them, queues are deeper.
    pub(super) fn count_sources(&mut self) {
        self.requests.count_sources(&self.conns);
    }

    /// Tells a peer whether it has anything that we want, if that has changed.
    pub(super) fn update_interest(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let interested = conn.holdings.needed > 0 && conn.rights.take && !self.requests.paused;
        if std::mem::replace(&mut conn.download.am_interested, interested) != interested {
            conn.last_sent = now;
            out.send(id, if interested { Message::Interested } else { Message::NotInterested });
            self.count_sources();
        }
    }

    /// Asks a connection for as much as it should have outstanding.
    pub(super) fn ask(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if !self.requests.may_be_made() || !self.may_fetch_from(id) {
            return;
        }
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if !conn.download.am_interested
            || (conn.download.peer_choking && conn.download.allowed_fast.is_empty())
        {
            return;
        }
        let piece_length = self.item.geometry.piece_length();
        let mut depth = conn.download.pipeline.depth(now, piece_length, self.requests.sources());
        let most_requests = conn.max_requests();
        if conn.download.snubbed {
            if !conn.download.pipeline.is_empty() {
                return;
            }
            depth = u64::from(BLOCK);
        }
        // Who has given nothing yet owes us little: a claim costs nothing.
        let suspected = conn.standing.good == 0 && self.neighbours.are_suspected(now, conn.remote.addr);
        let read = !suspected && self.picker.has_ahead(id, &conn.holdings.pieces);
        let unproven = conn.download.received == 0 && self.requests.sources() > FEW;
        // What nobody reads soon leaves our link to what somebody does.
        if suspected || (!read && (unproven || self.picker.is_pressed())) {
            depth = u64::from(BLOCK);
        }
        // What comes from afar is for a whole network, and waits behind what others there are sent.
        let carried = (conn.download.pipeline.rate.get(now) * READ_SECONDS) as u64;
        if !conn.remote.near {
            depth = depth.max(carried.min(READ_DEPTH.end));
        }
        // Perhaps nobody else has what a reader needs next: a block at a time would take a round trip each, and behind
        // other blocks it would come late. So it is asked for beyond what is asked for else.
        let usual = depth;
        if read {
            depth = depth.max(carried.clamp(READ_DEPTH.start, READ_DEPTH.end));
        }
        if conn.download.pipeline.bytes() > depth - depth / TOP_UP
            || conn.download.pipeline.len() > most_requests - most_requests / TOP_UP as usize
        {
            return;
        }
        // Looked up only once there is room, for it takes a look at every neighbour.
        let kept = self.kept_for_others(now, id);
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let most = self.config.max_request.min(conn.max_request());
        // Towards the end blocks are asked of two peers, and a long request cannot be taken back in part.
        let listed = self.picker.listed() as u64 * u64::from(piece_length);
        let most = if self.requests.sources() > 1 && listed < depth * self.requests.sources() as u64 {
            BLOCK
        } else {
            most
        };
        let length = conn.download.pipeline.request_length(now, most, depth);
        // While choked, only what is allowed fast may be asked for.
        let allowed = conn.download.peer_choking.then(|| allowed(conn, &self.item.geometry));
        while conn.download.pipeline.bytes() < depth && conn.download.pipeline.len() < most_requests {
            let Some(length) = conn.download.affordable(length) else {
                self.requests.feed(id);
                self.wish(id, length, out);
                return;
            };
            let theirs = allowed.as_ref().unwrap_or(&conn.holdings.pieces);
            let (own, is_full) = (&mut conn.download.own, conn.download.pipeline.bytes() >= usual);
            let span = match is_full {
                true => self.picker.pick_ahead(id, theirs, own, length, &kept),
                false => self.picker.pick(id, theirs, own, length, &kept),
            };
            let Some(span) = span else {
                self.requests.starve(id);
                self.ask_twice(now, id, depth, out);
                return;
            };
            conn.download.pipeline.ask(now, span);
            conn.download.spend(span.length());
            conn.last_sent = now;
            let is_soon = read && self.picker.is_soon(span.piece());
            if is_soon && conn.remote.features.fast && self.wishes.note(now, id, span.piece()) {
                out.send(id, Message::SuggestPiece(span.piece().index()));
            }
            out.send(id, Message::Request(span.into()));
            if self.requests.trace {
                out.event(Event::Requested { conn: id, span });
            }
        }
        self.requests.feed(id);
    }

    /// What is not to be begun on a connection.
    fn kept_for_others(&self, now: Time, id: ConnId) -> Kept {
        Kept { single: self.kept_for_trusted(id), ..self.kept_from_afar(now, id) }
    }

    /// Pieces that did not verify, fetched again of one connection alone: whoever has given good ones before is asked
    /// for them, if there is somebody.
    fn kept_for_trusted(&self, id: ConnId) -> BTreeSet<Piece> {
        let is_trusted = |conn: &Connection| {
            conn.standing.good > 0 && !conn.download.snubbed && !conn.download.peer_choking
        };
        let single = self.picker.single();
        if single.is_empty() || self.conns.get(&id).is_none_or(|conn| conn.standing.good > 0) {
            return BTreeSet::new();
        }
        let trusted: Vec<&Connection> = self.conns.values().filter(|conn| is_trusted(conn)).collect();
        single.iter().copied().filter(|piece| trusted.iter().any(|conn| conn.holdings.has(*piece))).collect()
    }

    /// Something may be asked for again: connections that had nothing left to ask for get it.
    pub(super) fn feed_starved(&mut self, now: Time, out: &mut Outbox<B>) {
        self.feed_starved_but(now, None, out);
    }

    fn feed_starved_but(&mut self, now: Time, but: Option<ConnId>, out: &mut Outbox<B>) {
        for id in self.requests.take_starved(&self.conns) {
            if Some(id) != but {
                self.ask(now, id, out);
            }
        }
    }

    /// Gives back what a connection was asked for and has not answered for too long.
    pub(super) fn give_up(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.download.snubbed = true;
        for span in conn.download.pipeline.give_up() {
            self.picker.release(span);
        }
        self.picker.disown_all(id, &mut self.rng);
        self.feed_starved_but(now, Some(id), out);
    }

    pub(super) fn ask_everybody(&mut self, now: Time, out: &mut Outbox<B>) {
        let all: Vec<ConnId> = self.conns.keys().copied().collect();
        for id in all {
            self.update_interest(now, id, out);
            self.ask(now, id, out);
        }
    }

    /// Stops asking, and takes back what was asked for.
    pub(super) fn pause(&mut self, now: Time, out: &mut Outbox<B>) {
        self.requests.paused = true;
        let all: Vec<ConnId> = self.conns.keys().copied().collect();
        for id in all {
            self.take_back_requests(id, out);
            self.update_interest(now, id, out);
        }
    }

    pub(super) fn resume(&mut self, now: Time, out: &mut Outbox<B>) {
        self.requests.paused = false;
        self.ask_everybody(now, out);
        self.open_connections(now, out);
    }
}

/// The pieces that a choking peer still answers for.
fn allowed(conn: &Connection, geometry: &Geometry) -> Bitfield {
    let mut pieces = Bitfield::none(geometry.piece_count());
    for piece in conn.download.allowed_fast.iter().filter(|piece| conn.holdings.has(**piece)) {
        pieces.set(*piece);
    }
    pieces
}
