//! Super-seeding: a seed shows what it has piece by piece, so that every piece goes out once before any goes out twice.
//!
//! A seed that shows everything has no say in what is asked for, and ten downloaders ask it for the same rare piece. So
//! a complete peer begins with "have none" and announces a piece when it has room to send it, to one peer, which passes
//! it on (BEP 16 on the wire; docs/swarm.md has the policy):
//!
//! - it shows a piece while little is queued ([`Window`]);
//! - to the peer with the fewest pieces that only it has, and that has few unanswered ones;
//! - first what nobody was shown, in random order, or in the order in which somebody reads, then what the fewest peers
//!   have;
//! - a second copy only where the uplink would be idle, while first ones are on their way;
//! - a request or a `have` answers. An unanswered piece counts as queued for two round trips and a little more, and is
//!   shown to somebody else after a while ([`Spread`]), or soon where its peer wants nothing, so that nobody can stall
//!   it;
//! - whoever is alone for a while, or answers nothing, is shown everything (`everything.rs`).

mod everything;
mod shown;
mod spread;
#[cfg(test)]
mod tests;
mod window;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use peerpool_wire::{
    bitfield::Bitfield,
    geometry::{Geometry, Piece},
    time::Time,
};
use rand_chacha::ChaCha8Rng;

pub(crate) use self::window::{Uplink, Window};
use self::{shown::Shown, spread::Spread, window::Audience};
use crate::{ConnId, connection::Connection};

/// How many pieces that nobody has yet may be on their way to one peer, or how many bytes of small ones.
const MAX_AWAITED: f64 = 6.0;
const MAX_AWAITED_BYTES: f64 = 384.0 * 1024.0;
/// A peer that has not said that it wants anything may be paused: it is shown no more pieces ahead than this.
const MAX_UNINTERESTED: usize = 2;

type Connections = BTreeMap<ConnId, Connection>;

/// What has been shown of the item, and to whom.
#[derive(Debug)]
pub(crate) struct SuperSeed {
    geometry: Arc<Geometry>,
    /// Whether pieces are shown one by one, as long as all of them are here.
    enabled: bool,
    /// The peers that pieces are shown to; all others see everything.
    shown: BTreeMap<ConnId, Shown>,
    /// `None` while nobody is shown pieces one by one.
    spread: Option<Spread>,
    /// Whether the last piece was shown because its peer wished it.
    granted: bool,
}

impl SuperSeed {
    /// One for an item of which everything was here from the start if `origin`: others may depend on what only this
    /// peer has.
    pub(crate) fn new(geometry: Arc<Geometry>, origin: bool) -> Self {
        // What is left over at the end is shown together with the piece before it: there have to be two.
        let enabled = origin && geometry.piece_count() > 1;
        Self { geometry, enabled, shown: BTreeMap::new(), spread: None, granted: false }
    }

    /// Whether a new connection is shown pieces one by one.
    pub(crate) fn applies(&self, have: &Bitfield) -> bool {
        self.enabled && have.is_all()
    }

    /// Whether anybody is shown pieces one by one.
    pub(crate) fn is_active(&self) -> bool {
        self.spread.is_some()
    }

    /// Whether a peer is shown pieces, and not everything.
    pub(crate) fn shows_to(&self, id: ConnId) -> bool {
        self.shown.contains_key(&id)
    }

    /// Whether a peer has been shown nothing yet, so that it knows of nothing to ask for.
    pub(crate) fn hides_from(&self, id: ConnId) -> bool {
        self.shown.get(&id).is_some_and(Shown::is_empty)
    }

    /// Begins with a connection that was told that we have nothing.
    pub(crate) fn begin(&mut self, now: Time, id: ConnId, conns: &Connections, rng: &mut ChaCha8Rng) {
        if self.spread.is_none() {
            self.spread = Some(Spread::new(&self.geometry, rng));
            // Peers that came before, and were shown everything, count too.
            for (id, conn) in conns {
                self.peer_has_all_of(*id, &conn.holdings.pieces, rng);
            }
        }
        self.shown.insert(id, Shown::new(self.geometry.piece_count(), now));
    }

    /// A peer has these pieces from now on.
    pub(crate) fn peer_has_all_of(&mut self, id: ConnId, pieces: &Bitfield, rng: &mut ChaCha8Rng) {
        if self.spread.is_some() {
            let geometry = self.geometry.clone();
            for piece in pieces.iter().filter_map(|index| geometry.piece(index)) {
                self.peer_has(id, piece, rng);
            }
        }
    }

    /// A peer has a piece from now on.
    pub(crate) fn peer_has(&mut self, id: ConnId, piece: Piece, rng: &mut ChaCha8Rng) {
        let Some(spread) = &mut self.spread else { return };
        let sole = spread.add(id, piece, rng);
        if let Some(shown) = sole.before.and_then(|id| self.shown.get_mut(&id)) {
            shown.sole = shown.sole.saturating_sub(1);
            shown.passes_on = true;
        }
        if let Some(shown) = sole.after.and_then(|id| self.shown.get_mut(&id)) {
            shown.sole += 1;
        }
        if let Some(shown) = self.shown.get_mut(&id) {
            shown.got(piece);
        }
    }

