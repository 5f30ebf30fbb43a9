//! What we give to a peer.

use peerpool_wire::time::Time;

use super::{slot::Slot, upload_queue::UploadQueue, wishes::Wishes};

/// The half of a connection on which it asks.
#[derive(Debug)]
pub(crate) struct Upload {
    /// We do not answer its requests.
    pub(crate) am_choking: bool,
    /// It told us that it wants something.
    pub(crate) peer_interested: bool,
    pub(crate) queue: UploadQueue,
    pub(crate) slot: Slot,
    pub(crate) wishes: Wishes,
    /// Payload bytes.
    pub(crate) sent: u64,
}

impl Upload {
    pub(super) fn new(now: Time) -> Self {
        Self {
            am_choking: true,
            peer_interested: false,
            queue: UploadQueue::default(),
            slot: Slot::new(now),
            wishes: Wishes::default(),
            sent: 0,
        }
    }
}
