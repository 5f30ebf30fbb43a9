//! Connections: which are opened, kept and closed.

use std::{net::SocketAddr, time::Duration};

use peerpool_wire::{geometry::Piece, time::Time};

use super::Swarm;
use crate::{ConnId, Event, Outbox, Output, Reason, Remote, connection::Connection};

/// Connections being opened at a time.
const MOST_CONNECTING: usize = 16;
/// Departed connections remembered.
const MOST_DEPARTED: usize = 64;
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

    /// Whether a connection may stand; another one to the same peer may have to give way.
    fn admit(&mut self, now: Time, remote: &Remote, out: &mut Outbox<B>) -> Result<(), Reason> {
        if remote.peer_id == self.config.peer_id {
            return Err(Reason::Ourselves);
        }
        if self.banned.contains(&remote.peer_id) {
            return Err(Reason::Liar);
        }
        let twin = self.conns.iter().find(|(_, conn)| conn.remote.peer_id == remote.peer_id);
        if let Some((twin, conn)) = twin.map(|(id, conn)| (*id, conn)) {
            // Both sides may have connected at once. Both must close the same connection of the two: the one that
            // the peer with the larger id opened.
            let keep_ours = self.config.peer_id < remote.peer_id;
            if conn.remote.outgoing == remote.outgoing || conn.remote.outgoing == keep_ours {
                return Err(Reason::Duplicate);
            }
            self.disconnect(now, twin, Reason::Duplicate, out);
        }
        if self.conns.len() >= self.config.max_connections {
            return Err(Reason::TooMany);
        }
        Ok(())
    }

    fn refused(&mut self, now: Time, remote: &Remote, reason: &Reason) {
        match reason {
            Reason::Ourselves | Reason::Liar => self.candidates.forget(remote.addr),
            _ => self.candidates.disconnected(now, remote.addr, LATER),
        }
    }

    pub(super) fn handle_connect_failed(&mut self, now: Time, addr: SocketAddr, out: &mut Outbox<B>) {
        self.connecting.remove(&addr);
        self.candidates.failed(now, addr);
        self.open_connections(now, out);
    }

    pub(super) fn handle_candidates(&mut self, now: Time, addrs: Vec<SocketAddr>, out: &mut Outbox<B>) {
        for addr in addrs {
            self.candidates.add(addr);
        }
        self.open_connections(now, out);
    }

    /// Opens connections up to the wanted number, as long as something is missing.
    pub(super) fn open_connections(&mut self, now: Time, out: &mut Outbox<B>) {
        while self.wants_connections() {
            let Some(addr) = self.candidates.take(now) else {
                break;
            };
            let connected = |conn: &Connection| conn.remote.outgoing && conn.remote.addr == addr;
            // An address that was forgotten, and told of again, may still be tried.
            if !self.conns.values().any(connected) && self.connecting.insert(addr) {
                out.push(Output::Connect { addr });
            }
        }
        self.timers.wake(now);
    }

    pub(super) fn wants_connections(&self) -> bool {
        let under_way = self.connecting.len();
        let wanted = self.config.wanted_connections.min(self.config.max_connections);
        !self.paused
            && !self.is_complete()
            && under_way < MOST_CONNECTING
            && self.conns.len() + under_way < wanted
    }

    /// When the next candidate may be tried, or more are looked for, if one is wanted.
    pub(super) fn next_candidate(&self) -> Option<Time> {
        let search = self.search.due();
        self.wants_connections().then(|| self.candidates.next_due().map_or(search, |due| due.min(search)))
    }

    /// A peer that came last knows only those that came before, and few know it: with fewer neighbours than others it
    /// would be the last to finish. So who has fewer than wanted looks for more, more rarely each time.
    pub(super) fn find_candidates(&mut self, now: Time, out: &mut Outbox<B>) {
        if self.wants_connections() && now >= self.search.due() {
            self.search.begin(now);
            out.push(Output::FindCandidates);
        }
    }

    /// Closes a connection and forgets it.
    pub(super) fn disconnect(&mut self, now: Time, id: ConnId, reason: Reason, out: &mut Outbox<B>) {
        let Some(remote) = self.conns.get(&id).map(|conn| conn.remote.clone()) else {
            return;
        };
        out.push(Output::Disconnect { conn: id, reason: reason.clone() });
        self.remove_connection(now, id, out);
        match reason {
            Reason::Protocol(_) | Reason::Liar | Reason::Ourselves => self.candidates.forget(remote.addr),
            _ => self.candidates.disconnected(now, remote.addr, LATER),
        }
    }

    /// Forgets a connection that is gone: what it was asked for is asked for elsewhere.
    pub(super) fn remove_connection(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(mut conn) = self.conns.remove(&id) else {
            return;
        };
        for asked in conn.pipeline.clear().filter(|asked| !asked.given_up) {
            self.picker.release(asked.span);
        }
        self.picker.disown_all(id, &mut self.rng);
        self.picker.remove_peer(&conn.theirs, &mut self.rng);
        self.note_departure(id, &conn.theirs);
        self.starved.remove(&id);
        self.serving.remove(&id);
        self.candidates.disconnected(now, conn.remote.addr, RECONNECT);
        self.search.lost_one();
        if conn.received > 0 {
            self.departed.push_back((id, conn.remote));
            if self.departed.len() > MOST_DEPARTED {
                self.departed.pop_front();
            }
        }
        self.count_sources();
        self.feed_starved(now, out);
        self.offer_slots(now, out);
        self.serve(now, out);
        self.reveal(now, out);
        self.open_connections(now, out);
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

    /// Bans a peer that sent wrong data, from this swarm.
    pub(super) fn ban(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let departed = || self.departed.iter().find(|(gone, _)| *gone == id).map(|(_, remote)| remote);
        let Some(remote) = self.conns.get(&id).map(|conn| &conn.remote).or_else(departed).cloned() else {
            return;
        };
        if self.banned.insert(remote.peer_id) {
            out.event(Event::Liar { peer_id: remote.peer_id, addr: remote.addr, piece });
        }
        self.candidates.forget(remote.addr);
        self.disconnect(now, id, Reason::Liar, out);
    }
}
