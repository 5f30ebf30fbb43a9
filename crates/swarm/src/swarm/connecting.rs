//! Connections: how they begin and end.

use std::{net::SocketAddr, time::Duration};

use peerpool_wire::{geometry::Piece, time::Time};

use super::Swarm;
use crate::{ConnId, Event, Outbox, Output, Reason, Remote, connection::Connection};

/// Departed connections remembered.
const MAX_DEPARTED: usize = 64;
/// A peer that closed the connection is tried again after so long.
const RECONNECT: Duration = Duration::from_secs(5);
/// A peer that had nothing to exchange is tried again after so long.
const LATER: Duration = Duration::from_secs(60);

impl<B> Swarm<B> {
    pub(super) fn handle_connected(&mut self, now: Time, id: ConnId, remote: Remote, out: &mut Outbox<B>) {
        if remote.outgoing {
            self.connecting.remove(&remote.addr);
            self.candidates.connected(remote.addr);
        }
        if let Err(reason) = self.admit(now, &remote, out) {
            self.refused(now, &remote, &reason);
            out.push(Output::Disconnect { conn: id, reason });
            return;
        }
        let conn = Connection::new(remote, self.item.geometry.piece_count(), now);
        self.conns.insert(id, conn);
        self.introduce(now, id, out);
        self.offer_slots(now, out);
        self.reveal(now, out);
        self.timers.wake(now);
    }

    fn refused(&mut self, now: Time, remote: &Remote, reason: &Reason) {
        match reason {
            Reason::Ourselves => self.candidates.forget(remote.addr),
            // The other connection may turn out to be that of somebody else.
            Reason::Crossed => self.candidates.disconnected(now, remote.addr, RECONNECT),
            _ => self.candidates.disconnected(now, remote.addr, LATER),
        }
    }

    pub(super) fn handle_connect_failed(&mut self, now: Time, addr: SocketAddr, out: &mut Outbox<B>) {
        self.connecting.remove(&addr);
        self.candidates.failed(now, addr);
        self.open_connections(now, out);
    }

    /// Closes a connection and forgets it.
    pub(super) fn disconnect(&mut self, now: Time, id: ConnId, reason: Reason, out: &mut Outbox<B>) {
        let Some(remote) = self.conns.get(&id).map(|conn| conn.remote.clone()) else {
            return;
        };
        let refused = reason.clone();
        self.drop_connection(now, id, reason, out);
        match refused {
            Reason::Protocol(_) => self.candidates.forget(remote.addr),
            Reason::Liar => {
                let left = self.bans.barred(now, remote.addr, true).unwrap_or(LATER);
                self.candidates.disconnected(now, remote.addr, left);
            }
            refused => self.refused(now, &remote, &refused),
        }
        self.open_connections(now, out);
    }

    /// Closes a connection; what becomes of its address is for the caller.
    pub(super) fn drop_connection(&mut self, now: Time, id: ConnId, reason: Reason, out: &mut Outbox<B>) {
        out.push(Output::Disconnect { conn: id, reason });
        self.forget_connection(now, id, out);
    }

    /// A connection is gone, whoever closed it.
    pub(super) fn remove_connection(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        self.forget_connection(now, id, out);
        self.open_connections(now, out);
    }

    /// Forgets a connection that is gone: what it was asked for is asked for elsewhere.
    fn forget_connection(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(mut conn) = self.conns.remove(&id) else {
            return;
        };
        for asked in conn.pipeline.clear().filter(|asked| !asked.given_up) {
            self.picker.release(asked.span);
        }
        self.picker.disown_all(id, &mut self.rng);
        self.picker.remove_peer(&conn.theirs, conn.whole, &mut self.rng);
        self.useless -= usize::from(conn.standing.useless);
        self.stop_reading(now, conn.questions.reading, out);
        self.note_departure(id, &conn.theirs);
        self.starved.remove(&id);
        self.serving.remove(&id);
        self.candidates.disconnected(now, conn.remote.addr, RECONNECT);
        self.search.lost_one();
        if conn.received > 0 {
            self.departed.push_back((id, conn.remote));
            if self.departed.len() > MAX_DEPARTED {
                self.departed.pop_front();
            }
        }
        self.count_sources();
        self.feed_starved(now, out);
        self.offer_slots(now, out);
        self.serve(now, out);
        self.reveal(now, out);
    }

    /// Closes connections on which nothing will ever flow again.
    pub(super) fn close_idle_pairs(&mut self, now: Time, out: &mut Outbox<B>) {
        if !self.picker.have().is_all() {
            return;
        }
        let useless: Vec<ConnId> =
            self.conns.iter().filter(|(_, conn)| conn.is_upload_only()).map(|(id, _)| *id).collect();
        for id in useless {
            self.disconnect(now, id, Reason::NothingToExchange, out);
        }
    }

    /// Bans a connection that brought wrong data, and where it came from; what peer id it showed proves nothing.
    pub(super) fn ban(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let departed = || {
            let nth = self.departed.iter().position(|(gone, _)| *gone == id)?;
            self.departed.remove(nth).map(|(_, remote)| remote)
        };
        let Some(remote) = self.conns.get(&id).map(|conn| conn.remote.clone()).or_else(departed) else {
            return;
        };
        self.bans.strike(now, &remote);
        let Remote { peer_id, addr, outgoing, .. } = remote;
        out.event(Event::Liar { peer_id, addr, outgoing, piece });
        self.disconnect(now, id, Reason::Liar, out);
    }
}
