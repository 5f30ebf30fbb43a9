//! What one peer is shown.

use std::time::Duration;

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, time::Time};

use crate::rate::RoundTrip;

/// An unanswered piece counts for two round trips and this long.
const PATIENCE: Duration = Duration::from_millis(30);
/// How long a piece that a peer can ask for waits until it is shown to somebody else …
const UNASKED: Duration = Duration::from_millis(1500);
/// … and one that it does not want, or may not ask for, this long after two round trips: its word may be on the way.
const UNWANTED: Duration = Duration::from_millis(250);
/// What an unmeasured round trip is taken to be.
const UNKNOWN_TRIP: Duration = Duration::from_millis(50);

/// Most wishes of one peer that are kept.
const MAX_WISHES: usize = 64;

/// The pieces that one peer was shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) pieces: Bitfield,
    /// What it wishes to be shown next, and how long that may come from somebody else: somebody reads there.
    pub(super) wishes: Vec<(Piece, Time)>,
    /// What it was shown because it wished that, and has not got; of very many, the last.
    granted: Vec<Piece>,
    /// Those that it has neither asked for nor got, and when they were shown.
    pub(super) unanswered: Vec<(Piece, Time)>,
    /// How many pieces it alone has.
    pub(super) sole: u32,
    /// Whether somebody else has got what it alone had.
    pub(super) passes_on: bool,
    /// From showing a piece to the request for it.
    pub(super) trip: RoundTrip,
    pub(super) since: Time,
    /// When it last asked for something, or was sent something.
    busy: Time,
    /// Since when it has let pieces pass; `None` once it asks for one.
    pub(super) ignoring_since: Option<Time>,
    /// When the next part of everything is shown to it; `None` while pieces are shown one by one.
    pub(super) next_part: Option<Time>,
}

impl Shown {
    pub(super) fn new(pieces: u32, now: Time) -> Self {
        Self {
            pieces: Bitfield::none(pieces),
            wishes: Vec::new(),
            granted: Vec::new(),
            unanswered: Vec::new(),
            sole: 0,
            passes_on: false,
            trip: RoundTrip::default(),
            since: now,
            busy: now,
            ignoring_since: None,
            next_part: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_none()
    }

    /// It wishes to be shown a piece, from `due` on even where somebody else has it. More wishes than a reader has in a
    /// window are passed over. Gives whether it is a new one.
    pub(super) fn wish(&mut self, due: Time, piece: Piece) -> bool {
        if self.pieces.has(piece) {
            self.grant(piece);
            return false;
        }
        let known = self.wishes.iter().any(|(wished, _)| *wished == piece);
        let is_new = !known && self.wishes.len() < MAX_WISHES;
        if is_new {
            self.wishes.push((piece, due));
        }
        is_new
    }

    fn grant(&mut self, piece: Piece) {
        if self.granted.contains(&piece) {
            return;
        }
        if self.granted.len() >= MAX_WISHES {
            self.granted.remove(0);
        }
        self.granted.push(piece);
    }

    /// It is shown a piece, and has `theirs`.
    pub(super) fn show(&mut self, piece: Piece, theirs: &Bitfield) -> bool {
        if self.wishes.iter().any(|(wished, _)| *wished == piece) {
            self.grant(piece);
        }
        self.wishes.retain(|(wished, _)| *wished != piece && !theirs.has(*wished));
        self.pieces.set(piece)
    }

    pub(super) fn granted(&self) -> &[Piece] {
        &self.granted
    }

    /// It has a piece.
    pub(super) fn got(&mut self, piece: Piece) {
        self.settle(piece);
        self.granted.retain(|granted| *granted != piece);
    }

    /// The piece that is left when it has been shown all others.
    pub(super) fn is_all_but_one(&self) -> bool {
        self.pieces.count() + 1 == self.pieces.len()
    }

    /// A piece needs no answer any more; gives when it was shown, if it did.
    pub(super) fn settle(&mut self, piece: Piece) -> Option<Time> {
        let nth = self.unanswered.iter().position(|(shown, _)| *shown == piece)?;
        Some(self.unanswered.swap_remove(nth).1)
    }

    /// It asked for a piece; true when that is an answer.
    pub(super) fn requested(&mut self, now: Time, piece: Piece) -> bool {
        let shown_at = self.settle(piece);
        if let Some(at) = shown_at {
            self.trip.measure(now, now.since(at));
            self.ignoring_since = None;
        }
        self.busy = now;
        shown_at.is_some()
    }

    /// Something that it asked for went out.
    pub(super) fn sent(&mut self, now: Time) {
        self.busy = now;
    }

    /// How long a piece waits for it, which wants something and may ask for it if `asks`.
    pub(super) fn patience(&self, asks: bool) -> Duration {
        if asks { UNASKED } else { self.two_trips() + UNWANTED }
    }

    fn two_trips(&self) -> Duration {
        self.trip.get().unwrap_or(UNKNOWN_TRIP) * 2
    }

    /// When a piece shown at `at` counts no longer. While the peer is busy with what it was shown before, it does.
    pub(super) fn expiry(&self, at: Time) -> Time {
        at.max(self.busy) + self.two_trips() + PATIENCE
    }

    /// Forgets the pieces that were not answered in time.
    pub(super) fn expire(&mut self, now: Time) {
        let before = self.unanswered.len();
        let mut unanswered = std::mem::take(&mut self.unanswered);
        unanswered.retain(|(_, at)| now < self.expiry(*at));
        if unanswered.len() < before {
            self.ignoring_since.get_or_insert(now);
        }
        self.unanswered = unanswered;
    }
}
