//! Answering requests: which block goes out next (swarm-policy U2).

use std::time::Duration;

use peerpool_wire::{
    geometry::{BLOCK, Piece},
    message::{Message, Request},
    time::Time,
};

use super::{Swarm, messages::Violation};
use crate::{ConnId, Outbox, Output};

/// So much of what a link sends is handed out ahead, so that it never runs dry and the choice stays fresh.
const AHEAD: Duration = Duration::from_millis(10);
/// At least so many bytes are handed out ahead over all connections …
const LEAST_AHEAD: u64 = 64 * 1024;
/// … and on one connection, which may carry so many at most.
const LEAST_AHEAD_EACH: u64 = 32 * 1024;
const MOST_AHEAD_EACH: u64 = 4 << 20;

impl<B> Swarm<B> {
    pub(super) fn handle_request(
        &mut self,
        now: Time,
        id: ConnId,
        request: Request,
        out: &mut Outbox<B>,
    ) -> Result<(), Violation> {
        let Some(span) = self.item.geometry.span(request.index, request.begin, request.length) else {
            return Err(Violation("a request for bytes that do not exist"));
        };
        let Some(conn) = self.conns.get_mut(&id) else {
            return Ok(());
        };
        let longest = if conn.remote.features.extension { self.config.max_request } else { BLOCK };
        if request.length > longest {
            return Err(Violation("a request longer than agreed"));
        }
        let served = !conn.choking && self.picker.have().has(span.piece()) && conn.uploads.request(span);
        if served {
            self.serving.insert(id);
            self.note_request(now, id, span.piece());
            self.serve(now, out);
        } else if conn.remote.features.fast {
            out.send(id, Message::Reject(request));
        }
        Ok(())
    }

    /// A request is taken back. One that was handed out already is answered with its block (BEP 6).
    pub(super) fn handle_cancel(&mut self, id: ConnId, request: Request, out: &mut Outbox<B>) {
        let Some(span) = self.item.geometry.span(request.index, request.begin, request.length) else {
            return;
        };
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if conn.uploads.cancel(span) && conn.remote.features.fast {
            out.send(id, Message::Reject(request));
        }
    }

    /// Requests for a piece that is here no longer are not answered.
    pub(super) fn turn_down(&mut self, piece: Piece, out: &mut Outbox<B>) {
        for (id, conn) in &mut self.conns {
            for span in conn.uploads.take_piece(piece) {
                if conn.remote.features.fast {
                    out.send(*id, Message::Reject(span.into()));
                }
            }
        }
    }

    pub(super) fn handle_sent(&mut self, now: Time, id: ConnId, bytes: u32, out: &mut Outbox<B>) {
        self.up_rate.add(now, u64::from(bytes));
        self.totals.sent += u64::from(bytes);
        if let Some(conn) = self.conns.get_mut(&id) {
            let before = conn.uploads.unsent();
            conn.uploads.sent(now, bytes);
            self.unsent -= before - conn.uploads.unsent();
            conn.sent += u64::from(bytes);
            if let Some(shown) = conn.shown.as_mut() {
                shown.sent(now);
            }
            conn.spoken = now;
        }
        self.serve(now, out);
        self.reveal(now, out);
    }

    /// Hands out blocks while links have room: a piece begun for a peer is finished first, then the rarest piece goes
    /// out, then the peer with the fewest pieces is served.
    pub(super) fn serve(&mut self, now: Time, out: &mut Outbox<B>) {
        let ahead = self.up_rate.get(now) * AHEAD.as_secs_f64();
        let ahead = (ahead as u64).clamp(LEAST_AHEAD, u64::from(self.config.max_unsent).max(LEAST_AHEAD));
        while self.unsent < ahead {
            let Some((id, nth)) = self.next_upload(now) else {
                break;
            };
            self.hand_out(id, nth, out);
        }
    }

    fn next_upload(&mut self, now: Time) -> Option<(ConnId, usize)> {
        let mut best = None;
        for id in &self.serving {
            let Some(conn) = self.conns.get_mut(id) else {
                continue;
            };
            let room = (conn.uploads.rate.get(now) * AHEAD.as_secs_f64()) as u64;
            if conn.uploads.unsent() >= room.clamp(LEAST_AHEAD_EACH, MOST_AHEAD_EACH) {
                continue;
            }
            let Some((nth, begun)) = conn.uploads.next(|piece| self.picker.availability(piece)) else {
                continue;
            };
            let rarity = conn.uploads.piece(nth).map_or(u32::MAX, |piece| self.picker.availability(piece));
            let rank = (!begun, rarity, conn.theirs.count());
            if best.is_none_or(|(least, _, _)| rank < least) {
                best = Some((rank, *id, nth));
            }
        }
        best.map(|(_, id, nth)| (id, nth))
    }

    fn hand_out(&mut self, id: ConnId, nth: usize, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        let Some(span) = conn.uploads.hand_out(nth) else {
            return;
        };
        if conn.uploads.is_empty() {
            self.serving.remove(&id);
        }
        self.unsent += u64::from(span.length());
        out.push(Output::SendBlock { conn: id, span });
    }
}
