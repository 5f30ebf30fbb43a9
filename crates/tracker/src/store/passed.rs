//! What passed between members, as it is kept.

use peerpool_access::MemberId;
use peerpool_wire::id::InfoHash;

/// No sum is higher, whatever is told.
const HIGHEST: u64 = 1 << 62;

/// What passed of an item from one member to another in a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    /// When the day began, in seconds since 1970, in UTC.
    pub(crate) day: u64,
    pub(crate) item: InfoHash,
    pub(crate) giver: MemberId,
    pub(crate) taker: MemberId,
    /// The id of the announce key by which a stock client of the taker took it; such a client tells nothing.
    pub(crate) stock: Option<String>,
    /// Payload bytes, as the giver tells.
    pub(crate) given: u64,
    /// The same, as the taker tells.
    pub(crate) taken: u64,
    /// When it was told last, in seconds since 1970.
    pub(crate) last: u64,
}

impl Passed {
    /// Whether both are parts of one sum.
    pub(super) fn belongs_to(&self, other: &Self) -> bool {
        let of = |passed: &Self| (passed.day, passed.item, passed.giver, passed.taker);
        of(self) == of(other) && self.stock == other.stock
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.given = self.given.saturating_add(more.given).min(HIGHEST);
        self.taken = self.taken.saturating_add(more.taken).min(HIGHEST);
        self.last = self.last.max(more.last);
    }
}
