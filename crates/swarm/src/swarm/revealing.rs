//! A seed shows what it has piece by piece, so that every piece goes out once before any goes out twice.
//!
//! To a peer that is shown everything, a seed has no say in what is asked for, and ten downloaders ask it for the
//! same rare piece. So a complete peer begins with "have none" and announces a piece when it has room to send it, to
//! one peer, which passes it on (BEP 16 on the wire; the policy is swarm-policy S1 to S6, docs/swarm.md):
//!
//! - reveal while little is queued: what the uplink sends in [`QUEUE`] and two round trips;
//! - reveal to the peer with the fewest pieces that only it has, and that has few unanswered reveals;
//! - first what nobody was shown, in random order, then what the fewest peers have;
//! - a second copy only where the uplink would be idle, while first ones are on their way;
//! - a reveal is answered by a request or a `have`. Unanswered, it counts as queued for two round trips and
//!   [`PATIENCE`], and its piece is shown to somebody else after [`UNASKED`], so that nobody can stall it;
//! - whoever is alone for a while, or answers no reveal, is shown everything (`everything`).

mod everything;

use std::{collections::BTreeMap, time::Duration};

use peerpool_wire::{bitfield::Bitfield, geometry::Piece, message::Message, time::Time};

use super::Swarm;
use crate::{ConnId, Outbox, connection::Connection, picker::Rarity, rate::RoundTrip};

/// Queued bytes may keep the uplink busy for so long, besides two round trips.
const QUEUE: Duration = Duration::from_millis(20);
/// An unanswered reveal counts for two round trips and so long.
const PATIENCE: Duration = Duration::from_millis(30);
/// At least so many bytes are shown ahead, and so many pieces: each goes to somebody else, whose downlink may be busy.
const MIN_SHOWN: f64 = 256.0 * 1024.0;
const MIN_PIECES_SHOWN: f64 = 4.0;
/// The window is widened by a tenth whenever the uplink runs dry, up to this factor.
const WIDEST: f64 = 4.0;
/// What the uplink sends in so many trips is under way, or about to be.
const UNDER_WAY_TRIPS: f64 = 2.0;
/// So many pieces at most that nobody has yet are on their way to one peer, or so many bytes of small ones.
const MAX_AWAITED: f64 = 6.0;
const MAX_AWAITED_BYTES: f64 = 384.0 * 1024.0;
/// A piece that was shown and not asked for after so long is shown to somebody else …
const UNASKED: Duration = Duration::from_millis(1500);
/// … and one that was asked for, and that nobody has after so long.
const UNDER_WAY: Duration = Duration::from_secs(3);

/// What has been shown of the item, seen from the seed.
#[derive(Debug)]
pub(super) struct Reveals {
    /// Pieces that nobody was shown, in random order.
    unshown: Vec<Piece>,
    /// All pieces by how many peers have them.
    spread: Rarity,
    /// Pieces that one peer alone has.
    sole: Vec<Option<ConnId>>,
    /// Pieces that somebody was shown and nobody has yet.
    pending: BTreeMap<Piece, Pending>,
    widened: f64,
}

/// A piece on its way to its first owner.
#[derive(Debug)]
struct Pending {
    to: ConnId,
    /// When it was shown, or asked for.
    at: Time,
    asked: bool,
}

impl Pending {
    /// When it may be shown to somebody else.
    fn expiry(&self) -> Time {
        self.at + if self.asked { UNDER_WAY } else { UNASKED }
    }
}

/// What one peer was shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pieces: Bitfield,
    unanswered: Vec<(Piece, Time)>,
    /// Pieces that only this peer has.
    sole: u32,
    /// From a reveal to the request for it.
    trip: RoundTrip,
    since: Time,
    /// When it last asked for something, or was sent something.
    busy: Time,
    /// Since when it lets reveals pass; nothing once it answers one.
    ignored: Option<Time>,
    /// Everything is being shown to it: when the next part of it is.
    everything: Option<Time>,
}

impl Shown {
    fn settle(&mut self, piece: Piece) -> Option<Time> {
        let nth = self.unanswered.iter().position(|(shown, _)| *shown == piece)?;
        Some(self.unanswered.swap_remove(nth).1)
    }

    /// Whether it was shown anything.
    pub(super) fn is_anything(&self) -> bool {
        self.pieces.count() > 0
    }

