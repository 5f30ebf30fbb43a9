//! Answering requests: which block goes out next.

use std::time::Duration;

use peerpool_wire::{
    geometry::{BLOCK, Piece, Span},
    message::{Message, Request},
    time::Time,
};

use super::{Swarm, messages::Violation};
use crate::{ConnId, Outbox, Output, Reason, connection::UploadQueue};

/// What a link sends in its round trip and so long is handed out and has not arrived: enough that it never runs dry,
/// and so little that the choice stays fresh and no request waits long behind data in our own uplink.
const AHEAD: Duration = Duration::from_millis(20);
/// What a round trip has beyond this counts twice: a congestion window grows only while there is more to send, and by
/// what goes ahead of it in one round trip. On a far link AHEAD is little of that. Only where few are served: many fill our
/// uplink together, and what goes ahead to one makes others wait …
const NEAR: Duration = Duration::from_millis(50);
/// … so many.
const FEW_SERVED: usize = 2;
/// A link is taken to send at least this many bytes a second …
const MIN_RATE: f64 = 1e6;
/// … at least this many bytes are handed out over all connections …
const MIN_AHEAD: u64 = 48 * 1024;
/// … and on each connection, between these bounds.
const MIN_AHEAD_EACH: u64 = 32 * 1024;
const MAX_AHEAD_EACH: u64 = 4 << 20;
/// So much, where somebody reads it: connections take turns on the link, and one with more to send has more turns.
const MIN_AHEAD_READER: u64 = 256 * 1024;
/// Peers count as equally poor when the numbers of their pieces are this close.
const SAME_WEALTH: u32 = 8;

impl<B> Swarm<B> {
    pub(super) fn handle_request(
        &mut self,
        now: Time,
        id: ConnId,
        request: Request,
        out: &mut Outbox<B>,
    ) -> Result<(), Reason> {
        let permitted = self.may_be_asked(id)?;
        let Some(span) = self.item.geometry.span(request.index, request.begin, request.length) else {
            return Err(Violation("a request for bytes that do not exist").into());
        };
        let Some(conn) = self.conns.get_mut(&id) else {
            return Ok(());
        };
        let longest = if conn.remote.features.extension { self.config.max_request } else { BLOCK };
        if request.length > longest {
            return Err(Violation("a request longer than agreed").into());
        }
        let served = permitted
            && !conn.upload.am_choking
            && self.picker.have().has(span.piece())
            && conn.upload.queue.request(span);
        if served {
            conn.upload.slot.asked(now);
            self.serving.turns.insert(id);
            if self.super_seed.requested(now, id, span.piece()) {
                self.set_super_seed_timer();
            }
            self.serve(now, out);
        } else if conn.remote.features.fast {
            self.refuse(now, id, Message::Reject(request), out)?;
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
        if !conn.upload.queue.cancel(span) {
            return;
        }
        if conn.remote.features.fast {
            out.send(id, Message::Reject(request));
        }
        self.super_seed.withdrawn(id, span.piece());
        self.set_super_seed_timer();
    }

    /// A block that was handed out cannot be read. Nothing else is concerned.
    pub(super) fn handle_unreadable(&mut self, now: Time, id: ConnId, span: Span, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.upload.queue.not_sent(span.length());
            if conn.remote.features.fast {
                out.send(id, Message::Reject(span.into()));
            }
        }
        self.serve(now, out);
    }

    /// Requests for a piece that is here no longer are not answered.
    pub(super) fn turn_down(&mut self, piece: Piece, out: &mut Outbox<B>) {
        for (id, conn) in &mut self.conns {
            for span in conn.upload.queue.take_piece(piece) {
                if conn.remote.features.fast {
                    out.send(*id, Message::Reject(span.into()));
                }
            }
        }
    }

