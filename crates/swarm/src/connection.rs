//! What is known of one connection.

mod allowance;
mod download;
mod holdings;
mod pipeline;
mod questions;
mod slot;
mod standing;
mod upload;
mod upload_queue;
mod wishes;

use std::collections::BTreeSet;

use peerpool_wire::{
    extension::ExtensionHandshake,
    geometry::{BLOCK, Piece},
    message::HashRequest,
    time::Time,
};

use self::{download::Download, holdings::Holdings, questions::Questions, standing::Standing};
pub(crate) use self::{
    pipeline::FEW,
    questions::Question,
    upload::Upload,
    upload_queue::{MAX_WAITING, UploadQueue},
};
use crate::{ConnId, ConnStats, Remote, Rights};

/// One connection's protocol state (BEP 3, 6, 10).
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) remote: Remote,
    pub(crate) rights: Rights,
    /// Rights that it has or had: what crosses with their end on its way breaks no rule.
    pub(crate) had: Rights,
    /// What it told in its extension handshake.
    pub(crate) extensions: ExtensionHandshake,
    pub(crate) holdings: Holdings,
    pub(crate) download: Download,
    pub(crate) upload: Upload,
    pub(crate) standing: Standing,
    pub(crate) questions: Questions,
    /// Hash requests that it has not answered, whether or not the answer still matters.
    pub(crate) asked_hashes: BTreeSet<HashRequest>,
    pub(crate) last_received: Time,
    pub(crate) last_sent: Time,
}

impl Connection {
    pub(crate) fn new(remote: Remote, pieces: u32, now: Time) -> Self {
        Self {
            rights: remote.rights,
            had: remote.rights,
            remote,
            extensions: ExtensionHandshake::default(),
            holdings: Holdings::new(pieces),
            download: Download::new(now),
            upload: Upload::new(now),
            standing: Standing::new(now),
            questions: Questions::new(now),
            asked_hashes: BTreeSet::new(),
            last_received: now,
            last_sent: now,
        }
    }

    /// Longest request that it answers, in bytes.
    pub(crate) fn max_request(&self) -> u32 {
        self.extensions.max_request.unwrap_or(BLOCK).max(BLOCK)
    }

    /// Most requests that it takes at a time, by its own word (`reqq`, BEP 10), and no more than we would take.
    pub(crate) fn max_requests(&self) -> usize {
        self.extensions.reqq.map_or(250, |requests| requests as usize).clamp(1, MAX_WAITING)
    }

    /// Whether it may be asked for a piece now.
    pub(crate) fn may_ask(&self, piece: Piece) -> bool {
        self.holdings.has(piece)
            && (!self.download.peer_choking || self.download.allowed_fast.contains(&piece))
    }

    /// Whether it will never have anything of us.
    pub(crate) fn takes_nothing(&self) -> bool {
        self.is_upload_only() || !self.rights.give
    }

    /// Whether it will never ask anybody for anything.
    pub(crate) fn is_upload_only(&self) -> bool {
        self.holdings.pieces.is_all() || self.extensions.upload_only
    }

    pub(crate) fn stats(&self, conn: ConnId, now: Time) -> ConnStats {
        ConnStats {
            conn,
            peer_id: self.remote.peer_id,
            addr: self.remote.addr,
            client: self.extensions.client.clone().unwrap_or_default(),
            pieces: self.holdings.pieces.count(),
            received: self.download.received,
            sent: self.upload.sent,
            rate_down: self.download.pipeline.rate.shown(now),
            rate_up: self.upload.queue.rate.shown(now),
            outstanding: self.download.pipeline.bytes(),
            interesting: self.holdings.needed > 0,
            am_choking: self.upload.am_choking,
            peer_choking: self.download.peer_choking,
        }
    }
}
