//! What becomes of the pieces that were asked for, and which are wanted.

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Piece, Span},
    message::{Message, Request},
    time::Time,
};

use super::Swarm;
use crate::{Command, ConnId, Event, Outbox, Output, Reason, Verdict, picker::Arrival};

impl<B> Swarm<B> {
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
        conn.last_received = now;
        if let Err(reason) = self.may_be_given(id) {
            self.disconnect(now, id, reason, out);
            return;
        }
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        self.requests.received += u64::from(block.length);
        let span = self.item.geometry.span(block.index, block.begin, block.length);
        let Some(span) = span else {
            self.disconnect(now, id, Reason::Protocol("a block that does not exist"), out);
            return;
        };
        let asked = conn.download.pipeline.answer(now, span);
        conn.download.snubbed &= asked.is_none();
        if asked.is_some_and(|asked| asked.given_up) {
            self.picker.take_up(span);
            self.requests.double(span.piece());
            self.take_up(id, out);
        }
        match if asked.is_some() { self.picker.arrive(span, id) } else { Arrival::Useless } {
            Arrival::Useless => self.requests.wasted += u64::from(block.length),
            Arrival::Stored { useful, whole } => {
                if let Some(conn) = self.conns.get_mut(&id) {
                    conn.download.received += u64::from(useful);
                    conn.standing.gave(now);
                }
                self.note_from_afar(now, id, span.piece());
                self.requests.wasted += u64::from(block.length - useful);
                out.push(Output::Store { span, useful, data });
                if self.requests.trace {
                    out.event(Event::Received { conn: id, span });
                }
                // The link is kept busy before the finished piece is dealt with.
                self.ask(now, id, out);
                self.cancel_doubles(now, id, span.piece(), out);
                if whole {
                    out.push(Output::Verify {
                        piece: span.piece(),
                        leaves: self.suspicions.concern(span.piece()),
                    });
                }
                return;
            }
        }
        self.ask(now, id, out);
    }

    /// Takes back requests of other connections for blocks that are here now.
    fn cancel_doubles(&mut self, now: Time, from: ConnId, piece: Piece, out: &mut Outbox<B>) {
        if !self.requests.is_doubled(piece) {
            return;
        }
        let mut freed = Vec::new();
        for (id, conn) in self.conns.iter_mut().filter(|(id, _)| **id != from) {
            let done: Vec<Span> = conn
                .download
                .pipeline
                .iter()
                .map(|asked| asked.span)
                .filter(|span| span.piece() == piece && self.picker.is_here(*span))
                .collect();
            for span in done {
                conn.download.pipeline.remove(span);
                out.send(*id, Message::Cancel(span.into()));
                freed.push(*id);
            }
        }
        for id in freed {
            self.ask(now, id, out);
        }
    }

    pub(super) fn handle_verified(&mut self, now: Time, piece: Piece, verdict: Verdict, out: &mut Outbox<B>) {
        self.requests.settle(piece);
        match verdict {
            Verdict::Good { leaves } => {
                self.piece_done(now, piece, out);
                self.resolve(now, piece, &leaves, out);
            }
            Verdict::Bad { leaves } => {
                self.requests.wasted += self.item.geometry.payload_of(piece);
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
        for id in self.picker.senders(piece) {
            if let Some(conn) = self.conns.get_mut(&id) {
                conn.standing.good = conn.standing.good.saturating_add(1);
            }
        }
        self.picker.verified(piece);
        out.event(Event::PieceDone { piece });
        let holders: Vec<ConnId> = self
            .conns
            .iter()
            .filter(|(_, conn)| needed && conn.holdings.has(piece))
            .map(|(id, _)| *id)
            .collect();
        for id in holders {
            if let Some(conn) = self.conns.get_mut(&id) {
                conn.holdings.needed -= 1;
            }
            self.update_interest(now, id, out);
        }
        self.announce(now, piece, out);
        if self.is_complete() {
            out.event(Event::Complete);
            self.close_idle_pairs(now, out);
        }
    }

    /// A peer that was given up answers: what else it owes need not be asked for again, or is taken back.
    fn take_up(&mut self, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        for span in conn.download.pipeline.take_up(|span| self.picker.take_up(span)) {
            out.send(id, Message::Cancel(span.into()));
        }
        // Others may have been asked for the same meanwhile.
        for asked in conn.download.pipeline.iter() {
            self.requests.double(asked.span.piece());
        }
    }

    pub(super) fn handle_storage_busy(&mut self, now: Time, busy: bool, out: &mut Outbox<B>) {
        self.requests.storage_busy = busy;
        if !busy {
            self.ask_everybody(now, out);
        }
    }

    /// Fetches these pieces and no others ([`Command::Want`]).
    pub(super) fn want(&mut self, now: Time, pieces: Bitfield, out: &mut Outbox<B>) {
        debug_assert_eq!(
            pieces.len(),
            self.item.geometry.piece_count(),
            "{:?}",
            Command::Want(pieces.clone())
        );
        self.picker.want(pieces, &mut self.rng);
        for conn in self.conns.values_mut() {
            conn.holdings.needed = self.picker.count_needed(&conn.holdings.pieces);
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

    /// Pieces are missing on disk after all ([`Command::Lost`]).
    pub(super) fn lose(&mut self, now: Time, pieces: &[Piece], out: &mut Outbox<B>) {
        let again = !self.is_complete();
        for piece in pieces {
            if !self.picker.lost(*piece, again, &mut self.rng) {
                continue;
            }
            self.take_back(*piece, out);
            self.turn_down(*piece, out);
            if self.item.geometry.payload_end(*piece) == 0 {
                out.push(Output::Verify { piece: *piece, leaves: false });
            }
            let needed = self.picker.needs(*piece);
            for conn in self.conns.values_mut().filter(|conn| needed && conn.holdings.has(*piece)) {
                conn.holdings.needed += 1;
            }
        }
        if !self.picker.have().is_all() {
            self.end_super_seeding(now, out);
        }
        self.ask_everybody(now, out);
        self.open_connections(now, out);
    }
}