    /// Something that it asked for went out.
    pub(super) fn sent(&mut self, now: Time) {
        self.busy = now;
    }

    /// When a reveal is forgotten. While the peer is busy with what it was shown before, it is not.
    fn expiry(&self, at: Time) -> Time {
        at.max(self.busy) + self.trip.get().unwrap_or(Duration::from_millis(50)) * 2 + PATIENCE
    }
}

impl<B> Swarm<B> {
    /// Whether a new connection is shown pieces one by one. There must be two, for [`Swarm::show`] has to end with two.
    pub(super) fn reveals(&self) -> bool {
        let several = self.item.geometry.piece_count() > 1;
        self.config.reveal && self.origin && several && self.picker.have().is_all()
    }

    /// A new connection that was told that we have nothing.
    pub(super) fn begin_revealing(&mut self, now: Time, id: ConnId) {
        let pieces = self.item.geometry.piece_count();
        if self.revealing.is_none() {
            self.revealing = Some(self.new_reveals());
            self.note_present();
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.shown = Some(Shown {
                pieces: Bitfield::none(pieces),
                unanswered: Vec::new(),
                sole: 0,
                trip: RoundTrip::default(),
                since: now,
                busy: now,
                ignored: None,
                everything: None,
            });
        }
    }

    fn new_reveals(&mut self) -> Reveals {
        let mut spread = Rarity::new(self.item.geometry.piece_count());
        for piece in self.item.geometry.pieces() {
            spread.insert(piece, &mut self.rng);
        }
        let unshown = spread.iter(true).filter_map(|index| self.item.geometry.piece(index)).collect();
        Reveals {
            unshown,
            spread,
            sole: vec![None; self.item.geometry.piece_count() as usize],
            pending: BTreeMap::new(),
            widened: 1.0,
        }
    }

    /// Peers that came before, and were shown everything, count too.
    fn note_present(&mut self) {
        let geometry = self.item.geometry.clone();
        let present: Vec<(ConnId, Bitfield)> =
            self.conns.iter().map(|(id, conn)| (*id, conn.theirs.clone())).collect();
        for (id, theirs) in present {
            self.note_pieces(id, theirs.iter().filter_map(|index| geometry.piece(index)));
        }
    }

    /// A peer has these pieces from now on.
    pub(super) fn note_pieces(&mut self, id: ConnId, pieces: impl Iterator<Item = Piece>) {
        let Some(reveals) = &mut self.revealing else { return };
        for piece in pieces {
            reveals.spread.increment(piece, &mut self.rng);
            reveals.pending.remove(&piece);
            let owner = &mut reveals.sole[piece.as_usize()];
            let (before, after) = match (reveals.spread.count(piece), *owner) {
                (1, _) => (None, Some(id)),
                (_, before) => (before, None),
            };
            *owner = after;
            for (owner, change) in [(before, -1), (after, 1)] {
                if let Some(shown) =
                    owner.and_then(|id| self.conns.get_mut(&id)).and_then(|conn| conn.shown.as_mut())
                {
                    shown.sole = shown.sole.saturating_add_signed(change);
                }
            }
            if let Some(shown) = self.conns.get_mut(&id).and_then(|conn| conn.shown.as_mut()) {
                shown.settle(piece);
            }
        }
    }

    /// A peer no longer has a piece.
    pub(super) fn note_loss(&mut self, id: ConnId, piece: Piece) {
        let Some(reveals) = &mut self.revealing else { return };
        reveals.spread.decrement(piece, &mut self.rng);
        let owner = &mut reveals.sole[piece.as_usize()];
        if *owner == Some(id) {
            *owner = None;
        }
    }

    /// A peer with these pieces is gone. With the last downloader, what was shown is forgotten.
    pub(super) fn note_departure(&mut self, id: ConnId, theirs: &Bitfield) {
        let Some(reveals) = &mut self.revealing else { return };
        for piece in theirs.iter().filter_map(|index| self.item.geometry.piece(index)) {
            reveals.spread.decrement(piece, &mut self.rng);
            let owner = &mut reveals.sole[piece.as_usize()];
            if *owner == Some(id) {
                *owner = None;
            }
        }
        reveals.pending.retain(|_, pending| pending.to != id);
        if self.conns.values().all(|conn| conn.shown.is_none()) {
            self.revealing = None;
        }
    }

