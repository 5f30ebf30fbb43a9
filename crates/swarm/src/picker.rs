//! What to ask for next.
//!
//! A wanted piece is in exactly one state at any time:
//!
//! - *listed*: not begun; it stands in [`Rarity`];
//! - *open*: begun, and in [`Picker::open`]; its blocks are free, asked for, or stored;
//! - *checking*: everything of it is stored, and the driver verifies it; still in `open`, nothing missing;
//! - *done*: verified; its bit in `have` is set.
//!
//! An unwanted piece that is not done is in none of them.

mod kept;
mod open;
mod peers;
mod rarity;
mod readers;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{BLOCK, Geometry, Piece, Span},
};
use rand_chacha::ChaCha8Rng;

use self::open::OpenPiece;
pub(crate) use self::{
    kept::{Kept, Share, turn},
    rarity::Rarity,
};
use crate::ConnId;

/// How much of the rarity order is looked through before all pieces are compared word by word.
const SCAN: usize = 256;

/// Which pieces are wanted, begun and done, and who has how many of them.
#[derive(Debug)]
pub(crate) struct Picker {
    geometry: Arc<Geometry>,
    have: Bitfield,
    wanted: Bitfield,
    rarity: Rarity,
    /// Connected peers that have every piece.
    seeds: u32,
    open: BTreeMap<Piece, OpenPiece>,
    /// Open pieces with free blocks.
    unasked: BTreeSet<Piece>,
    /// Pieces that did not verify when several had sent them: the next attempt has one sender.
    single: BTreeSet<Piece>,
    /// Pieces ahead of those that read in order ([`Picker::read_ahead`]).
    ahead: Vec<Range<u32>>,
    /// Of these, so many pieces of each are needed soon.
    soon: u32,
    /// Pieces of padding alone that nobody has taken to verify them ([`Picker::take_pads`]).
    pads: Vec<Piece>,
    /// Bytes of files (pads not counted) in pieces that are done, and in those that are wanted.
    bytes: Bytes,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bytes {
    done: u64,
    wanted: u64,
}

/// What became of a block that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// `useful` bytes of it were missing: store it. The piece is whole when `whole`.
    Stored { useful: u32, whole: bool },
    /// It was of no use.
    Useless,
}

impl Picker {
    /// Everything not in `have` is wanted.
    pub(crate) fn new(geometry: Arc<Geometry>, have: Bitfield, rng: &mut ChaCha8Rng) -> Self {
        let pieces = geometry.piece_count();
        let mut picker = Self {
            rarity: Rarity::new(pieces),
            have,
            wanted: Bitfield::none(pieces),
            seeds: 0,
            open: BTreeMap::new(),
            unasked: BTreeSet::new(),
            single: BTreeSet::new(),
            ahead: Vec::new(),
            soon: 0,
            pads: Vec::new(),
            bytes: Bytes::default(),
            geometry,
        };
        picker.bytes.done = picker.payload_of(&picker.have);
        picker.want(Bitfield::all(pieces), rng);
        let is_pad = |piece: &Piece| picker.needs(*piece) && picker.geometry.payload_end(*piece) == 0;
        picker.pads = picker.geometry.pieces().filter(is_pad).collect();
        picker
    }

    pub(crate) fn have(&self) -> &Bitfield {
        &self.have
    }

    /// Whether a piece is wanted and not done.
    pub(crate) fn needs(&self, piece: Piece) -> bool {
        self.wanted.has(piece) && !self.have.has(piece)
    }

    /// Whether every wanted piece is done.
    pub(crate) fn is_complete(&self) -> bool {
        self.rarity.len() == 0 && self.open.is_empty()
    }

    /// Number of needed pieces not yet begun.
    pub(crate) fn listed(&self) -> usize {
        self.rarity.len()
    }

    /// Number of needed pieces in `theirs`.
    pub(crate) fn count_needed(&self, theirs: &Bitfield) -> u32 {
        if theirs.is_all() {
            return (self.rarity.len() + self.open.len()) as u32;
        }
        theirs
            .without(&self.have)
            .filter(|index| self.geometry.piece(*index).is_some_and(|piece| self.needs(piece)))
            .count() as u32
    }

