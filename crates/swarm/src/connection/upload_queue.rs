//! What one connection asks of us.

use std::{collections::VecDeque, time::Duration};

use peerpool_wire::{
    geometry::{Piece, Span},
    time::Time,
};

use crate::rate::{Rate, RoundTrip};

/// Requests that one peer may have waiting here; told to it as `reqq` (BEP 10).
pub(crate) const MAX_WAITING: usize = 2000;

/// Of the requests that wait, so many of the oldest are looked at for the next to answer: choosing costs the same
/// however many there are.
const LOOKED_AT: usize = 64;

/// What was handed out arrives within this time, or hardly ever.
const STUCK: Duration = Duration::from_secs(1);
/// While anything arrives, the oldest of it does so within this time, or the peer reads in drips.
const DRIP: Duration = Duration::from_secs(4);

/// The requests that wait for an answer, and what was handed to the driver and has not arrived.
#[derive(Debug, Default)]
pub(crate) struct UploadQueue {
    waiting: VecDeque<Span>,
    bytes: u64,
    /// Handed to the driver: when, and how many bytes of it have not arrived.
    handed: VecDeque<(Time, u32)>,
    unsent: u64,
    /// When something arrived last, or was handed out with nothing else under way.
    moved: Time,
    begun: Option<Piece>,
    pub(crate) rate: Rate,
    /// From handing out a block to its arrival.
    pub(crate) trip: RoundTrip,
}

impl UploadQueue {
    /// Queues a request; false when too many wait already.
    pub(crate) fn request(&mut self, span: Span) -> bool {
        let room = self.waiting.len() < MAX_WAITING;
        if room {
            self.bytes += u64::from(span.length());
            self.waiting.push_back(span);
        }
        room
    }

    /// Takes a request back; false when it was answered already or never made.
    pub(crate) fn cancel(&mut self, span: Span) -> bool {
        let found = self.waiting.iter().position(|waiting| *waiting == span);
        found.is_some_and(|nth| self.take(nth).is_some())
    }

    /// Takes the requests for a piece that wait.
    pub(crate) fn take_piece(&mut self, piece: Piece) -> VecDeque<Span> {
        let (taken, left): (VecDeque<Span>, _) =
            self.waiting.drain(..).partition(|span| span.piece() == piece);
        self.waiting = left;
        self.bytes -= taken.iter().map(|span| u64::from(span.length())).sum::<u64>();
        taken
    }