    /// A request answers a reveal.
    pub(super) fn note_request(&mut self, now: Time, id: ConnId, piece: Piece) {
        let shown = self.conns.get_mut(&id).and_then(|conn| conn.shown.as_mut());
        if let Some(shown) = shown {
            if let Some(at) = shown.settle(piece) {
                shown.trip.measure(now, now.since(at));
                shown.ignored = None;
            }
            shown.busy = now;
        }
        let pending = self.revealing.as_mut().and_then(|reveals| reveals.pending.get_mut(&piece));
        if let Some(pending) = pending.filter(|pending| pending.to == id) {
            (pending.at, pending.asked) = (now, true);
        }
    }

    /// Shows pieces while there is room for them to be asked for.
    pub(super) fn reveal(&mut self, now: Time, out: &mut Outbox<B>) {
        if self.revealing.is_none() {
            return;
        }
        self.show_everything_where_it_is_better(now, out);
        if !self.picker.have().is_all() {
            return;
        }
        let trip = self.longest_trip();
        let seconds = (QUEUE + trip * 2).as_secs_f64();
        let rate = self.up_rate.get(now);
        let downloaders = self.conns.values().filter(|conn| is_shown_to(conn)).count().max(1);
        let piece_bytes = self.bytes_of_a_piece();
        let widened = self.revealing.as_ref().map_or(1.0, |reveals| reveals.widened);
        // What is on its way counts as asked for, until it has arrived.
        let under_way = self.under_way(now) * UNDER_WAY_TRIPS;
        let least = MIN_SHOWN.max(MIN_PIECES_SHOWN * piece_bytes);
        let window = (rate * seconds).max(least) * widened + under_way;
        let each = (128.0 * 1024.0 + rate * 2.0 * trip.as_secs_f64() / downloaders as f64)
            .max(window / downloaders as f64)
            / piece_bytes;
        let each = (each.ceil() as usize).max(2);
        let asked = self.asked_of_us(now);
        let mut queued = asked + self.shown_and_unasked();
        while queued < window {
            let Some(id) = self.next_audience(each) else { break };
            let Some(piece) = self.next_reveal(id) else { break };
            if self.is_second_copy(piece) && asked > rate * QUEUE.as_secs_f64() + under_way {
                break;
            }
            self.show(now, id, piece, out);
            queued += piece_bytes;
        }
    }

    /// On average, for pieces may be mostly padding.
    fn bytes_of_a_piece(&self) -> f64 {
        let geometry = &self.item.geometry;
        geometry.payload() as f64 / f64::from(geometry.piece_count().max(1))
    }

    /// Bytes that wait to be sent, or are on their way.
    fn asked_of_us(&self, now: Time) -> f64 {
        self.moving(now).map(|uploads| uploads.bytes() + uploads.unsent()).sum::<u64>() as f64
    }

    /// Bytes that will soon, going by what was shown.
    fn shown_and_unasked(&self) -> f64 {
        let unanswered: usize = self.shown_conns().map(|shown| shown.unanswered.len()).sum();
        unanswered as f64 * self.bytes_of_a_piece()
    }

    /// Whether somebody has a piece while another is on its way to its first owner.
    fn is_second_copy(&self, piece: Piece) -> bool {
        let reveals = self.revealing.as_ref();
        reveals.is_some_and(|reveals| reveals.spread.count(piece) > 0 && !reveals.pending.is_empty())
    }

    fn shown_conns(&self) -> impl Iterator<Item = &Shown> {
        self.conns.values().filter_map(|conn| conn.shown.as_ref())
    }

    fn longest_trip(&self) -> Duration {
        self.shown_conns().filter_map(|shown| shown.trip.get()).max().unwrap_or_default()
    }

