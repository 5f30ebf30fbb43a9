//! What is known of one connection.

use std::collections::BTreeSet;

use peerpool_wire::{
    bitfield::Bitfield,
    extension::ExtensionHandshake,
    geometry::{BLOCK, Piece},
    message::HashRequest,
    time::Time,
};

use crate::{
    ConnId, ConnStats, Remote,
    pipeline::Pipeline,
    questions::Questions,
    slot::Slot,
    standing::Standing,
    swarm::Shown,
    uploads::{MAX_WAITING, Uploads},
};

/// One connection's protocol state (BEP 3, 6, 10).
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) remote: Remote,
    /// The pieces that it has announced.
    pub(crate) theirs: Bitfield,
    /// Whether the picker counts it among those that have everything.
    pub(crate) whole: bool,
    /// Whether it lost a piece: it is not counted among them again, for that takes a look at every piece.
    pub(crate) fickle: bool,
    /// Whether it has said which pieces it has, after which it may not say all of it again.
    pub(crate) spoke: bool,
    /// How many pieces it has that we need.
    pub(crate) needed: u32,
    /// We do not answer its requests.
    pub(crate) choking: bool,
    /// It does not answer ours.
    pub(crate) choked: bool,
    /// Since when it does not.
    pub(crate) choked_since: Time,
    /// We told it that we want something.
    pub(crate) interested: bool,
    /// It told us that it wants something.
    pub(crate) wants: bool,
    /// Pieces it answers for while it chokes us (BEP 6).
    pub(crate) allowed_fast: BTreeSet<Piece>,
    /// What it told in its extension handshake.
    pub(crate) extensions: ExtensionHandshake,
    pub(crate) pipeline: Pipeline,
    /// Hash requests that it has not answered, whether or not the answer still matters.
    pub(crate) asked_hashes: BTreeSet<HashRequest>,
    /// Open pieces that it fetches for us.
    pub(crate) own: Vec<Piece>,
    /// It did not answer for long; it gets one request at a time until it does.
    pub(crate) snubbed: bool,
    pub(crate) uploads: Uploads,
    /// What it was shown of what we have; `None`: everything.
    pub(crate) shown: Option<Shown>,
    pub(crate) slot: Slot,
    pub(crate) standing: Standing,
    pub(crate) questions: Questions,
    pub(crate) heard: Time,
    pub(crate) spoken: Time,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Connection {
    pub(crate) fn new(remote: Remote, pieces: u32, now: Time) -> Self {
        Self {
            remote,
            theirs: Bitfield::none(pieces),
            whole: false,
            fickle: false,
            spoke: false,
            needed: 0,
            choking: true,
            choked: true,
            choked_since: now,
            interested: false,
            wants: false,
            allowed_fast: BTreeSet::new(),
            extensions: ExtensionHandshake::default(),
            pipeline: Pipeline::default(),
            asked_hashes: BTreeSet::new(),
            own: Vec::new(),
            snubbed: false,
            uploads: Uploads::default(),
            shown: None,
            slot: Slot::new(now),
            standing: Standing::new(now),
            questions: Questions::new(now),
            heard: now,
            spoken: now,
            received: 0,
            sent: 0,
        }
    }

    /// Longest request that it answers, in bytes.
    pub(crate) fn max_request(&self) -> u32 {
        self.extensions.max_request.unwrap_or(BLOCK).max(BLOCK)
    }

    /// Most requests that it may be asked at a time, by its own word (`reqq`, BEP 10), and not more than we would take.
    pub(crate) fn most_requests(&self) -> usize {
        self.extensions.reqq.map_or(250, |requests| requests as usize).clamp(1, MAX_WAITING)
    }

    /// Whether it may be asked for a piece now.
    pub(crate) fn may_ask(&self, piece: Piece) -> bool {
        self.theirs.has(piece) && (!self.choked || self.allowed_fast.contains(&piece))
    }

    /// Whether it will never ask us for anything.
    pub(crate) fn is_upload_only(&self) -> bool {
        self.theirs.is_all() || self.extensions.upload_only
    }

    pub(crate) fn stats(&self, conn: ConnId, now: Time) -> ConnStats {
        ConnStats {
            conn,
            peer_id: self.remote.peer_id,
            addr: self.remote.addr,
            client: self.extensions.client.clone().unwrap_or_default(),
            pieces: self.theirs.count(),
            received: self.received,
            sent: self.sent,
            rate_down: self.pipeline.rate.shown(now),
            rate_up: self.uploads.rate.shown(now),
            outstanding: self.pipeline.bytes(),
            round_trip: self.pipeline.round_trip.get(),
            unchoked_us: !self.choked,
            interesting: self.needed > 0,
            unchoked: !self.choking,
            interested: self.wants,
        }
    }
}
