//! Pieces that somebody reads in order: those ahead of a reader go before all others.

use std::{collections::BTreeSet, ops::Range};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Piece, Span},
};

use super::Picker;
use crate::ConnId;

impl Picker {
    /// These pieces, by their indexes, are read in order; those of the call before no longer.
    pub(crate) fn read_ahead(&mut self, ahead: Vec<Range<u32>>) {
        self.ahead = ahead;
    }

    /// Chooses at most `most` bytes of the piece that a reader will need first, of those that `theirs` has and of which
    /// something is left to be asked for. Of several readers, the one goes first that would be held up first.
    pub(super) fn pick_ahead(
        &mut self,
        conn: ConnId,
        theirs: &Bitfield,
        own: &mut Vec<Piece>,
        most: u32,
        kept: &BTreeSet<Piece>,
    ) -> Option<Span> {
        let first = |ahead: &Range<u32>| {
            let pieces = ahead.clone().filter_map(|index| self.geometry.piece(index));
            let fits =
                |piece: &Piece| theirs.has(*piece) && !kept.contains(piece) && self.is_free(conn, *piece);
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
