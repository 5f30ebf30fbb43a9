//! How much is shown ahead.

use std::time::Duration;

/// How long the queue may keep the uplink busy, besides two round trips.
const QUEUE: Duration = Duration::from_millis(20);
/// The least that is shown ahead, in bytes and in pieces: each goes to somebody else, whose downlink may be busy.
const MIN_SHOWN: f64 = 256.0 * 1024.0;
const MIN_PIECES_SHOWN: f64 = 4.0;
/// What the uplink sends in this many trips is under way, or about to be.
const UNDER_WAY_TRIPS: f64 = 2.0;
/// The least that is shown to each peer ahead, in bytes.
const MIN_EACH: f64 = 128.0 * 1024.0;
/// The window is widened by a tenth whenever the uplink runs dry, up to this factor.
const WIDENING: f64 = 1.1;
const WIDEST: f64 = 4.0;

/// The uplink, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uplink {
    /// Bytes a second.
    pub(crate) rate: f64,
    /// Bytes that the links to all peers carry in their round trips.
    pub(crate) under_way: f64,
    /// Bytes that wait to be sent, or are on their way.
    pub(crate) asked: f64,
}

/// The peers that pieces are shown to.
pub(super) struct Audience {
    pub(super) peers: usize,
    /// The longest time from showing a piece to the request for it.
    pub(super) trip: Duration,
    /// Pieces shown and not asked for.
    pub(super) unanswered: usize,
}

/// Room for pieces to be asked for.
#[derive(Debug)]
pub(crate) struct Window {
    /// Bytes that may be queued: what is on its way counts as asked for, until it has arrived.
    size: f64,
    queued: f64,
    piece_bytes: f64,
    /// Most unanswered pieces of one peer.
    pub(super) each: usize,
    /// Whether what was asked for keeps the uplink busy.
    pub(super) is_busy: bool,
}

impl Window {
    pub(super) fn new(uplink: Uplink, audience: &Audience, piece_bytes: f64, widened: f64) -> Self {
        let seconds = (QUEUE + audience.trip * 2).as_secs_f64();
        let peers = audience.peers.max(1) as f64;
        let under_way = uplink.under_way * UNDER_WAY_TRIPS;
        let least = MIN_SHOWN.max(MIN_PIECES_SHOWN * piece_bytes);
        let size = (uplink.rate * seconds).max(least) * widened + under_way;
        let each = (MIN_EACH + uplink.rate * 2.0 * audience.trip.as_secs_f64() / peers).max(size / peers);
        Self {
            size,
            queued: uplink.asked + audience.unanswered as f64 * piece_bytes,
            piece_bytes,
            each: ((each / piece_bytes).ceil() as usize).max(2),
            is_busy: uplink.asked > uplink.rate * QUEUE.as_secs_f64() + under_way,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.queued < self.size
    }

    /// A piece is shown.
    pub(super) fn fill(&mut self) {
        self.queued += self.piece_bytes;
    }

    /// The next factor, when the uplink ran dry with this one.
    pub(super) fn widen(widened: f64) -> f64 {
        (widened * WIDENING).min(WIDEST)
    }
}
