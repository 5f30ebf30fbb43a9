//! An allowance that fills up again with time.

use peerpool_wire::time::Time;

/// How much may be spent at once, and how much comes back in a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) burst: f64,
    pub(crate) rate: f64,
}

/// What is left of an [`Allowance`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    left: f64,
    at: Time,
}

impl Bucket {
    /// A full one.
    pub(crate) fn full(allowance: Allowance, now: Time) -> Self {
        Self { left: allowance.burst, at: now }
    }

    /// What is left now.
    pub(crate) fn left(&mut self, allowance: Allowance, now: Time) -> f64 {
        let earned = now.since(self.at).as_secs_f64() * allowance.rate;
        self.left = (self.left + earned).min(allowance.burst);
        self.at = self.at.max(now);
        self.left
    }

    /// Spends one; false when nothing is left.
    pub(crate) fn take_one(&mut self, allowance: Allowance, now: Time) -> bool {
        let there = self.left(allowance, now) >= 1.0;
        if there {
            self.left -= 1.0;
        }
        there
    }

    /// Spends so much, and may come to owe some of it.
    pub(crate) fn spend(&mut self, cost: usize) {
        self.left -= cost as f64;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_allowance_comes_back_with_time() {
        let allowance = Allowance { burst: 2.0, rate: 0.5 };
        let mut bucket = Bucket::full(allowance, Time::ZERO);
        let mut take = |millis| bucket.take_one(allowance, Time::ZERO + Duration::from_millis(millis));
        assert_eq!(
            [take(0), take(0), take(0), take(1999), take(2000), take(2001)],
            [true, true, false, false, true, false]
        );
    }
}