    /// A peer no longer has a piece.
    pub(crate) fn peer_lost(&mut self, id: ConnId, piece: Piece, rng: &mut ChaCha8Rng) {
        if let Some(spread) = &mut self.spread {
            spread.remove(id, piece, rng);
        }
    }

    /// A peer with these pieces is gone. With the last that was shown any, what was shown is forgotten.
    pub(crate) fn peer_left(&mut self, id: ConnId, pieces: &Bitfield, rng: &mut ChaCha8Rng) {
        self.shown.remove(&id);
        let Some(spread) = &mut self.spread else { return };
        for piece in pieces.iter().filter_map(|index| self.geometry.piece(index)) {
            spread.remove(id, piece, rng);
        }
        spread.forget_pending(id);
        if self.shown.is_empty() {
            self.spread = None;
        }
    }

    /// A peer asked for a piece; true when that answers what it was shown.
    pub(crate) fn requested(&mut self, now: Time, id: ConnId, piece: Piece) -> bool {
        let answered = self.shown.get_mut(&id).is_some_and(|shown| shown.requested(now, piece));
        if let Some(spread) = &mut self.spread {
            spread.requested(now, id, piece);
        }
        answered
    }

    /// A peer no longer asks for a piece: it has cancelled its request, or was choked.
    pub(crate) fn withdrawn(&mut self, id: ConnId, piece: Piece) {
        if let Some(spread) = &mut self.spread {
            spread.withdrawn(id, piece);
        }
    }

    /// Something that a peer asked for went out.
    pub(crate) fn sent(&mut self, now: Time, id: ConnId) {
        if let Some(shown) = self.shown.get_mut(&id) {
            shown.sent(now);
        }
    }

    /// How much may be shown now; `None` where nobody is shown pieces one by one.
    pub(crate) fn window(&self, uplink: Uplink, conns: &Connections) -> Option<Window> {
        let spread = self.spread.as_ref()?;
        let audience = Audience {
            peers: self.audience(conns).count(),
            trip: self.shown.values().filter_map(|shown| shown.trip.get()).max().unwrap_or_default(),
            unanswered: self.shown.values().map(|shown| shown.unanswered.len()).sum(),
        };
        Some(Window::new(uplink, &audience, self.bytes_of_a_piece(), spread.widened))
    }

    /// A peer wishes to be shown a piece: somebody reads there, and nobody whom the peer knows has it.
    pub(crate) fn wish(&mut self, now: Time, id: ConnId, piece: Piece) {
        if let (Some(shown), Some(spread)) = (self.shown.get_mut(&id), &mut self.spread)
            && shown.wish(now + spread.patience(piece), piece)
        {
            spread.wish(piece);
        }
    }

    /// What a peer was shown because it wished that, and has not got.
    pub(crate) fn granted(&self, id: ConnId) -> &[Piece] {
        self.shown.get(&id).map_or(&[], Shown::granted)
    }

    /// What is shown next, and to whom, while there is room for it to be asked for. [`SuperSeed::show`] notes it.
    pub(crate) fn next(
        &mut self,
        now: Time,
        window: &mut Window,
        conns: &Connections,
    ) -> Option<(ConnId, Piece)> {
        if !window.has_room() {
            return None;
        }
        // Every second piece at most: others need what comes next, too, to pass it on.
        if !std::mem::take(&mut self.granted)
            && let Some((id, piece)) = self.next_wish(now, window.each, conns)
        {
            self.granted = true;
            window.fill();
            return Some((id, piece));
        }
        let id = self.next_peer(window.each, conns)?;
        let (to, theirs) = (self.shown.get(&id)?, &conns.get(&id)?.holdings.pieces);
        // What is read next goes to those alone that have passed on something: others may keep it.
        let ahead = if to.passes_on { self.next_ahead(conns) } else { None };
        let spread = self.spread.as_mut()?;
        let piece = ahead.or_else(|| spread.next_piece(&self.geometry, &to.pieces, theirs))?;
        if spread.is_second_copy(piece) && window.is_busy {
            return None;
        }
        window.fill();
        Some((id, piece))
    }

    /// Notes that a piece is shown to a peer that has `theirs`; gives the piece that has to be shown together with it.
    ///
    /// libtorrent hangs up on whom a `have` makes a seed while it wants nothing of it ("uninteresting upload-only
    /// peer"), even when it wants that very piece. So the last piece comes together with the one before.
    pub(crate) fn show(&mut self, now: Time, id: ConnId, piece: Piece, theirs: &Bitfield) -> Option<Piece> {
        let shown = self.shown.get_mut(&id)?;
        if shown.show(piece, theirs) && !theirs.has(piece) {
            shown.unanswered.push((piece, now));
            if let Some(spread) = &mut self.spread {
                spread.shown(now, id, piece);
            }
        }
        let mut left = self.geometry.pieces().filter(|piece| !shown.pieces.has(*piece));
        if shown.is_all_but_one() { left.next() } else { None }
    }