    /// Bytes of files, pads not counted, in pieces that are done.
    pub(crate) fn bytes_done(&self) -> u64 {
        self.bytes.done
    }

    /// The same in all pieces that were asked for last ([`Picker::want`]).
    pub(crate) fn bytes_wanted(&self) -> u64 {
        self.bytes.wanted
    }

    fn payload_of(&self, pieces: &Bitfield) -> u64 {
        if pieces.is_all() {
            return self.geometry.payload();
        }
        let pieces = pieces.iter().filter_map(|index| self.geometry.piece(index));
        pieces.map(|piece| self.geometry.payload_of(piece)).sum()
    }

    /// How many connected peers have a piece.
    pub(crate) fn availability(&self, piece: Piece) -> u32 {
        self.rarity.count(piece) + self.seeds
    }

    /// Number of needed pieces not yet begun that no connected peer has.
    pub(crate) fn unavailable(&self) -> u32 {
        if self.seeds > 0 { 0 } else { self.rarity.unavailable() }
    }

    /// Wants these pieces and no others. Pieces already begun are finished.
    pub(crate) fn want(&mut self, wanted: Bitfield, rng: &mut ChaCha8Rng) {
        for piece in self.geometry.clone().pieces() {
            let listed = wanted.has(piece) && !self.have.has(piece) && !self.open.contains_key(&piece);
            if listed {
                self.rarity.insert(piece, rng);
            } else {
                self.rarity.remove(piece);
            }
        }
        self.wanted = wanted;
        for piece in self.open.keys() {
            self.wanted.set(*piece);
        }
        self.bytes.wanted = self.payload_of(&self.wanted);
    }

    /// Chooses at most `most` bytes to ask `conn` for, which has `theirs`: first of what somebody reads in order, then of
    /// the pieces it is fetching (`own`, kept up to date here), then of pieces that nobody goes on with, then of the rarest piece not
    /// begun, last of what others are fetching. Pieces in `kept` are for others to begin.
    pub(crate) fn pick(
        &mut self,
        conn: ConnId,
        theirs: &Bitfield,
        own: &mut Vec<Piece>,
        most: u32,
        kept: &Kept,
    ) -> Option<Span> {
        if !self.ahead.is_empty()
            && let Some(span) = self.pick_ahead(conn, theirs, own, most, kept)
        {
            return Some(span);
        }
        while let Some(piece) = own.first().copied() {
            let goes_on =
                self.open.get(&piece).is_some_and(|open| open.owner == Some(conn) && open.free() > 0);
            if goes_on {
                return self.ask(piece, most);
            }
            own.remove(0);
        }
        let piece = self
            .orphan(theirs, kept)
            .or_else(|| self.fresh(theirs, kept))
            .inspect(|piece| self.adopt(*piece, conn));
        if let Some(piece) = piece {
            own.push(piece);
            return self.ask(piece, most);
        }
        let joined = self.joinable(conn, theirs, kept)?;
        self.ask(joined, most.min(BLOCK * 4))
    }

    fn ask(&mut self, piece: Piece, most: u32) -> Option<Span> {
        let open = self.open.get_mut(&piece)?;
        let bytes = open.ask(most)?;
        if open.free() == 0 {
            self.unasked.remove(&piece);
        }
        self.geometry.span(piece.index(), bytes.start, bytes.end - bytes.start)
    }

    fn orphan(&self, theirs: &Bitfield, kept: &Kept) -> Option<Piece> {
        let nobody = |piece: &Piece| self.open.get(piece).is_some_and(|open| open.owner.is_none());
        let fits = |piece: &Piece| theirs.has(*piece) && !kept.has(*piece) && nobody(piece);
        self.unasked.iter().copied().find(fits)
    }

