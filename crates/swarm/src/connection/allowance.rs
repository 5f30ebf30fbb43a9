//! How much a connection may be asked for, while what is fetched is limited.

use peerpool_wire::geometry::BLOCK;

/// Bytes that may be asked for. Requests are what is paced: whoever sends is held up by having nothing to answer, and
/// its messages come as fast as ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// Below zero while more is outstanding than was allowed.
    left: i64,
    /// The driver was asked for more.
    asked: bool,
}

impl Allowance {
    /// For a connection on which so many bytes are outstanding already.
    pub(crate) fn owing(outstanding: u64) -> Self {
        Self { left: -i64::try_from(outstanding).unwrap_or(i64::MAX), asked: false }
    }

    /// How long a request may be that is to have `length` bytes; `None` when not even one block is allowed.
    pub(crate) fn affordable(&self, length: u32) -> Option<u32> {
        let left = u32::try_from(self.left.max(0)).unwrap_or(u32::MAX);
        let affordable = left.min(length);
        (affordable >= BLOCK).then(|| 1 << affordable.ilog2())
    }

    /// How much the driver is to be asked for, for a request of `length` bytes; `None` while it is asked.
    pub(crate) fn wish(&mut self, length: u32) -> Option<u32> {
        let missing = i64::from(length) - self.left;
        let first = !std::mem::replace(&mut self.asked, true);
        first.then(|| u32::try_from(missing).unwrap_or(u32::MAX))
    }

    /// The driver allows so much.
    pub(crate) fn grant(&mut self, bytes: u32) {
        self.asked = false;
        self.left = self.left.saturating_add(i64::from(bytes));
    }

    /// So much was asked for.
    pub(crate) fn spend(&mut self, bytes: u32) {
        self.left = self.left.saturating_sub(i64::from(bytes));
    }

    /// So much of it will not come.
    pub(crate) fn give_back(&mut self, bytes: u32) {
        self.left = self.left.saturating_add(i64::from(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_asked_once_for_what_is_missing() {
        let mut allowance = Allowance::owing(u64::from(BLOCK));
        assert_eq!(allowance.affordable(BLOCK), None);
        assert_eq!(allowance.wish(BLOCK), Some(2 * BLOCK), "what is outstanding counts");
        assert_eq!(allowance.wish(BLOCK), None);
        allowance.grant(2 * BLOCK);
        assert_eq!(allowance.affordable(4 * BLOCK), Some(BLOCK));
        allowance.spend(BLOCK);
        assert_eq!(allowance.affordable(BLOCK), None);
        assert_eq!(allowance.wish(BLOCK), Some(BLOCK));
    }

    #[test]
    fn what_will_not_come_may_be_asked_for_again() {
        let mut allowance = Allowance::owing(0);
        allowance.grant(3 * BLOCK);
        assert_eq!(allowance.affordable(8 * BLOCK), Some(2 * BLOCK), "a power of two");
        allowance.spend(3 * BLOCK);
        allowance.give_back(2 * BLOCK);
        assert_eq!(allowance.affordable(8 * BLOCK), Some(2 * BLOCK));
    }
}
