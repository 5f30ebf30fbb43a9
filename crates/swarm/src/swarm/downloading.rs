//! Asking for pieces, and what becomes of the answers.

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    message::{Message, Request},
    time::Time,
};

use super::Swarm;
use crate::{
    Command, ConnId, Event, Outbox, Output, Reason, Verdict, connection::Connection, picker::Arrival,
};

/// A queue is topped up once a quarter of it is used up, so that requests go out several at a time.
const TOP_UP: u64 = 4;

impl<B> Swarm<B> {
    pub(super) fn unchoked(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.choked = false;
        }
        self.count_sources();
        self.ask(now, id, out);
    }

    /// A choke drops all requests, except with a peer that rejects each of them itself (BEP 6).
    pub(super) fn choked(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.choked = true;
        if !conn.remote.features.fast {
            for asked in conn.pipeline.clear().filter(|asked| !asked.given_up) {
                self.picker.release(asked.span);
            }
            self.picker.disown_all(id, &mut self.rng);
        }
        self.count_sources();
        self.feed_starved(now, out);
    }

    pub(super) fn allowed_fast(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        /// More than any client gives away.
        const MOST: usize = 100;
        if let Some(conn) = self.conns.get_mut(&id)
            && conn.allowed_fast.len() < MOST
        {
            conn.allowed_fast.insert(piece);
        }
        self.ask(now, id, out);
    }

    pub(super) fn rejected(&mut self, now: Time, id: ConnId, request: Request, out: &mut Outbox<B>) {
        let Some(span) = self.item.geometry.span(request.index, request.begin, request.length) else {
            return;
        };
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let Some(asked) = conn.pipeline.remove(span) else {
            return;
        };
        conn.allowed_fast.remove(&span.piece());
        if !asked.given_up {
            self.picker.release(span);
            self.picker.disown(span.piece(), id, &mut self.rng);
        }
        if self.trace {
            out.event(Event::Rejected { conn: id, span });
        }
        // Asked elsewhere first; the peer that cannot give it is asked again when it has answered something else.
        self.feed_starved_but(now, Some(id), out);
        if self.conns.get(&id).is_some_and(|conn| conn.pipeline.is_empty()) {
            self.starved.insert(id);
        }
    }

    /// Recounts the connections that can be asked for something: with few of them, queues are deeper.
    pub(super) fn count_sources(&mut self) {
        self.sources = self.conns.values().filter(|conn| !conn.choked && conn.needed > 0).count();
    }

    /// Tells a peer whether it has anything that we want, if that has changed.
    pub(super) fn update_interest(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let interested = conn.needed > 0 && !self.paused;
        if std::mem::replace(&mut conn.interested, interested) != interested {
            conn.spoken = now;
            out.send(id, if interested { Message::Interested } else { Message::NotInterested });
            self.count_sources();
        }
    }

    /// Asks a connection for as much as it should have outstanding.
    pub(super) fn ask(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if self.paused || self.storage_busy {
            return;
        }
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if !conn.interested || (conn.choked && conn.allowed_fast.is_empty()) {
            return;
        }
        let piece_length = self.item.geometry.piece_length();
        let mut depth = conn.pipeline.depth(now, piece_length, self.sources);
        let most_requests = conn.most_requests();
        if conn.snubbed {
            if !conn.pipeline.is_empty() {
                return;
            }
            depth = u64::from(BLOCK);
        }
        if conn.pipeline.bytes() > depth - depth / TOP_UP
            || conn.pipeline.len() > most_requests - most_requests / TOP_UP as usize
        {
            return;
        }
        let most = self.config.max_request.min(conn.max_request());
        // Towards the end blocks are asked of two peers, and a long request cannot be taken back in part.
        let listed = self.picker.listed() as u64 * u64::from(piece_length);
        let most = if self.sources > 1 && listed < depth * self.sources as u64 { BLOCK } else { most };
        let length = conn.pipeline.request_length(now, most, depth);
        // While choked, only what is allowed fast may be asked for.
        let allowed = conn.choked.then(|| allowed(conn, &self.item.geometry));
        while conn.pipeline.bytes() < depth && conn.pipeline.len() < most_requests {
            let theirs = allowed.as_ref().unwrap_or(&conn.theirs);
            let Some(span) = self.picker.pick(id, theirs, &mut conn.own, length) else {
                self.starved.insert(id);
                self.ask_twice(now, id, out);
                return;
            };
            conn.pipeline.ask(now, span);
            conn.spoken = now;
            out.send(id, Message::Request(span.into()));
            if self.trace {
                out.event(Event::Requested { conn: id, span });
            }
        }
        self.starved.remove(&id);
    }

    /// At the end, when everything missing has been asked for: an idle connection is asked for a block that would
    /// come latest from another one (swarm-policy D3).
    fn ask_twice(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if !self.picker.is_endgame() || self.conns.get(&id).is_none_or(|conn| !conn.pipeline.is_empty()) {
            return;
        }
        let Some((piece, nth)) = self.latest_block(now, id) else {
            return;
        };
        let Some(span) = self.picker.double(piece, nth) else {
            return;
        };
        self.doubled.insert(piece);
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.pipeline.ask(now, span);
            out.send(id, Message::Request(span.into()));
            if self.trace {
                out.event(Event::Requested { conn: id, span });
            }
        }
    }

    /// The block asked of one other connection only that will take longest to come, and that `id` has.
    fn latest_block(&self, now: Time, id: ConnId) -> Option<(Piece, usize)> {
        let asker = self.conns.get(&id)?;
        let wait = |conn: &Connection| {
            let rate = conn.pipeline.rate.peek(now).max(1.0);
            conn.pipeline.bytes() as f64 / rate + conn.pipeline.silence(now).unwrap_or_default().as_secs_f64()
        };
        let mut others: Vec<(f64, &Connection)> = self
            .conns
            .iter()
            .filter(|(other, conn)| **other != id && !conn.pipeline.is_empty())
            .map(|(_, conn)| (wait(conn), conn))
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        let fair =
            |span: &Span| asker.may_ask(span.piece()) && asker.pipeline.iter().all(|own| own.span != *span);
        others
            .iter()
            .flat_map(|(_, conn)| conn.pipeline.iter().rev().map(|asked| asked.span))
            .filter(fair)
            .find_map(|span| {
                let inside = (span.begin() / BLOCK) as usize..span.end().div_ceil(BLOCK) as usize;
                let block = self.picker.asked(span.piece(), 1).filter(|nth| inside.contains(nth)).last()?;
                Some((span.piece(), block))
            })
    }

    pub(super) fn handle_block(
        &mut self,
        now: Time,
        id: ConnId,
        block: Request,
        data: B,
        out: &mut Outbox<B>,
    ) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.heard = now;
        self.totals.received += u64::from(block.length);
        let span = self.item.geometry.span(block.index, block.begin, block.length);
        let Some(span) = span else {
            self.disconnect(now, id, Reason::Protocol("a block that does not exist"), out);
            return;
        };
        let asked = conn.pipeline.answer(now, span);
        conn.snubbed &= asked.is_none();
        if asked.is_some_and(|asked| asked.given_up) {
            self.picker.take_up(span);
            self.doubled.insert(span.piece());
            self.take_up(id, out);
        }
        match if asked.is_some() { self.picker.arrive(span, id) } else { Arrival::Useless } {
            Arrival::Useless => self.totals.wasted += u64::from(block.length),
            Arrival::Stored { useful, whole } => {
                if let Some(conn) = self.conns.get_mut(&id) {
                    conn.received += u64::from(useful);
                }
                self.totals.wasted += u64::from(block.length - useful);
                out.push(Output::Store { span, useful, data });
                if self.trace {
                    out.event(Event::Received { conn: id, span });
                }
                // The link is kept busy before the finished piece is dealt with.
                self.ask(now, id, out);
                self.cancel_doubles(now, id, span.piece(), out);
                if whole {
                    out.push(Output::Verify {
                        piece: span.piece(),
                        leaves: self.suspicions.contains_key(&span.piece()),
                    });
                }
                return;
            }
        }
        self.ask(now, id, out);
    }

    /// Takes back requests of other connections for blocks that are here now.
    fn cancel_doubles(&mut self, now: Time, from: ConnId, piece: Piece, out: &mut Outbox<B>) {
        if !self.doubled.contains(&piece) {
            return;
        }
        let mut freed = Vec::new();
        for (id, conn) in self.conns.iter_mut().filter(|(id, _)| **id != from) {
            let done: Vec<Span> = conn
                .pipeline
                .iter()
                .map(|asked| asked.span)
                .filter(|span| span.piece() == piece && self.picker.is_here(*span))
                .collect();
            for span in done {
                conn.pipeline.remove(span);
                out.send(*id, Message::Cancel(span.into()));
                freed.push(*id);
            }
        }
        for id in freed {
            self.ask(now, id, out);
        }
    }

    /// Something may be asked for again: connections that had nothing left to ask for get it.
    pub(super) fn feed_starved(&mut self, now: Time, out: &mut Outbox<B>) {
        self.feed_starved_but(now, None, out);
    }

    fn feed_starved_but(&mut self, now: Time, but: Option<ConnId>, out: &mut Outbox<B>) {
        for id in std::mem::take(&mut self.starved) {
            if Some(id) != but {
                self.ask(now, id, out);
            }
        }
    }

    pub(super) fn handle_verified(&mut self, now: Time, piece: Piece, verdict: Verdict, out: &mut Outbox<B>) {
        self.doubled.remove(&piece);
        match verdict {
            Verdict::Good { leaves } => {
                self.piece_done(now, piece, out);
                self.resolve(now, piece, &leaves, out);
            }
            Verdict::Bad { leaves } => {
                self.totals.wasted += self.item.geometry.payload_of(piece);
                out.event(Event::PieceBad { piece });
                self.suspect(now, piece, leaves, out);
            }
        }
        self.feed_starved(now, out);
    }

    fn piece_done(&mut self, now: Time, piece: Piece, out: &mut Outbox<B>) {
        if self.picker.have().has(piece) {
            return;
        }
        // Padding is verified unasked, wanted or not.
        let needed = self.picker.needs(piece);
        self.picker.verified(piece);
        self.totals.bytes_done += self.item.geometry.payload_of(piece);
        out.event(Event::PieceDone { piece });
        let holders: Vec<ConnId> = self
            .conns
            .iter()
            .filter(|(_, conn)| needed && conn.theirs.has(piece))
            .map(|(id, _)| *id)
            .collect();
        for id in holders {
            if let Some(conn) = self.conns.get_mut(&id) {
                conn.needed -= 1;
            }
            self.update_interest(now, id, out);
        }
        self.announce(now, piece, out);
        if self.is_complete() {
            out.event(Event::Complete);
            self.close_idle_pairs(now, out);
        }
    }

    /// Gives back what a connection was asked for and has not answered for too long.
    pub(super) fn give_up(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.snubbed = true;
        for span in conn.pipeline.give_up() {
            self.picker.release(span);
        }
        self.picker.disown_all(id, &mut self.rng);
        self.feed_starved_but(now, Some(id), out);
    }

    /// A peer that was given up answers: what else it owes need not be asked for again, or is taken back.
    fn take_up(&mut self, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        for span in conn.pipeline.take_up(|span| self.picker.take_up(span)) {
            out.send(id, Message::Cancel(span.into()));
        }
        // Others may have been asked for the same meanwhile.
        self.doubled.extend(conn.pipeline.iter().map(|asked| asked.span.piece()));
    }

    pub(super) fn handle_storage_busy(&mut self, now: Time, busy: bool, out: &mut Outbox<B>) {
        self.storage_busy = busy;
        if !busy {
            self.ask_everybody(now, out);
        }
    }

    fn ask_everybody(&mut self, now: Time, out: &mut Outbox<B>) {
        let all: Vec<ConnId> = self.conns.keys().copied().collect();
        for id in all {
            self.update_interest(now, id, out);
            self.ask(now, id, out);
        }
    }

    /// Stops asking, and takes back what was asked for.
    pub(super) fn pause(&mut self, now: Time, out: &mut Outbox<B>) {
        self.paused = true;
        let all: Vec<ConnId> = self.conns.keys().copied().collect();
        for id in all {
            if let Some(conn) = self.conns.get_mut(&id) {
                for asked in conn.pipeline.clear() {
                    out.send(id, Message::Cancel(asked.span.into()));
                    if !asked.given_up {
                        self.picker.release(asked.span);
                    }
                }
            }
            self.picker.disown_all(id, &mut self.rng);
            self.update_interest(now, id, out);
        }
    }

    pub(super) fn resume(&mut self, now: Time, out: &mut Outbox<B>) {
        self.paused = false;
        self.ask_everybody(now, out);
        self.open_connections(now, out);
    }

    /// Fetches these pieces and no others ([`Command::Want`]).
    pub(super) fn want(&mut self, now: Time, pieces: Bitfield, out: &mut Outbox<B>) {
        debug_assert_eq!(
            pieces.len(),
            self.item.geometry.piece_count(),
            "{:?}",
            Command::Want(pieces.clone())
        );
        self.totals.bytes_wanted = super::payload_of(&self.item, &pieces);
        self.picker.want(pieces, &mut self.rng);
        for conn in self.conns.values_mut() {
            conn.needed = self.picker.count_needed(&conn.theirs);
        }
        self.ask_everybody(now, out);
        self.open_connections(now, out);
        if self.is_complete() {
            out.event(Event::Complete);
        }
    }

    /// Bytes are on disk from an earlier run.
    pub(super) fn find(&mut self, spans: &[Span], out: &mut Outbox<B>) {
        for span in spans {
            if self.picker.found(*span) {
                out.push(Output::Verify { piece: span.piece(), leaves: false });
            }
        }
    }

    /// Pieces are missing on disk after all.
    pub(super) fn lose(&mut self, now: Time, pieces: &[Piece], out: &mut Outbox<B>) {
        for piece in pieces {
            if !self.picker.lost(*piece, &mut self.rng) {
                continue;
            }
            self.totals.bytes_done -= self.item.geometry.payload_of(*piece);
            self.take_back(*piece, out);
            self.turn_down(*piece, out);
            if self.item.geometry.payload_end(*piece) == 0 {
                out.push(Output::Verify { piece: *piece, leaves: false });
            }
            let needed = self.picker.needs(*piece);
            for conn in self.conns.values_mut().filter(|conn| needed && conn.theirs.has(*piece)) {
                conn.needed += 1;
            }
        }
        if !self.picker.have().is_all() {
            self.end_revealing(now, out);
        }
        self.ask_everybody(now, out);
        self.open_connections(now, out);
    }
}

/// The pieces that a choking peer still answers for.
fn allowed(conn: &Connection, geometry: &Geometry) -> Bitfield {
    let mut pieces = Bitfield::none(geometry.piece_count());
    for piece in conn.allowed_fast.iter().filter(|piece| conn.theirs.has(**piece)) {
        pieces.set(*piece);
    }
    pieces
}
