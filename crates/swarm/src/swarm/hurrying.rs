//! What somebody reads soon and does not come is asked for once more, of somebody else.
//!
//! Whoever was asked may serve others first, or nobody: that is found out after seconds, and a reader has one at most.

use std::{collections::BTreeSet, time::Duration};

use peerpool_wire::{
    geometry::{Piece, Span},
    time::Time,
};

use super::{
    Swarm,
    ending::{blocks_of, is_asked},
};
use crate::{ConnId, Outbox, connection::Connection, timers::Timer};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(100);
/// A block that comes so long after two round trips is late.
const LATE: Duration = Duration::from_millis(200);
/// Most blocks that are asked for again at a time.
const MAX_BLOCKS: usize = 32;

impl<B> Swarm<B> {
    /// Looks after those who read, as long as there are any.
    pub(super) fn watch_for_readers(&mut self, now: Time) {
        let due = self.picker.has_readers().then(|| now.next_multiple(LOOK));
        if due.is_none() || !self.timers.is_set(Timer::Readers) {
            self.timers.set(Timer::Readers, due);
        }
    }

    pub(super) fn hurry(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut missed = BTreeSet::new();
        for (piece, nth) in self.late_blocks(now) {
            match self.helper(now, piece, nth) {
                Some(helper) => self.double(now, helper, piece, nth, out),
                None => _ = missed.insert(piece),
            }
        }
        self.wish_for_pieces(now, &missed, out);
        self.watch_for_readers(now);
    }

    /// Blocks that somebody reads soon, asked of one connection alone, that are late.
    fn late_blocks(&self, now: Time) -> Vec<(Piece, usize)> {
        let late = |conn: &Connection| {
            let patience = LATE + 2 * conn.download.pipeline.round_trip.get().unwrap_or_default();
            let asked = conn.download.pipeline.iter().filter(|asked| !asked.given_up);
            let late = asked.take_while(|asked| now.since(asked.at) > patience).map(|asked| asked.span);
            late.filter(|span| self.picker.is_soon(span.piece())).collect::<Vec<Span>>()
        };
        let spans = self.conns.values().flat_map(late);
        let blocks = spans.flat_map(|span| {
            let inside = blocks_of(span);
            let asked = self.picker.asked(span.piece(), 1).filter(move |nth| inside.contains(nth));
            asked.map(move |nth| (span.piece(), nth))
        });
        blocks.take(MAX_BLOCKS).collect()
    }

    /// Of those who have a piece and were not asked for this block, who will have it here first.
    fn helper(&self, now: Time, piece: Piece, nth: usize) -> Option<ConnId> {
        let fits = |id: ConnId, conn: &Connection| {
            let room = conn.download.pipeline.len() < conn.max_requests();
            !conn.download.snubbed
                && room
                && conn.may_ask(piece)
                && self.may_fetch_from(id)
                && !is_asked(conn, piece, nth)
        };
        let wait = |conn: &Connection| {
            conn.download.pipeline.bytes() as f64 / conn.download.pipeline.rate.peek(now).max(1.0)
        };
        let helpers = self.conns.iter().filter(|(id, conn)| fits(**id, conn));
        helpers.min_by(|(_, one), (_, other)| wait(one).total_cmp(&wait(other))).map(|(id, _)| *id)
    }
}
