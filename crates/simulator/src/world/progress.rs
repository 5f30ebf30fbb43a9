//! Who has what by now.

use std::collections::BTreeSet;

use peerpool_wire::{geometry::Piece, time::Time};

use crate::mail::PeerNo;

/// How far the downloading peers have come.
#[derive(Debug)]
pub(super) struct Progress {
    /// For each piece, how many downloading peers have completed it.
    copies: Vec<u32>,
    /// Pieces that no downloading peer has.
    unshared: usize,
    /// Honest downloading peers that do not have everything yet.
    pub(super) waiting: usize,
    /// Peers that have been seen to have everything.
    finished: BTreeSet<PeerNo>,
    /// When anybody came further last.
    pub(super) last: Time,
    /// When one copy of everything was out.
    pub(super) one_copy_out: Option<Time>,
}

impl Progress {
    /// None of so many pieces by `waiting` peers.
    pub(super) fn new(pieces: usize, waiting: usize) -> Self {
        Self {
            copies: vec![0; pieces],
            unshared: pieces,
            waiting,
            finished: BTreeSet::new(),
            last: Time::ZERO,
            one_copy_out: None,
        }
    }

    /// A downloading peer has completed these pieces; true when one copy of everything is out with them.
    pub(super) fn add(&mut self, now: Time, pieces: impl Iterator<Item = Piece>) -> bool {
        let mut any = false;
        for piece in pieces {
            any = true;
            let copies = &mut self.copies[piece.as_usize()];
            self.unshared -= usize::from(*copies == 0);
            *copies += 1;
        }
        if any {
            self.last = now;
        }
        let out = any && self.unshared == 0 && self.one_copy_out.is_none();
        if out {
            self.one_copy_out = Some(now);
        }
        out
    }

    /// A peer has everything; true when that is news.
    pub(super) fn finish(&mut self, peer: PeerNo) -> bool {
        self.finished.insert(peer)
    }
}
