//! What we get from a peer.

use std::collections::BTreeSet;

use peerpool_wire::{geometry::Piece, time::Time};

use super::pipeline::Pipeline;

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
            own: Vec::new(),
            snubbed: false,
            received: 0,
        }
    }
}
