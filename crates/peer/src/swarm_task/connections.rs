//! The open connections of a swarm.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use peerpool_swarm::{ConnId, ConnStats, Remote};
use tokio::sync::watch;

use crate::{
    connection::{Connection, Shared, Write},
    item_data::ItemData,
    transport::Stream,
};

/// Owns the connections; dropped, it closes all of them.
pub(super) struct Connections {
    open: BTreeMap<ConnId, (Connection, Remote)>,
    next: u32,
    /// Found broken when something was to be written.
    broken: Vec<ConnId>,
    shared: Shared,
    /// Where they read the item from.
    item_data: watch::Sender<ItemData>,
}

impl Connections {
    /// None is open yet; `item_data` is what `shared` watches.
    pub(super) fn new(shared: Shared, item_data: watch::Sender<ItemData>) -> Self {
        Self { open: BTreeMap::new(), next: 0, broken: Vec::new(), shared, item_data }
    }

    /// Runs a connection whose handshakes are done.
    pub(super) fn open(&mut self, stream: Stream, remote: Remote) -> ConnId {
        let conn = ConnId(self.next);
        self.next = self.next.wrapping_add(1);
        let connection = Connection::open(conn, remote.peer_id, stream, &self.shared);
        self.open.insert(conn, (connection, remote));
        conn
    }

    /// Closes a connection, after what was written before; `None` when it is gone already.
    pub(super) fn close(&mut self, conn: ConnId) -> Option<Remote> {
        self.open.remove(&conn).map(|(_, remote)| remote)
    }

    /// Closes a connection, and drops what was not sent.
    pub(super) fn cut(&mut self, conn: ConnId) {
        if let Some((connection, _)) = self.open.remove(&conn) {
            connection.cut();
        }
    }

    pub(super) fn close_all(&mut self) {
        self.open.clear();
        self.shared.writers.close();
    }

    /// Waits, after all were closed, until they have told what arrived.
    pub(super) fn have_told(&self) -> impl Future<Output = ()> + use<> {
        let writers = self.shared.writers.clone();
        async move { writers.wait().await }
    }

    /// Queues something to be written. A connection that takes no more is broken.
    pub(super) fn write(&mut self, conn: ConnId, write: Write) {
        if let Some((connection, _)) = self.open.get(&conn)
            && !connection.write(write)
        {
            self.broken.push(conn);
        }
    }

    /// One of those that were found broken.
    pub(super) fn take_broken(&mut self) -> Option<ConnId> {
        self.broken.pop()
    }

    /// A question, whose answer may have had so many bytes, was handled.
    pub(super) fn handled(&self, conn: ConnId, bytes: usize) {
        if let Some((connection, _)) = self.open.get(&conn) {
            connection.handled(bytes);
        }
    }

    /// Notes which connections move something: those keep their slots.
    pub(super) fn note_moved(&self, stats: &[ConnStats]) {
        for stats in stats {
            if let Some((connection, _)) = self.open.get(&stats.conn) {
                connection.note_moved(stats.received + stats.sent);
            }
        }
    }

    pub(super) fn has(&self, conn: ConnId) -> bool {
        self.open.contains_key(&conn)
    }

    pub(super) fn remote(&self, conn: ConnId) -> Option<&Remote> {
        self.open.get(&conn).map(|(_, remote)| remote)
    }

    pub(super) fn is_connected_to(&self, addr: SocketAddr) -> bool {
        self.open.values().any(|(_, remote)| remote.addr == addr)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Payload bytes that sockets took, over all connections.
    pub(super) fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Relaxed)
    }

    /// Where blocks are read from now.
    pub(super) fn item_data(&self) -> ItemData {
        self.item_data.borrow().clone()
    }

    /// Has blocks read from the repository from now on.
    pub(super) fn serve_from(&self, item: Arc<peerpool_repository::SharedItem>) {
        self.item_data.send_replace(ItemData::Shared(item));
    }
}
