//! What the guard says of a swarm's connections while they stand.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use peerpool_access::guard::ConnectionId;
use peerpool_swarm::{ConnId, Input};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Incoming,
    task::SwarmTask,
    transfers::{Passed, Transfers},
};
use crate::credentials::{Leash, OtherEnd, Tug};

/// Connections that ended lately of which something may still be told.
const MAX_ENDED: usize = 256;

/// Listens for each connection; in an open pool there are none to listen for.
#[derive(Debug)]
pub(super) struct Leashes {
    of: BTreeMap<ConnId, Leashed>,
    /// Whose connections ended lately: what had arrived by then is told afterwards.
    ended: VecDeque<(ConnId, OtherEnd)>,
    pub(super) transfers: Transfers,
    incoming: mpsc::Sender<Incoming>,
}

/// A connection that is listened for.
#[derive(Debug)]
struct Leashed {
    connection: ConnectionId,
    other: OtherEnd,
    _listening: AbortOnDropHandle<()>,
}

impl Leashes {
    pub(super) fn new(incoming: mpsc::Sender<Incoming>) -> Self {
        Self {
            of: BTreeMap::new(),
            ended: VecDeque::new(),
            transfers: Transfers::new(Instant::now()),
            incoming,
        }
    }

    /// Hears what is said of a connection from now on.
    pub(super) fn follow(&mut self, conn: ConnId, mut leash: Leash) {
        let (connection, other, incoming) = (leash.connection, *leash.other, self.incoming.clone());
        let following = tokio::spawn(async move {
            loop {
                let tug = leash.tugged().await;
                let last = matches!(tug, Tug::Cut);
                if incoming.send(Incoming::Tugged { conn, tug }).await.is_err() || last {
                    return;
                }
            }
        });
        let leashed = Leashed { connection, other, _listening: AbortOnDropHandle::new(following) };
        self.of.insert(conn, leashed);
    }

    /// How the guard calls a connection.
    pub(super) fn name(&self, conn: ConnId) -> Option<ConnectionId> {
        self.of.get(&conn).map(|leashed| leashed.connection)
    }

    /// Something passed on a connection.
    pub(super) fn count(&mut self, conn: ConnId, passed: Passed) {
        let ended = || self.ended.iter().rev().find(|(ended, _)| *ended == conn).map(|(_, other)| *other);
        let other = self.of.get(&conn).map(|leashed| leashed.other).or_else(ended);
        if let Some(other) = other {
            self.transfers.count(other, passed);
        }
    }

    /// Whether there is no connection of which something may still be counted.
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty() && self.ended.is_empty()
    }

    /// A connection is gone.
    pub(super) fn forget(&mut self, conn: ConnId) {
        if let Some(leashed) = self.of.remove(&conn) {
            self.ended.push_back((conn, leashed.other));
            if self.ended.len() > MAX_ENDED {
                self.ended.pop_front();
            }
        }
    }
}

impl SwarmTask {
    pub(super) fn handle_tug(&mut self, conn: ConnId, tug: Tug) {
        if !self.connections.has(conn) {
            return;
        }
        match tug {
            Tug::Rights(rights) => self.handle(Input::Rights { conn, rights }),
            Tug::Show(own) => {
                // Whoever does not know the keyset yet needs it to read the pass.
                for statement in own.keyset.iter().chain([&own.pass]) {
                    self.handle(Input::Pass { conn, pass: statement.clone().into() });
                }
            }
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
