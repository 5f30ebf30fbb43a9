//! What one peer wants to know besides pieces: hashes (BEP 52) and metadata (BEP 9).

use std::collections::VecDeque;

use peerpool_wire::{message::HashRequest, time::Time};

use crate::bucket::{Allowance, Bucket};

/// Questions of one peer that wait for their answers.
const MAX_WAITING: usize = 16;
/// Bytes of answers for one peer, and a second.
const EACH: Allowance = Allowance { burst: 1e6, rate: 4e6 };
/// Messages that are turned down, whoever sends more of them attacks. A client that is choked may have 2,000 on the
/// way.
const REFUSALS: Allowance = Allowance { burst: 5000.0, rate: 250.0 };
/// Extension handshakes: BEP 10 allows to send it again.
const HANDSHAKES: Allowance = Allowance { burst: 16.0, rate: 0.1 };

/// Something that a peer asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    /// Hashes of a file's tree.
    Hashes(HashRequest),
    /// A piece of the info dictionary.
    Metadata(u32),
}

/// A peer's questions, in order, and how much it may still be told.
#[derive(Debug)]
pub(crate) struct Questions {
    waiting: VecDeque<Question>,
    /// A piece is being read for it.
    pub(crate) reading: bool,
    answers: Bucket,
    refusals: Bucket,
    handshakes: Bucket,
}

impl Questions {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            waiting: VecDeque::new(),
            reading: false,
            answers: Bucket::full(EACH, now),
            refusals: Bucket::full(REFUSALS, now),
            handshakes: Bucket::full(HANDSHAKES, now),
        }
    }

    /// Queues a question; false when too many wait, or the same one does.
    pub(crate) fn ask(&mut self, question: Question) -> bool {
        let room = self.waiting.len() < MAX_WAITING && !self.waiting.contains(&question);
        if room {
            self.waiting.push_back(question);
        }
        room
    }

    /// The question to answer now, if it may be told that much.
    pub(crate) fn next(&mut self, now: Time) -> Option<Question> {
        if self.answers.left(EACH, now) <= 0.0 {
            return None;
        }
        self.waiting.front().copied()
    }

    /// The first question has been dealt with, by an answer of this many bytes.
    pub(crate) fn answered(&mut self, bytes: usize) {
        self.waiting.pop_front();
        self.answers.spend(bytes);
    }

    /// Whether any waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Something is turned down; false when that has been done too often.
    pub(crate) fn may_refuse(&mut self, now: Time) -> bool {
        self.refusals.take_one(REFUSALS, now)
    }

    /// An extension handshake came; false when too many did.
    pub(crate) fn may_introduce_itself(&mut self, now: Time) -> bool {
        self.handshakes.take_one(HANDSHAKES, now)
    }
}