    /// The peer to show a piece to: the one with the fewest pieces that only it has or is about to get.
    fn next_audience(&self, each: usize) -> Option<ConnId> {
        let mut awaited = BTreeMap::<ConnId, usize>::new();
        for pending in self.revealing.iter().flat_map(|reveals| reveals.pending.values()) {
            *awaited.entry(pending.to).or_default() += 1;
        }
        let most = MAX_AWAITED.max(MAX_AWAITED_BYTES / self.bytes_of_a_piece()) as usize;
        self.conns
            .iter()
            .filter(|(_, conn)| is_shown_to(conn) && !conn.choking)
            .filter_map(|(id, conn)| Some((*id, conn, conn.shown.as_ref()?)))
            // Who has not said that it wants anything may be paused: it is shown little at a time.
            .filter(|(_, conn, shown)| shown.unanswered.len() < if conn.wants { each } else { 2 })
            .filter(|(_, _, shown)| !shown.pieces.is_all())
            .filter(|(id, _, _)| awaited.get(id).is_none_or(|awaited| *awaited < most))
            .min_by_key(|(id, conn, shown)| {
                let coming = awaited.get(id).copied().unwrap_or_default().max(shown.unanswered.len());
                (shown.sole as usize + coming, conn.theirs.count())
            })
            .map(|(id, _, _)| id)
    }

    /// The piece to show it: one that nobody was shown, else the one that the fewest peers have.
    fn next_reveal(&mut self, id: ConnId) -> Option<Piece> {
        let conn = self.conns.get(&id)?;
        let shown = conn.shown.as_ref()?;
        let reveals = self.revealing.as_mut()?;
        while let Some(piece) = reveals.unshown.pop() {
            if reveals.spread.count(piece) == 0 {
                return Some(piece);
            }
        }
        let mut rarest = reveals.spread.iter(true).filter_map(|index| self.item.geometry.piece(index));
        // What somebody is about to fetch is not shown to a second one.
        let fits = |piece: &Piece| {
            !shown.pieces.has(*piece) && !conn.theirs.has(*piece) && !reveals.pending.contains_key(piece)
        };
        rarest.find(fits)
    }

    fn show(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let Some(shown) = conn.shown.as_mut() else { return };
        if !shown.is_anything() {
            // From now on it can say that it wants something.
            conn.slot.asked(now);
        }
        if shown.pieces.set(piece) && !conn.theirs.has(piece) {
            shown.unanswered.push((piece, now));
            if let Some(reveals) = self.revealing.as_mut()
                && reveals.spread.count(piece) == 0
            {
                reveals.pending.insert(piece, Pending { to: id, at: now, asked: false });
            }
        }
        conn.spoken = now;
        out.send(id, Message::Have(piece.index()));
        // libtorrent hangs up on whom a `have` makes a seed while it wants nothing of it ("uninteresting upload-only
        // peer"), even when it wants that very piece. So the last piece comes together with the one before.
        if shown.pieces.count() + 1 == shown.pieces.len() {
            let last = self.item.geometry.pieces().find(|piece| !shown.pieces.has(*piece));
            if let Some(last) = last {
                self.show(now, id, last, out);
            }
        }
    }

    /// Reveals that nobody answered no longer count, and later their pieces are shown to somebody else; when the uplink
    /// ran dry meanwhile, more is shown ahead.
    pub(super) fn expire_reveals(&mut self, now: Time) {
        let dry = self.serving.is_empty() && self.unsent(now) == 0;
        let Some(reveals) = self.revealing.as_mut() else { return };
        reveals.pending.retain(|_, pending| now < pending.expiry());
        for shown in self.conns.values_mut().filter_map(|conn| conn.shown.as_mut()) {
            let before = shown.unanswered.len();
            let mut unanswered = std::mem::take(&mut shown.unanswered);
            unanswered.retain(|(_, at)| now < shown.expiry(*at));
            if unanswered.len() < before {
                shown.ignored.get_or_insert(now);
            }
            shown.unanswered = unanswered;
        }
        if dry {
            reveals.widened = (reveals.widened * 1.1).min(WIDEST);
        }
    }

    /// When the next unanswered reveal is forgotten.
    pub(super) fn next_reveal_expiry(&self) -> Option<Time> {
        let reveals = self.revealing.as_ref()?;
        let unanswered = self
            .shown_conns()
            .flat_map(|shown| shown.unanswered.iter().map(move |(_, at)| shown.expiry(*at)));
        let pending = reveals.pending.values().map(Pending::expiry);
        unanswered.chain(pending).chain(self.next_showing_of_everything()).min()
    }
}

/// Whether pieces are shown to a peer one by one: one that could ask for them.
fn is_shown_to(conn: &Connection) -> bool {
    conn.shown.as_ref().is_some_and(|shown| shown.everything.is_none()) && !conn.is_upload_only()
}
