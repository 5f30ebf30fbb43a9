//! The end of a download, when everything missing has been asked for: blocks are asked of more than one.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use peerpool_wire::{
    geometry::{BLOCK, Piece, Span},
    message::Message,
    time::Time,
};

use super::Swarm;
use crate::{ConnId, Event, Outbox, connection::Connection};

/// A peer that owes blocks and sends nothing for this long may never send them.
const STILL: Duration = Duration::from_secs(1);
/// How many more connections a block is asked of, at most.
const MAX_COPIES: u8 = 3;

impl<B> Swarm<B> {
    /// At the end, when everything missing has been asked for: an idle connection is asked for a block that would
    /// come latest from another one, and any for what is owed by those that give nothing.
    pub(super) fn ask_twice(&mut self, now: Time, id: ConnId, depth: u64, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get(&id).filter(|_| self.picker.is_endgame()) else {
            return;
        };
        // A line to another network is slow for all who fetch over it.
        if !conn.remote.near && self.conns.values().any(|conn| conn.remote.near) {
            return;
        }
        // Who never gave anything is no help while others do.
        if conn.download.received == 0
            && self.conns.values().any(|conn| conn.download.received > 0 && !conn.download.snubbed)
        {
            return;
        }
        let room = depth.saturating_sub(conn.download.pipeline.bytes()) / u64::from(BLOCK);
        let mut blocks = self.owed_by_the_silent(now, id, room as usize);
        if conn.download.pipeline.is_empty() && blocks.is_empty() {
            blocks.extend(self.latest_block(now, id));
        }
        for (piece, nth) in blocks {
            self.double(now, id, piece, nth, out);
        }
    }

    pub(super) fn double(&mut self, now: Time, id: ConnId, piece: Piece, nth: usize, out: &mut Outbox<B>) {
        let Some(span) = self.picker.double(piece, nth) else {
            return;
        };
        self.requests.double(piece);
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.download.pipeline.ask(now, span);
            conn.download.spend(span.length());
            out.send(id, Message::Request(span.into()));
            if self.requests.trace {
                out.event(Event::Requested { conn: id, span });
            }
        }
    }

    /// Blocks, at most `most`, that `id` has and that others owe who never gave anything, or have stopped to.
    fn owed_by_the_silent(&self, now: Time, id: ConnId, most: usize) -> BTreeSet<(Piece, usize)> {
        let mut found = BTreeSet::new();
        let Some(asker) = self.conns.get(&id) else {
            return found;
        };
        let is_silent = |conn: &Connection| {
            let gives_nothing = conn.download.snubbed || conn.download.received == 0;
            gives_nothing && conn.download.pipeline.silence(now).is_some_and(|silence| silence > STILL)
        };
        let owed = self
            .conns
            .iter()
            .filter(|(other, conn)| **other != id && is_silent(conn))
            .flat_map(|(_, conn)| conn.download.pipeline.iter())
            .filter(|asked| !asked.given_up && asker.may_ask(asked.span.piece()));
        for span in owed.map(|asked| asked.span) {
            let inside = blocks_of(span);
            let blocks = self.picker.asked(span.piece(), MAX_COPIES);
            for nth in blocks.filter(|nth| inside.contains(nth) && !is_asked(asker, span.piece(), *nth)) {
                if found.len() >= most {
                    return found;
                }
                found.insert((span.piece(), nth));
            }
        }
        found
    }

    /// The block asked of one other connection only that will take longest to come, and that `id` has. What somebody
    /// owes who sends nothing may be asked of more, for the second may be of the same kind.
    fn latest_block(&self, now: Time, id: ConnId) -> Option<(Piece, usize)> {
        let asker = self.conns.get(&id)?;
        let wait = |conn: &Connection| {
            let rate = conn.download.pipeline.rate.peek(now).max(1.0);
            conn.download.pipeline.bytes() as f64 / rate
                + conn.download.pipeline.silence(now).unwrap_or_default().as_secs_f64()
        };
        let mut others: Vec<(f64, &Connection)> = self
            .conns
            .iter()
            .filter(|(other, conn)| **other != id && !conn.download.pipeline.is_empty())
            .map(|(_, conn)| (wait(conn), conn))
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        let fair = |span: &Span| {
            asker.may_ask(span.piece()) && asker.download.pipeline.iter().all(|own| own.span != *span)
        };
        others
            .iter()
            .flat_map(|(_, conn)| {
                let still = conn.download.pipeline.silence(now).is_some_and(|silence| silence > STILL);
                let copies = if still { MAX_COPIES } else { 1 };
                conn.download.pipeline.iter().rev().map(move |asked| (asked.span, copies))
            })
            .filter(|(span, _)| fair(span))
            .find_map(|(span, copies)| {
                let inside = blocks_of(span);
                let block =
                    self.picker.asked(span.piece(), copies).filter(|nth| inside.contains(nth)).last()?;
                Some((span.piece(), block))
            })
    }
}

/// Whether a connection was asked for a block.
pub(super) fn is_asked(conn: &Connection, piece: Piece, nth: usize) -> bool {
    let covers = |span: Span| span.piece() == piece && blocks_of(span).contains(&nth);
    conn.download.pipeline.iter().any(|asked| covers(asked.span))
}

/// The blocks of its piece that a span touches.
pub(super) fn blocks_of(span: Span) -> Range<usize> {
    (span.begin() / BLOCK) as usize..span.end().div_ceil(BLOCK) as usize
}