    /// The rarest piece not begun that the peer has.
    fn fresh(&self, theirs: &Bitfield, kept: &Kept) -> Option<Piece> {
        let all = theirs.is_all();
        let mut order = self
            .rarity
            .iter(all)
            .filter_map(|index| self.geometry.piece(index))
            .filter(|piece| !kept.has(*piece));
        if all {
            return order.next();
        }
        if let Some(piece) = order.by_ref().take(SCAN).find(|piece| theirs.has(*piece)) {
            return Some(piece);
        }
        // The peer has none of the rarest: what it has is likely little, so look at that instead. From afar there is more,
        // and what is not here is rare.
        if kept.here.is_some() {
            return None;
        }
        theirs
            .without(&self.have)
            .filter_map(|index| self.geometry.piece(index))
            .filter(|piece| self.rarity.is_listed(*piece) && !kept.has(*piece))
            .min_by_key(|piece| self.rarity.count(*piece))
    }

    /// The piece in others' hands with the most left to ask for.
    fn joinable(&self, conn: ConnId, theirs: &Bitfield, kept: &Kept) -> Option<Piece> {
        self.unasked
            .iter()
            .filter_map(|piece| self.open.get(piece).map(|open| (*piece, open)))
            .filter(|(piece, _)| theirs.has(*piece) && !kept.comes_from_here(*piece))
            .filter(|(_, open)| !open.single || open.owner == Some(conn))
            .max_by_key(|(_, open)| open.free())
            .map(|(piece, _)| piece)
    }

    /// Bytes of a piece not done are on disk already; true when that is all of the piece.
    pub(crate) fn found(&mut self, span: Span) -> bool {
        if !self.needs(span.piece()) {
            return false;
        }
        let open = self.begin(span.piece());
        let useful = open.store(span.begin()..span.end(), None);
        let whole = useful > 0 && open.missing() == 0;
        if open.free() == 0 {
            self.unasked.remove(&span.piece());
        }
        whole
    }

    /// Pieces that did not verify when several had sent them.
    pub(crate) fn single(&self) -> &BTreeSet<Piece> {
        &self.single
    }

    /// Who has sent something of a piece that has not been judged yet.
    pub(crate) fn senders(&self, piece: Piece) -> BTreeSet<ConnId> {
        self.open.get(&piece).into_iter().flat_map(OpenPiece::sources).flatten().collect()
    }

    fn adopt(&mut self, piece: Piece, conn: ConnId) {
        self.begin(piece).owner = Some(conn);
    }

    fn begin(&mut self, piece: Piece) -> &mut OpenPiece {
        self.rarity.remove(piece);
        let (geometry, single) = (&self.geometry, self.single.contains(&piece));
        let unasked = &mut self.unasked;
        self.open.entry(piece).or_insert_with(|| {
            unasked.insert(piece);
            let mut open = OpenPiece::new(geometry.blocks_of(piece), geometry.payload_end(piece));
            open.single = single;
            open
        })
    }

    /// Whether everything that is missing has been asked for.
    pub(crate) fn is_endgame(&self) -> bool {
        self.rarity.len() == self.rarity.unavailable() as usize
            && self.unasked.is_empty()
            && !self.open.is_empty()
    }

    /// Asks for a block a second time, of `conn`, which must not have been asked for it.
    pub(crate) fn double(&mut self, piece: Piece, nth: usize) -> Option<Span> {
        let open = self.open.get_mut(&piece)?;
        let bytes = open.ask_again(nth);
        self.geometry.span(piece.index(), bytes.start, bytes.end.saturating_sub(bytes.start))
    }