    /// Unanswered pieces no longer count, and later they are shown to somebody else. When the uplink ran `dry`
    /// meanwhile, more is shown ahead.
    pub(crate) fn expire(&mut self, now: Time, dry: bool, conns: &Connections) {
        let Self { shown, spread: Some(spread), .. } = self else { return };
        spread.expire(now, |id| patience(shown, conns, id));
        for shown in shown.values_mut() {
            shown.expire(now);
        }
        if dry {
            spread.widened = Window::widen(spread.widened);
        }
    }

    /// When something is forgotten, or shown, next.
    pub(crate) fn next_timeout(&self, conns: &Connections) -> Option<Time> {
        let spread = self.spread.as_ref()?;
        let expiries =
            self.shown.values().flat_map(|shown| shown.unanswered.iter().map(|(_, at)| shown.expiry(*at)));
        let next = spread.next_expiry(|id| patience(&self.shown, conns, id));
        expiries.chain(next).chain(self.next_of_everything(conns)).min()
    }

    /// The peers that pieces are shown to one by one, and that could ask for them.
    fn audience<'a>(
        &'a self,
        conns: &'a Connections,
    ) -> impl Iterator<Item = (ConnId, &'a Connection, &'a Shown)> {
        let found = self.shown.iter().filter_map(|(id, shown)| Some((*id, conns.get(id)?, shown)));
        found.filter(|(_, conn, shown)| shown.next_part.is_none() && !conn.is_upload_only())
    }

    /// A wish to grant: of the peers that have some, that of the one with the least on its way.
    fn next_wish(&mut self, now: Time, each: usize, conns: &Connections) -> Option<(ConnId, Piece)> {
        let spread = self.spread.as_ref()?;
        let wish = |(id, conn, shown): (ConnId, &Connection, &Shown)| {
            let fits = |piece| !shown.pieces.has(piece) && !conn.holdings.has(piece);
            Some((id, spread.next_wish(now, &shown.wishes, fits)?, shown.unanswered.len()))
        };
        let able = |(_, conn, shown): &(ConnId, &Connection, &Shown)| {
            !shown.wishes.is_empty() && !conn.upload.am_choking && shown.unanswered.len() < each
        };
        let wishes = self.audience(conns).filter(able).filter_map(wish);
        let (id, piece, _) = wishes.min_by_key(|(.., unanswered)| *unanswered)?;
        Some((id, piece))
    }

    /// A piece that nobody was shown and that somebody reads soon, who may ask for something.
    fn next_ahead(&self, conns: &Connections) -> Option<Piece> {
        let readers = self.audience(conns).filter(|(_, conn, _)| !conn.upload.am_choking);
        let wishes = readers.flat_map(|(.., shown)| &shown.wishes).map(|(piece, _)| *piece);
        self.spread.as_ref()?.next_ahead(wishes)
    }

    /// The peer to show a piece to: the one with the fewest pieces that only it has or is about to get.
    fn next_peer(&self, each: usize, conns: &Connections) -> Option<ConnId> {
        let awaited = self.spread.as_ref()?.awaited();
        let most = MAX_AWAITED.max(MAX_AWAITED_BYTES / self.bytes_of_a_piece()) as usize;
        self.audience(conns)
            .filter(|(_, conn, shown)| {
                let most = if conn.upload.peer_interested { each } else { MAX_UNINTERESTED };
                !conn.upload.am_choking && shown.unanswered.len() < most && !shown.pieces.is_all()
            })
            .filter(|(id, ..)| awaited.get(id).is_none_or(|awaited| *awaited < most))
            .min_by_key(|(id, conn, shown)| {
                let coming = awaited.get(id).copied().unwrap_or_default().max(shown.unanswered.len());
                (!conn.remote.near, shown.sole as usize + coming, conn.holdings.pieces.count())
            })
            .map(|(id, ..)| id)
    }

    /// On average, for pieces may be mostly padding.
    fn bytes_of_a_piece(&self) -> f64 {
        self.geometry.payload() as f64 / f64::from(self.geometry.piece_count().max(1))
    }
}

/// How long a piece that a peer was shown waits for it.
fn patience(shown: &BTreeMap<ConnId, Shown>, conns: &Connections, id: ConnId) -> Duration {
    let asks = |conn: &Connection| conn.upload.peer_interested && !conn.upload.am_choking;
    shown.get(&id).map_or(Duration::ZERO, |shown| shown.patience(conns.get(&id).is_some_and(asks)))
}
