//! What we get from a peer.

use std::collections::BTreeSet;

use peerpool_wire::{geometry::Piece, time::Time};

use super::{allowance::Allowance, pipeline::Pipeline};

/// The half of a connection on which we ask.
#[derive(Debug)]
pub(crate) struct Download {
    /// We told it that we want something.
    pub(crate) am_interested: bool,
    /// It does not answer our requests.
    pub(crate) peer_choking: bool,
    pub(crate) peer_choking_since: Time,
    /// Pieces that it answers for while it chokes us (BEP 6).
    pub(crate) allowed_fast: BTreeSet<Piece>,
    pub(crate) pipeline: Pipeline,
    /// There while what is fetched is limited.
    pub(crate) allowance: Option<Allowance>,
    /// Open pieces that it fetches for us.
    pub(crate) own: Vec<Piece>,
    /// It did not answer for long; it gets one request at a time until it does.
    pub(crate) snubbed: bool,
    /// Payload bytes that were of use.
    pub(crate) received: u64,
}

impl Download {
    pub(super) fn new(now: Time) -> Self {
        Self {
            am_interested: false,
            peer_choking: true,
            peer_choking_since: now,
            allowed_fast: BTreeSet::new(),
            pipeline: Pipeline::default(),
            allowance: None,
            own: Vec::new(),
            snubbed: false,
            received: 0,
        }
    }

    /// What is fetched is limited from now on, or not any more.
    pub(crate) fn set_limited(&mut self, limited: bool) {
        self.allowance = limited.then(|| Allowance::owing(self.pipeline.bytes()));
    }

    /// How long a request may be that is to have `length` bytes; `None` when nothing may be asked for now.
    pub(crate) fn affordable(&self, length: u32) -> Option<u32> {
        self.allowance.as_ref().map_or(Some(length), |allowance| allowance.affordable(length))
    }

    /// So much was asked for.
    pub(crate) fn spend(&mut self, bytes: u32) {
        if let Some(allowance) = &mut self.allowance {
            allowance.spend(bytes);
        }
    }

    /// So much of what was asked for will not come.
    pub(crate) fn give_back(&mut self, bytes: u32) {
        if let Some(allowance) = &mut self.allowance {
            allowance.give_back(bytes);
        }
    }
}
