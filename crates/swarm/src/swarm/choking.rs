//! Who is served: a bounded number of upload slots (swarm-policy U1).

use std::{cmp::Reverse, time::Duration};

use peerpool_wire::{message::Message, time::Time};

use super::Swarm;
use crate::{ConnId, Outbox, connection::Connection};

/// A slot is kept for at least so long, so that pieces are finished.
pub(super) const ROUND: Duration = Duration::from_secs(10);

impl<B> Swarm<B> {
    /// A peer wants something of us, or no longer does.
    pub(super) fn wants_us(&mut self, now: Time, id: ConnId, wants: bool, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut conn.wants, wants) == wants {
            return;
        }
        if conn.choking {
            conn.slot_since = now;
        }
        self.offer_slots(now, out);
    }

    /// Gives free slots to those that have waited longest.
    pub(super) fn offer_slots(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut free =
            self.config.upload_slots.saturating_sub(self.conns.values().filter(|conn| !conn.choking).count());
        // Who will want something is unchoked before it says so, so that its first request comes a round trip
        // earlier; it gives way to those that do want something.
        while let Some((id, wants)) = self.next_to_serve() {
            if free == 0 {
                let idle =
                    self.conns.iter().find(|(_, conn)| !conn.choking && !conn.wants).map(|(id, _)| *id);
                let Some(idle) = idle.filter(|_| wants) else { break };
                self.choke(now, idle, out);
                free += 1;
            }
            self.unchoke(now, id, out);
            free -= 1;
        }
    }

    fn next_to_serve(&self) -> Option<(ConnId, bool)> {
        self.conns
            .iter()
            .filter(|(_, conn)| conn.choking && !conn.is_upload_only())
            .min_by_key(|(_, conn)| (!conn.wants, conn.slot_since))
            .map(|(id, conn)| (*id, conn.wants))
    }

    /// Once a round, where more want to be served than there are slots: a quarter of the slots changes hands.
    ///
    /// Those that give us nothing, while we need something, give way first (swarm-policy U3); then those that were
    /// served longest.
    pub(super) fn rotate_slots(&mut self, now: Time, out: &mut Outbox<B>) {
        let waiting = self.conns.values().filter(|conn| conn.wants && conn.choking).count();
        let leaving = waiting.min(self.config.upload_slots.div_ceil(4));
        let need = !self.is_complete();
        let given = |conn: &Connection| {
            if need { conn.pipeline.rate.peek(now) as u64 } else { 0 }
        };
        let mut served: Vec<(u64, Reverse<Duration>, ConnId)> = self
            .conns
            .iter()
            .filter(|(_, conn)| !conn.choking && now.since(conn.slot_since) >= ROUND)
            .map(|(id, conn)| (given(conn), Reverse(now.since(conn.slot_since)), *id))
            .collect();
        served.sort_unstable();
        for (_, _, id) in served.into_iter().take(leaving) {
            self.choke(now, id, out);
        }
        self.offer_slots(now, out);
    }

    fn unchoke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.choking = false;
            conn.slot_since = now;
            conn.spoken = now;
            out.send(id, Message::Unchoke);
        }
    }

    /// Chokes a peer; each request that waits is rejected, where the peer understands that (BEP 6).
    fn choke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id).filter(|conn| !conn.choking) else {
            return;
        };
        conn.choking = true;
        conn.slot_since = now;
        conn.spoken = now;
        out.send(id, Message::Choke);
        for span in conn.uploads.clear() {
            if conn.remote.features.fast {
                out.send(id, Message::Reject(span.into()));
            }
        }
        self.serving.remove(&id);
    }
}
