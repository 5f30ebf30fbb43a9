//! Connections: how they begin and end.

use peerpool_wire::{geometry::Piece, time::Time};

use super::Swarm;
use crate::{ConnId, Event, Outbox, Output, Reason, Remote, connection::Connection};

impl<B> Swarm<B> {
    pub(super) fn handle_connected(&mut self, now: Time, id: ConnId, remote: Remote, out: &mut Outbox<B>) {
        self.neighbours.connected(&remote);
        if let Err(reason) = self.admit(now, &remote, out) {
            self.neighbours.closed(now, &remote, &reason);
            out.push(Output::Disconnect { conn: id, reason });
            return self.set_candidates_timer();
        }
        let mut conn = Connection::new(remote, self.item.geometry.piece_count(), now);
        conn.download.set_limited(self.requests.limited);
        let was_bridge = self.is_bridge();
        self.conns.insert(id, conn);
        self.tell_bridge(now, was_bridge, out);
        self.introduce(now, id, out);
        if self.picker.have().is_all() && self.conns.get(&id).is_some_and(|conn| !conn.rights.give) {
            return self.disconnect(now, id, Reason::NothingToExchange, out);
        }
        self.offer_slots(now, out);
        self.show_pieces(now, out);
        self.keep_watch(now);
        self.set_candidates_timer();
    }

    /// Closes a connection and forgets it; false when there is none.
    pub(super) fn close(&mut self, now: Time, id: ConnId, reason: Reason, out: &mut Outbox<B>) -> bool {
        let Some(remote) = self.conns.get(&id).map(|conn| conn.remote.clone()) else {
            return false;
        };
        out.push(Output::Disconnect { conn: id, reason: reason.clone() });
        self.forget_connection(now, id, out);
        self.neighbours.closed(now, &remote, &reason);
        true
    }

    /// The other end closed a connection.
    pub(super) fn handle_disconnected(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        self.forget_connection(now, id, out);
        self.open_connections(now, out);
    }

    /// Forgets a connection that is gone: what it was asked for is asked for elsewhere.
    fn forget_connection(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let was_bridge = self.is_bridge();
        let Some(mut conn) = self.conns.remove(&id) else {
            return;
        };
        self.tell_bridge(now, was_bridge, out);
        for asked in conn.download.pipeline.clear().filter(|asked| !asked.given_up) {
            self.picker.release(asked.span);
        }
        self.picker.disown_all(id, &mut self.rng);
        self.picker.remove_peer(&conn.holdings.pieces, conn.holdings.whole, &mut self.rng);
        self.stop_reading(now, conn.questions.reading, out);
        self.super_seed.peer_left(id, &conn.holdings.pieces, &mut self.rng);
        self.requests.forget(id);
        self.serving.turns.remove(&id);
        self.neighbours.left(now, id, conn);
        self.count_sources();
        self.feed_starved(now, out);
        self.offer_slots(now, out);
        self.serve(now, out);
        self.show_pieces(now, out);
    }

    /// Closes connections on which nothing will ever flow again.
    pub(super) fn close_idle_pairs(&mut self, now: Time, out: &mut Outbox<B>) {
        if !self.picker.have().is_all() {
            return;
        }
        let useless: Vec<ConnId> =
            self.conns.iter().filter(|(_, conn)| conn.takes_nothing()).map(|(id, _)| *id).collect();
        for id in useless {
            self.disconnect(now, id, Reason::NothingToExchange, out);
        }
    }

    /// Bans where a connection came from that brought wrong data, and closes it.
    pub(super) fn ban(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let connected = self.conns.get(&id).map(|conn| conn.remote.clone());
        let Some(remote) = connected.or_else(|| self.neighbours.recall(id)) else {
            return;
        };
        self.neighbours.ban(now, &remote);
        let Remote { peer_id, addr, outgoing, .. } = remote;
        out.event(Event::Liar { peer_id, addr, outgoing, piece });
        self.disconnect(now, id, Reason::Liar, out);
    }
}
