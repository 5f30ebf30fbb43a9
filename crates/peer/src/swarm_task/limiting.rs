//! What is fetched may be limited: the swarm asks how much it may ask for, and is answered when its turn comes.

use peerpool_api::Priority;
use peerpool_swarm::{ConnId, Input};
use peerpool_wire::id::{InfoHash, PeerId};
use tokio::sync::mpsc;

use super::{Incoming, task::SwarmTask};
use crate::limits::{Way, Who};

/// Asks on behalf of one swarm. Each connection asks once at a time.
#[derive(Debug)]
pub(super) struct Limiting {
    item: InfoHash,
    pub(super) priority: Priority,
    pub(super) way: Way,
    incoming: mpsc::Sender<Incoming>,
}

impl Limiting {
    pub(super) fn new(item: InfoHash, way: Way, incoming: mpsc::Sender<Incoming>) -> Self {
        Self { item, priority: Priority::Normal, way, incoming }
    }

    fn ask(&self, conn: ConnId, peer: PeerId, bytes: u32) {
        let (who, way, incoming) =
            (Who { item: self.item, peer, priority: self.priority }, self.way.clone(), self.incoming.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = way.leave(who, bytes) => drop(incoming.send(Incoming::Allowance { conn, bytes }).await),
                // What a swarm that has ended asked for is left to others.
                () = incoming.closed() => {}
            }
        });
    }
}

impl SwarmTask {
    /// Limits may be others from now on.
    pub(super) fn heed_limits(&mut self) {
        self.handle(Input::Limited(self.limiting.way.is_limited()));
    }

    pub(super) fn ask_allowance(&self, conn: ConnId, bytes: u32) {
        if let Some(remote) = self.connections.remote(conn) {
            self.limiting.ask(conn, remote.peer_id, bytes);
        }
    }
}