    pub(super) fn handle_sent(&mut self, now: Time, id: ConnId, bytes: u32, out: &mut Outbox<B>) {
        self.serving.rate.add(now, u64::from(bytes));
        self.serving.sent += u64::from(bytes);
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.upload.queue.sent(now, bytes);
            conn.upload.slot.took(now, bytes);
            conn.standing.took(now, bytes, conn.upload.queue.is_empty() && conn.upload.queue.unsent() == 0);
            conn.upload.sent += u64::from(bytes);
            self.super_seed.sent(now, id);
            conn.last_sent = now;
        }
        self.serve(now, out);
        self.show_pieces(now, out);
    }

    /// Hands out blocks while links have room: what somebody reads goes first, then a piece begun for a peer, then comes
    /// the peer with clearly the fewest pieces, then the rarest piece.
    pub(super) fn serve(&mut self, now: Time, out: &mut Outbox<B>) {
        let serves_few = self.serves_few(now);
        let to_fill = |trip: Duration| if serves_few { trip + trip.saturating_sub(NEAR) } else { trip };
        let ahead = self.serving.rate.get(now) * AHEAD.as_secs_f64() + self.carried(now, to_fill);
        let ahead = ahead.max(MIN_RATE * (self.usual_trip(now) + AHEAD).as_secs_f64());
        let ahead = (ahead as u64).clamp(MIN_AHEAD, u64::from(self.config.max_unsent).max(MIN_AHEAD));
        let mut unsent = self.unsent(now);
        while unsent < ahead
            && let Some((id, nth)) = self.next_upload(now, to_fill)
        {
            unsent += self.hand_out(now, id, nth, out);
        }
    }

    /// What goes out. A peer that does not take what it asked for is left out, so that it holds up nobody else.
    pub(super) fn moving(&self, now: Time) -> impl Iterator<Item = &UploadQueue> {
        self.conns.values().map(|conn| &conn.upload.queue).filter(move |queue| !queue.is_stuck(now))
    }

    /// Bytes handed out that are on their way.
    pub(super) fn unsent(&self, now: Time) -> u64 {
        self.moving(now).map(UploadQueue::unsent).sum()
    }

    /// Bytes that the links to all peers carry in their round trips.
    pub(super) fn under_way(&self, now: Time) -> f64 {
        self.carried(now, |trip| trip)
    }

    /// Bytes that the links to all peers carry in the times that follow from their round trips.
    fn carried(&self, now: Time, time: impl Fn(Duration) -> Duration) -> f64 {
        let of = |queue: &UploadQueue| Some(queue.rate.peek(now) * time(queue.trip.get()?).as_secs_f64());
        self.moving(now).filter_map(of).sum()
    }

    /// Whether hardly anybody else would use what a link leaves of our uplink.
    fn serves_few(&self, now: Time) -> bool {
        self.moving(now).filter(|queue| !queue.is_empty() || queue.unsent() > 0).count() <= FEW_SERVED
    }

    /// The mean round trip of what goes out.
    fn usual_trip(&self, now: Time) -> Duration {
        let trips = self.moving(now).filter_map(|queue| queue.trip.get());
        let (sum, count) = trips.fold((Duration::ZERO, 0), |(sum, count), trip| (sum + trip, count + 1));
        sum / count.max(1)
    }

    fn next_upload(&mut self, now: Time, to_fill: impl Fn(Duration) -> Duration) -> Option<(ConnId, usize)> {
        let piece_length = u64::from(self.item.geometry.piece_length());
        let mut best = None;
        for id in &self.serving.turns {
            let Some(conn) = self.conns.get_mut(id) else {
                continue;
            };
            let trip = conn.upload.queue.trip.get().unwrap_or_default();
            let room = (conn.upload.queue.rate.get(now) * (AHEAD + to_fill(trip)).as_secs_f64()) as u64;
            let (granted, wishes, queue) =
                (self.super_seed.granted(*id), &conn.upload.wishes, &conn.upload.queue);
            let listens = !self.serving.hurried && !wishes.is_empty();
            let reads = |piece| granted.contains(&piece) || (listens && wishes.has(now, piece));
            let urgent = (listens || !granted.is_empty()).then(|| queue.first_of(reads)).flatten();
            let urgent = urgent.map(|nth| (nth, false));
            let least = if urgent.is_some() { MIN_AHEAD_READER } else { MIN_AHEAD_EACH };
            if conn.upload.queue.unsent() >= room.clamp(least, MAX_AHEAD_EACH) {
                continue;
            }
            let next = || conn.upload.queue.next(|piece| self.picker.availability(piece));
            let Some((nth, begun)) = urgent.or_else(next) else {
                continue;
            };
            let rarity =
                conn.upload.queue.piece(nth).map_or(u32::MAX, |piece| self.picker.availability(piece));
            // Who hides what it has counts as having what it was sent.
            let wealth = conn.holdings.pieces.count().max((conn.upload.sent / piece_length) as u32);
            let rank = (urgent.is_none(), !begun, wealth / SAME_WEALTH, rarity);
            if best.as_ref().is_none_or(|(least, _, _)| rank < *least) {
                best = Some((rank, *id, nth));
            }
        }
        let ((is_usual, ..), id, nth) = best?;
        // Whoever says that it reads everything has half of what goes out, and not all of it.
        self.serving.hurried = !is_usual;
        Some((id, nth))
    }

    /// A peer wishes a piece: to be shown it, or to have what it asked of it before its other pieces.
    pub(super) fn wished(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id)
            && self.picker.have().has(piece)
        {
            conn.upload.wishes.add(now, piece);
        }
        self.super_seed.wish(now, id, piece);
        self.show_pieces(now, out);
    }

    /// Hands out a block; how many bytes it has.
    fn hand_out(&mut self, now: Time, id: ConnId, nth: usize, out: &mut Outbox<B>) -> u64 {
        let Some(conn) = self.conns.get_mut(&id) else {
            return 0;
        };
        let Some(span) = conn.upload.queue.hand_out(now, nth) else {
            return 0;
        };
        if conn.upload.queue.is_empty() {
            self.serving.turns.remove(&id);
        }
        out.push(Output::SendBlock { conn: id, span });
        u64::from(span.length())
    }
}
