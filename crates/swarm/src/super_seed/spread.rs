//! How far each piece has spread, seen from the seed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Geometry, Piece},
    time::Time,
};
use rand_chacha::ChaCha8Rng;

use crate::{ConnId, picker::Rarity};

/// A piece that was asked for, and that nobody has after this long, is shown to somebody else.
const UNDER_WAY: Duration = Duration::from_secs(3);

/// How long a wish waits for a piece to come from somebody else.
const ELSEWHERE: Duration = Duration::from_millis(500);

/// Who has, or is about to get, which pieces.
#[derive(Debug)]
pub(super) struct Spread {
    /// Pieces that nobody was shown.
    unshown: BTreeSet<Piece>,
    /// All pieces in random order, without those at its end that somebody was shown.
    order: Vec<Piece>,
    /// The last one that somebody wished.
    last_wish: Option<Piece>,
    /// All pieces by how many peers have them.
    counts: Rarity,
    /// For each piece, the peer that alone has it.
    sole: Vec<Option<ConnId>>,
    /// Pieces that somebody was shown and nobody has yet.
    pending: BTreeMap<Piece, Pending>,
    /// How much more than usual is shown ahead ([`Window`](super::window::Window)).
    pub(super) widened: f64,
}

/// A piece on its way to its first owner.
#[derive(Debug)]
struct Pending {
    to: ConnId,
    /// When it was shown, or asked for.
    at: Time,
    requested: bool,
}

impl Pending {
    /// When it may be shown to somebody else, where its peer has so long to ask for it.
    fn expiry(&self, patience: impl Fn(ConnId) -> Duration) -> Time {
        self.at + if self.requested { UNDER_WAY } else { patience(self.to) }
    }
}

/// The peers that alone had a piece before a change, and after it.
pub(super) struct SoleOwners {
    pub(super) before: Option<ConnId>,
    pub(super) after: Option<ConnId>,
}

impl Spread {
    pub(super) fn new(geometry: &Geometry, rng: &mut ChaCha8Rng) -> Self {
        let mut counts = Rarity::new(geometry.piece_count());
        for piece in geometry.pieces() {
            counts.insert(piece, rng);
        }
        let order = counts.iter(true).filter_map(|index| geometry.piece(index)).collect();
        Self {
            unshown: geometry.pieces().collect(),
            order,
            last_wish: None,
            counts,
            sole: vec![None; geometry.piece_count() as usize],
            pending: BTreeMap::new(),
            widened: 1.0,
        }
    }

    /// A peer has a piece from now on.
    pub(super) fn add(&mut self, id: ConnId, piece: Piece, rng: &mut ChaCha8Rng) -> SoleOwners {
        self.counts.increment(piece, rng);
        self.pending.remove(&piece);
        self.unshown.remove(&piece);
        let first = self.counts.count(piece) == 1;
        let owner = &mut self.sole[piece.as_usize()];
        let before = owner.take().filter(|_| !first);
        let after = first.then_some(id);
        *owner = after;
        SoleOwners { before, after }
    }

    /// A peer no longer has a piece, or is gone.
    pub(super) fn remove(&mut self, id: ConnId, piece: Piece, rng: &mut ChaCha8Rng) {
        self.counts.decrement(piece, rng);
        let owner = &mut self.sole[piece.as_usize()];
        if *owner == Some(id) {
            *owner = None;
        }
    }

    /// Nothing is on its way to a peer any more.
    pub(super) fn forget_pending(&mut self, to: ConnId) {
        self.pending.retain(|_, pending| pending.to != to);
    }

    /// A peer was shown a piece.
    pub(super) fn shown(&mut self, now: Time, to: ConnId, piece: Piece) {
        self.unshown.remove(&piece);
        if self.counts.count(piece) == 0 {
            self.pending.insert(piece, Pending { to, at: now, requested: false });
        }
    }

    /// A peer asked for a piece.
    pub(super) fn requested(&mut self, now: Time, id: ConnId, piece: Piece) {
        if let Some(pending) = self.pending.get_mut(&piece).filter(|pending| pending.to == id) {
            (pending.at, pending.requested) = (now, true);
        }
    }

    /// A peer no longer asks for a piece: it has cancelled its request, or was choked.
    pub(super) fn withdrawn(&mut self, id: ConnId, piece: Piece) {
        if let Some(pending) = self.pending.get_mut(&piece).filter(|pending| pending.to == id) {
            pending.requested = false;
        }
    }

    /// Pieces that did not come to their first owner in time may be shown to somebody else.
    pub(super) fn expire(&mut self, now: Time, patience: impl Fn(ConnId) -> Duration) {
        self.pending.retain(|_, pending| now < pending.expiry(&patience));
    }

    pub(super) fn next_expiry(&self, patience: impl Fn(ConnId) -> Duration) -> Option<Time> {
        self.pending.values().map(|pending| pending.expiry(&patience)).min()
    }

    /// How many pieces are on their way to each peer, and nobody has them yet.
    pub(super) fn awaited(&self) -> BTreeMap<ConnId, usize> {
        let mut awaited = BTreeMap::new();
        for pending in self.pending.values() {
            *awaited.entry(pending.to).or_default() += 1;
        }
        awaited
    }

    /// Whether somebody has a piece while another is on its way to its first owner.
    pub(super) fn is_second_copy(&self, piece: Piece) -> bool {
        self.counts.count(piece) > 0 && !self.pending.is_empty()
    }

    /// Of what a peer wishes, the piece to show it. One that is about to come to somebody else, or has, comes from there;
    /// unless that takes longer than it would take us.
    pub(super) fn next_wish(
        &self,
        now: Time,
        wishes: &[(Piece, Time)],
        fits: impl Fn(Piece) -> bool,
    ) -> Option<Piece> {
        let elsewhere = |piece: &Piece| self.counts.count(*piece) > 0 || self.pending.contains_key(piece);
        let fits = |(piece, due): &&(Piece, Time)| fits(*piece) && (!elsewhere(piece) || now > *due);
        wishes.iter().find(fits).map(|(piece, _)| *piece)
    }

    /// Somebody wishes a piece, and so reads there.
    pub(super) fn wish(&mut self, piece: Piece) {
        self.last_wish = Some(piece);
    }

    /// How long a wish waits for the piece to come from somebody else: not at all where somebody has it, who was asked in
    /// vain.
    pub(super) fn patience(&self, piece: Piece) -> Duration {
        if self.counts.count(piece) > 0 { Duration::ZERO } else { ELSEWHERE }
    }

    /// A piece that nobody was shown, and that somebody reads soon: one of those that are wished, else the next one behind
    /// the last wish.
    pub(super) fn next_ahead(&self, mut wishes: impl Iterator<Item = Piece>) -> Option<Piece> {
        let last = self.last_wish?;
        let wished = wishes.find(|piece| self.unshown.contains(piece));
        wished.or_else(|| self.unshown.range(last..).next().copied())
    }

    /// A piece that nobody was shown, else the one that the fewest peers have, and that this one neither has nor was
    /// shown. What somebody is about to fetch is not shown to a second one.
    pub(super) fn next_piece(
        &mut self,
        geometry: &Geometry,
        shown: &Bitfield,
        theirs: &Bitfield,
    ) -> Option<Piece> {
        while let Some(piece) = self.order.last() {
            if self.unshown.contains(piece) {
                return Some(*piece);
            }
            self.order.pop();
        }
        let mut rarest = self.counts.iter(true).filter_map(|index| geometry.piece(index));
        rarest.find(|piece| !shown.has(*piece) && !theirs.has(*piece) && !self.pending.contains_key(piece))
    }
}
