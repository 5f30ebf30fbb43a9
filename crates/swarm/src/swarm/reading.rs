//! Somebody reads the item in order while it arrives.

use std::{collections::BTreeSet, ops::Range};

use peerpool_wire::{geometry::Piece, message::Message, time::Time};

use super::Swarm;
use crate::{Outbox, connection::Connection};

/// What the swarm fetches in so many seconds is asked for first, ahead of a reader …
const AHEAD_SECONDS: f64 = 1.0;
/// … at least so many pieces …
const MIN_PIECES: u64 = 16;
/// … and at most so many bytes, or one piece.
const MAX_AHEAD: u64 = 32 << 20;
/// So many pieces that nobody shows are wished for at a time.
const MAX_WISHED: usize = 32;

impl<B> Swarm<B> {
    /// These bytes of the item are read in order, each range by somebody. What is ahead of a reader is asked for first,
    /// and everything else rarest first, as ever.
    pub(super) fn read(&mut self, now: Time, readers: &[Range<u64>], out: &mut Outbox<B>) {
        let rate: f64 =
            self.conns.values_mut().map(|conn: &mut Connection| conn.download.pipeline.rate.get(now)).sum();
        let length = u64::from(self.item.geometry.piece_length());
        let ahead = ((rate * AHEAD_SECONDS) as u64).max(MIN_PIECES * length).min(MAX_AHEAD);
        // Half of it: longer than any peer takes for a piece.
        let soon = u32::try_from(ahead.div_ceil(2 * length)).unwrap_or(u32::MAX);
        let pieces = |reader: &Range<u64>| {
            let end = reader.end.min(reader.start.saturating_add(ahead)).min(self.item.geometry.total());
            let index = |piece: u64| u32::try_from(piece).unwrap_or(u32::MAX);
            index(reader.start / length)..index(end.div_ceil(length))
        };
        let ahead = readers.iter().map(pieces).filter(|pieces| !pieces.is_empty()).collect();
        self.picker.read_ahead(ahead, soon);
        self.wish_for_pieces(now, &BTreeSet::new(), out);
        self.ask_everybody(now, out);
        self.watch_for_readers(now);
    }

    /// Tells those who may hide what they have (BEP 16) which pieces ahead of a reader nobody shows, and which of them come
    /// from nobody. On the wire it is "suggest piece" (BEP 6), which whoever has nothing to hide passes over.
    pub(super) fn wish_for_pieces(&mut self, now: Time, missed: &BTreeSet<Piece>, out: &mut Outbox<B>) {
        let mut wished = self.picker.hidden_ahead(MAX_WISHED);
        wished.extend(missed);
        self.neighbours.set_held_up(!wished.is_empty());
        self.set_candidates_timer();
        let Self { conns, wishes, .. } = self;
        wishes.expire(now, conns);
        for (id, conn) in conns.iter_mut().filter(|(_, conn)| conn.remote.features.fast && conn.rights.take) {
            for piece in wished.iter().filter(|piece| !conn.holdings.has(**piece)) {
                if wishes.note(now, *id, *piece) {
                    conn.last_sent = now;
                    out.send(*id, Message::SuggestPiece(piece.index()));
                }
            }
        }
    }
}