    /// Takes all requests that wait.
    pub(crate) fn clear(&mut self) -> VecDeque<Span> {
        self.begun = None;
        self.bytes = 0;
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Payload bytes of the requests that wait.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn take(&mut self, nth: usize) -> Option<Span> {
        let span = self.waiting.remove(nth)?;
        self.bytes -= u64::from(span.length());
        Some(span)
    }

    /// Payload bytes handed out that have not arrived.
    pub(crate) fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Whether what was handed out does not arrive, or in drips: the peer is gone, or does not read.
    pub(crate) fn is_stuck(&self, now: Time) -> bool {
        let oldest = self.handed.front().map_or(now, |(at, _)| *at);
        self.unsent > 0 && (now.since(self.moved) > STUCK || now.since(oldest) > DRIP)
    }

    /// The request to answer next, of the oldest that wait: one of the piece that was begun, else the first of the
    /// piece with the lowest `rank`. The flag tells whether it goes on with a begun piece.
    pub(crate) fn next(&self, rank: impl Fn(Piece) -> u32) -> Option<(usize, bool)> {
        let oldest = self.waiting.iter().take(LOOKED_AT).enumerate();
        if let Some(begun) = self.begun
            && let Some((nth, _)) = oldest.clone().find(|(_, span)| span.piece() == begun)
        {
            return Some((nth, true));
        }
        let mut last = None;
        let firsts = oldest.filter(|(_, span)| last.replace(span.piece()) != Some(span.piece()));
        firsts.min_by_key(|(_, span)| rank(span.piece())).map(|(nth, _)| (nth, false))
    }

    /// The first request for a piece like that, of the oldest that wait.
    pub(crate) fn first_of(&self, fits: impl Fn(Piece) -> bool) -> Option<usize> {
        self.waiting.iter().take(LOOKED_AT).position(|span| fits(span.piece()))
    }

    /// The piece of a waiting request.
    pub(crate) fn piece(&self, nth: usize) -> Option<Piece> {
        self.waiting.get(nth).map(|span| span.piece())
    }

    /// Takes a waiting request to answer it.
    pub(crate) fn hand_out(&mut self, now: Time, nth: usize) -> Option<Span> {
        let span = self.take(nth)?;
        if self.handed.is_empty() {
            self.moved = now;
        }
        self.handed.push_back((now, span.length()));
        self.begun = Some(span.piece());
        self.unsent += u64::from(span.length());
        Some(span)
    }

    /// A block that was handed out will never arrive.
    pub(crate) fn not_sent(&mut self, bytes: u32) {
        if let Some(nth) = self.handed.iter().position(|(_, left)| *left == bytes) {
            self.handed.remove(nth);
            self.unsent = self.unsent.saturating_sub(u64::from(bytes));
        }
    }

    /// Bytes have arrived.
    pub(crate) fn sent(&mut self, now: Time, bytes: u32) {
        self.unsent = self.unsent.saturating_sub(u64::from(bytes));
        self.moved = now;
        self.rate.add(now, u64::from(bytes));
        let mut rest = bytes;
        while let Some((at, left)) = self.handed.front_mut() {
            if *left > rest {
                *left -= rest;
                break;
            }
            rest -= *left;
            self.trip.measure(now, now.since(*at));
            self.handed.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::geometry::Geometry;

    use super::*;

    #[test]
    fn a_begun_piece_is_finished_before_a_rarer_one() {
        let geometry = Geometry::new(4, [(12, false)]).unwrap();
        let span = |piece, begin| geometry.span(piece, begin, 1).unwrap();
        let mut uploads = UploadQueue::default();
        for (piece, begin) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0)] {
            assert!(uploads.request(span(piece, begin)));
        }
        let rank = |piece: Piece| 9 - piece.index().min(1) * 5;
        let mut order = Vec::new();
        while let Some((nth, _)) = uploads.next(rank) {
            order.push(uploads.hand_out(Time::ZERO, nth).unwrap());
        }
        assert_eq!(order, [span(1, 0), span(1, 1), span(2, 0), span(0, 0), span(0, 1)]);
        assert_eq!(uploads.unsent(), 5);
    }

    #[test]
    fn a_peer_that_takes_drips_is_stuck_and_one_that_takes_blocks_is_not() {
        let geometry = Geometry::new(8, [(8 * 64, false)]).unwrap();
        for (bytes, stuck) in [(1, true), (8, false)] {
            let mut uploads = UploadQueue::default();
            for second in 0..6 {
                assert!(uploads.request(geometry.span(second, 0, 8).unwrap()));
                uploads.hand_out(Time::from_secs(second.into()), 0);
                uploads.sent(Time::from_millis(u64::from(second) * 1000 + 900), bytes);
            }
            uploads.request(geometry.span(6, 0, 8).unwrap());
            uploads.hand_out(Time::from_secs(6), 0);
            assert_eq!(uploads.is_stuck(Time::from_secs(6)), stuck, "{bytes}");
        }
    }

    #[test]
    fn a_trip_ends_when_the_last_byte_of_a_block_arrives() {
        let geometry = Geometry::new(8, [(16, false)]).unwrap();
        let mut uploads = UploadQueue::default();
        for piece in 0..2 {
            assert!(uploads.request(geometry.span(piece, 0, 8).unwrap()));
        }
        uploads.hand_out(Time::from_millis(1), 0);
        uploads.hand_out(Time::from_millis(2), 0);
        uploads.sent(Time::from_millis(5), 7);
        assert_eq!(uploads.trip.get(), None);
        uploads.sent(Time::from_millis(9), 2);
        assert_eq!((uploads.trip.get(), uploads.unsent()), (Some(Duration::from_millis(8)), 7));
        uploads.sent(Time::from_millis(9), 7);
        assert_eq!((uploads.trip.get(), uploads.unsent()), (Some(Duration::from_millis(7)), 0));
    }
}