    /// The blocks of a piece that are missing and were asked for at most `times` times.
    pub(crate) fn asked(&self, piece: Piece, times: u8) -> impl Iterator<Item = usize> + '_ {
        self.open.get(&piece).filter(|open| !open.single).into_iter().flat_map(move |open| open.asked(times))
    }

    /// Takes a request back: it was rejected, cancelled, or its connection went away.
    pub(crate) fn release(&mut self, span: Span) {
        if let Some(open) = self.open.get_mut(&span.piece()) {
            open.release(span.begin()..span.end());
            if open.free() > 0 {
                self.unasked.insert(span.piece());
            }
        }
    }

    /// A request that was released is going to be answered after all; false when its bytes are of no use.
    pub(crate) fn take_up(&mut self, span: Span) -> bool {
        let piece = span.piece();
        if !self.needs(piece) || self.is_here(span) || self.single.contains(&piece) {
            return false;
        }
        let open = self.begin(piece);
        open.ask_also(span.begin()..span.end());
        if open.free() == 0 {
            self.unasked.remove(&piece);
        }
        true
    }

    /// A connection fetches this piece no longer. An untouched piece goes back to the list.
    pub(crate) fn disown(&mut self, piece: Piece, conn: ConnId, rng: &mut ChaCha8Rng) {
        let Some(open) = self.open.get_mut(&piece).filter(|open| open.owner == Some(conn)) else {
            return;
        };
        open.owner = None;
        if open.is_untouched() {
            self.open.remove(&piece);
            self.unasked.remove(&piece);
            self.rarity.insert(piece, rng);
        }
    }

    /// A connection is gone: it fetches nothing any more.
    pub(crate) fn disown_all(&mut self, conn: ConnId, rng: &mut ChaCha8Rng) {
        let owned: Vec<Piece> =
            self.open.iter().filter(|(_, open)| open.owner == Some(conn)).map(|(piece, _)| *piece).collect();
        for piece in owned {
            self.disown(piece, conn, rng);
        }
    }

    /// Bytes arrived from `conn`.
    pub(crate) fn arrive(&mut self, span: Span, conn: ConnId) -> Arrival {
        let Some(open) = self.open.get_mut(&span.piece()) else {
            return Arrival::Useless;
        };
        let useful = open.store(span.begin()..span.end(), Some(conn));
        if useful == 0 {
            return Arrival::Useless;
        }
        if open.free() == 0 {
            self.unasked.remove(&span.piece());
        }
        Arrival::Stored { useful, whole: open.missing() == 0 }
    }

    /// Whether these bytes need not be asked for any more.
    pub(crate) fn is_here(&self, span: Span) -> bool {
        match self.open.get(&span.piece()) {
            Some(open) => open.is_here(span.begin()..span.end()),
            None => !self.needs(span.piece()),
        }
    }

    /// A piece verified: it is done.
    pub(crate) fn verified(&mut self, piece: Piece) {
        self.open.remove(&piece);
        self.unasked.remove(&piece);
        self.single.remove(&piece);
        self.rarity.remove(piece);
        if self.have.set(piece) {
            self.bytes.done += self.geometry.payload_of(piece);
        }
    }

    /// A piece did not verify: everything of it is missing again. Gives who had sent which block.
    pub(crate) fn failed(&mut self, piece: Piece, rng: &mut ChaCha8Rng) -> Vec<Option<ConnId>> {
        let Some(open) = self.open.remove(&piece) else {
            return Vec::new();
        };
        self.unasked.remove(&piece);
        self.single.insert(piece);
        self.rarity.insert(piece, rng);
        open.sources().collect()
    }

    /// A done piece is missing again, and wanted no more unless `again`; false when it was not done.
    pub(crate) fn lost(&mut self, piece: Piece, again: bool, rng: &mut ChaCha8Rng) -> bool {
        let was_done = self.have.clear(piece);
        if was_done {
            self.bytes.done -= self.geometry.payload_of(piece);
        }
        if was_done && !again && self.wanted.clear(piece) {
            self.bytes.wanted -= self.geometry.payload_of(piece);
        }
        if was_done && self.wanted.has(piece) {
            self.rarity.insert(piece, rng);
        }
        was_done
    }

    /// Pieces of padding alone, which need no fetching; each is given once.
    pub(crate) fn take_pads(&mut self) -> Vec<Piece> {
        std::mem::take(&mut self.pads)
    }

    #[cfg(test)]
    fn picture(&self, piece: Piece) -> String {
        match self.open.get(&piece) {
            Some(open) => open.picture(),
            None if self.have.has(piece) => "done".to_owned(),
            None if self.rarity.is_listed(piece) => "listed".to_owned(),
            None => "unwanted".to_owned(),
        }
    }
}
