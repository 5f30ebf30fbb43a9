//! Pieces that somebody reads in order: those ahead of a reader go before all others.

use std::{collections::BTreeSet, ops::Range};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Piece, Span},
};

use super::{Kept, Picker};
use crate::ConnId;

impl Picker {
    /// These pieces, by their indexes, are read in order, the first of each range soon; those of the call before no
    /// longer.
    pub(crate) fn read_ahead(&mut self, ahead: Vec<Range<u32>>, soon: u32) {
        (self.ahead, self.soon) = (ahead, soon);
    }

    /// Whether somebody reads.
    pub(crate) fn has_readers(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Whether somebody reads a piece soon.
    pub(crate) fn is_soon(&self, piece: Piece) -> bool {
        let soon = |ahead: &Range<u32>| ahead.start..ahead.end.min(ahead.start.saturating_add(self.soon));
        self.ahead.iter().any(|ahead| soon(ahead).contains(&piece.index()))
    }

    /// Whether a piece is the next one of a reader.
    pub(crate) fn is_next(&self, piece: Piece) -> bool {
        self.ahead.iter().any(|ahead| ahead.start == piece.index())
    }

    /// Whether something that is read soon has been asked for, and is not here.
    pub(crate) fn is_pressed(&self) -> bool {
        !self.ahead.is_empty()
            && self.open.iter().any(|(piece, open)| open.missing() > open.free() && self.is_soon(*piece))
    }

    /// The pieces ahead of readers that are not begun and that no connected peer has; of very many, the first ones.
    pub(crate) fn hidden_ahead(&self, most: usize) -> BTreeSet<Piece> {
        let ahead = self.ahead.iter().flat_map(|ahead| ahead.clone().take(most * 4));
        let pieces = ahead.filter_map(|index| self.geometry.piece(index));
        pieces
            .filter(|piece| self.rarity.is_listed(*piece) && self.availability(*piece) == 0)
            .take(most)
            .collect()
    }

    /// Whether a peer that has `theirs` may be asked for something that is read in order.
    pub(crate) fn has_ahead(&self, conn: ConnId, theirs: &Bitfield) -> bool {
        let mut ahead =
            self.ahead.iter().flat_map(Clone::clone).filter_map(|index| self.geometry.piece(index));
        ahead.any(|piece| theirs.has(piece) && self.is_free(conn, piece))
    }

    /// Chooses at most `most` bytes of the piece that a reader will need first, of those that `theirs` has and of which
    /// something is left to be asked for. Of several readers, the one goes first that would be held up first.
    pub(crate) fn pick_ahead(
        &mut self,
        conn: ConnId,
        theirs: &Bitfield,
        own: &mut Vec<Piece>,
        most: u32,
        kept: &Kept,
    ) -> Option<Span> {
        let first = |ahead: &Range<u32>| {
            let pieces = ahead.clone().filter_map(|index| self.geometry.piece(index));
            let fits = |piece: &Piece| theirs.has(*piece) && !kept.has(*piece) && self.is_free(conn, *piece);
            pieces.enumerate().find(|(_, piece)| fits(piece))
        };
        let (_, piece) = self.ahead.iter().filter_map(first).min_by_key(|(distance, _)| *distance)?;
        if self.open.get(&piece).is_none_or(|open| open.owner.is_none()) {
            self.adopt(piece, conn);
            own.push(piece);
        }
        self.ask(piece, most)
    }

    /// Whether something of a piece may be asked of `conn`, whoever else fetches it.
    fn is_free(&self, conn: ConnId, piece: Piece) -> bool {
        match self.open.get(&piece) {
            None => self.rarity.is_listed(piece),
            Some(open) => {
                let alone = open.single && open.owner.is_some_and(|owner| owner != conn);
                open.free() > 0 && !alone
            }
        }
    }
}
