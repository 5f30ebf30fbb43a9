//! Whose questions are answered next, and how much of that there may be.

use std::collections::VecDeque;

use peerpool_wire::time::Time;

use crate::{
    ConnId,
    bucket::{Allowance, Bucket},
};

/// Pieces being read for their block hashes at a time.
const MAX_READING: usize = 2;
/// Bytes of answers for all peers, and a second.
const ALL: Allowance = Allowance { burst: 4e6, rate: 16e6 };

/// The turns of those that ask, and what all of them share.
#[derive(Debug)]
pub(crate) struct Answers {
    turns: VecDeque<ConnId>,
    /// Pieces being read.
    reading: usize,
    budget: Bucket,
}

impl Answers {
    pub(crate) fn new(now: Time) -> Self {
        Self { turns: VecDeque::new(), reading: 0, budget: Bucket::full(ALL, now) }
    }

    /// A connection has asked something.
    pub(crate) fn ask(&mut self, id: ConnId) {
        if !self.turns.contains(&id) {
            self.turns.push_back(id);
        }
    }

    /// Number of connections that wait.
    pub(crate) fn len(&self) -> usize {
        self.turns.len()
    }

    /// Whether all together may be told more.
    pub(crate) fn may_answer(&mut self, now: Time) -> bool {
        self.budget.left(ALL, now) > 0.0
    }

    /// Takes the connection whose turn it is.
    pub(crate) fn next(&mut self) -> Option<ConnId> {
        self.turns.pop_front()
    }

    /// An answer of this many bytes was given.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.budget.spend(bytes);
    }

    /// Begins to read a piece; false when enough are being read.
    pub(crate) fn begin_reading(&mut self) -> bool {
        let may = self.reading < MAX_READING;
        self.reading += usize::from(may);
        may
    }

    /// A piece has been read, or is of no interest any more.
    pub(crate) fn end_reading(&mut self) {
        self.reading = self.reading.saturating_sub(1);
    }
}
