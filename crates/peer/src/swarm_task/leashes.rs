//! What the guard says of a swarm's connections while they stand.

use std::collections::BTreeMap;

use peerpool_access::guard::ConnectionId;
use peerpool_swarm::{ConnId, Input};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{Incoming, task::SwarmTask};
use crate::credentials::{Leash, Tug};

/// Listens for each connection; in an open pool there are none to listen for.
#[derive(Debug)]
pub(super) struct Leashes {
    of: BTreeMap<ConnId, (ConnectionId, AbortOnDropHandle<()>)>,
    incoming: mpsc::Sender<Incoming>,
}

impl Leashes {
    pub(super) fn new(incoming: mpsc::Sender<Incoming>) -> Self {
        Self { of: BTreeMap::new(), incoming }
    }

    /// Hears what is said of a connection from now on.
    pub(super) fn follow(&mut self, conn: ConnId, mut leash: Leash) {
        let (connection, incoming) = (leash.connection, self.incoming.clone());
        let following = tokio::spawn(async move {
            loop {
                let tug = leash.tugged().await;
                let last = matches!(tug, Tug::Cut);
                if incoming.send(Incoming::Tugged { conn, tug }).await.is_err() || last {
                    return;
                }
            }
        });
        self.of.insert(conn, (connection, AbortOnDropHandle::new(following)));
    }

    /// How the guard calls a connection.
    pub(super) fn name(&self, conn: ConnId) -> Option<ConnectionId> {
        self.of.get(&conn).map(|(connection, _)| *connection)
    }

    /// A connection is gone.
    pub(super) fn forget(&mut self, conn: ConnId) {
        self.of.remove(&conn);
    }
}

impl SwarmTask {
    pub(super) fn handle_tug(&mut self, conn: ConnId, tug: Tug) {
        if !self.connections.has(conn) {
            return;
        }
        match tug {
            Tug::Rights(rights) => self.handle(Input::Rights { conn, rights }),
            Tug::Pass(pass) => self.handle(Input::Pass { conn, pass: pass.to_vec().into() }),
            Tug::Cut => {
                self.connections.cut(conn);
                self.forget(conn);
                self.handle(Input::Disconnected { conn });
            }
        }
    }

    /// Whatever is kept of a connection that is gone.
    pub(super) fn forget(&mut self, conn: ConnId) {
        self.hashes.forget(conn);
        self.leashes.forget(conn);
    }
}
