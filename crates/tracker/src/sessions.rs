//! The ways out to the connected peers.

use std::collections::HashMap;

use peerpool_catalogue::SessionId;
use peerpool_wire::{
    channel::{Refusal, RequestId, ToPeer},
    id::InfoHash,
};
use tokio::sync::mpsc;

/// Messages that wait for a peer to read. The channel stops reading a peer long before its own questions fill this.
pub(crate) const QUEUE: usize = 1024;

/// Something for a connection to write.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Message(ToPeer),
    /// The item's .torrent file, from the store.
    Metainfo {
        request: RequestId,
        info_hash: InfoHash,
    },
    /// Say why, if there is a reason, and close.
    Close(Option<Refusal>),
}

/// Where to put what a peer is to be sent; the desk owns it.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    queues: HashMap<SessionId, mpsc::Sender<Outgoing>>,
}

impl Sessions {
    pub(crate) fn add(&mut self, session: SessionId, queue: mpsc::Sender<Outgoing>) {
        self.queues.insert(session, queue);
    }

    pub(crate) fn remove(&mut self, session: SessionId) {
        self.queues.remove(&session);
    }

    /// Queues something; false when the peer does not read and is given up.
    pub(crate) fn send(&mut self, session: SessionId, outgoing: Outgoing) -> bool {
        // A session that is gone already is no slow reader.
        let is_stuck = self.queues.get(&session).is_some_and(|queue| queue.try_send(outgoing).is_err());
        if is_stuck {
            self.queues.remove(&session);
        }
        !is_stuck
    }

    /// Ends a session: its queue ends after what is in it.
    pub(crate) fn close(&mut self, session: SessionId, reason: Option<Refusal>) {
        self.send(session, Outgoing::Close(reason));
        self.remove(session);
    }

    /// Ends all sessions.
    pub(crate) fn close_all(&mut self) {
        for (_, queue) in self.queues.drain() {
            // A full queue ends without a word.
            let _ = queue.try_send(Outgoing::Close(Some(Refusal::ShuttingDown)));
        }
    }
}
