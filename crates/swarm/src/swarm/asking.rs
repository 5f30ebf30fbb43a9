//! Asking for pieces: of whom, how much at a time, and when not.

use std::time::Duration;

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
    message::{Message, Request},
    time::Time,
};

use super::Swarm;
use crate::{ConnId, Event, Outbox, connection::Connection};

/// A queue is topped up once a quarter of it is used up, so that requests go out several at a time.
const TOP_UP: u64 = 4;

/// Who owes blocks and sends nothing for so long may never send them.
const STILL: Duration = Duration::from_secs(1);
/// A block is asked of so many more at most.
const MOST_COPIES: u8 = 3;

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

    /// The block asked of one other connection only that will take longest to come, and that `id` has. What somebody owes
    /// who sends nothing may be asked of more, for the second may be of the same kind.
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
            .flat_map(|(_, conn)| {
                let still = conn.pipeline.silence(now).is_some_and(|silence| silence > STILL);
                let copies = if still { MOST_COPIES } else { 1 };
                conn.pipeline.iter().rev().map(move |asked| (asked.span, copies))
            })
            .filter(|(span, _)| fair(span))
            .find_map(|(span, copies)| {
                let inside = (span.begin() / BLOCK) as usize..span.end().div_ceil(BLOCK) as usize;
                let block =
                    self.picker.asked(span.piece(), copies).filter(|nth| inside.contains(nth)).last()?;
                Some((span.piece(), block))
            })
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

    pub(super) fn ask_everybody(&mut self, now: Time, out: &mut Outbox<B>) {
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
}

/// The pieces that a choking peer still answers for.
fn allowed(conn: &Connection, geometry: &Geometry) -> Bitfield {
    let mut pieces = Bitfield::none(geometry.piece_count());
    for piece in conn.allowed_fast.iter().filter(|piece| conn.theirs.has(**piece)) {
        pieces.set(*piece);
    }
    pieces
}
