//! Numbers as databases keep them: signed, of 64 bits.

use peerpool_access::Moment;

/// A number that is too large counts as the largest.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Seconds since 1970.
pub(super) fn seconds(moment: Moment) -> i64 {
    signed(moment.0)
}
