//! Whom the swarm serves: it has a bounded number of upload slots.
//!
//! A slot is kept by whoever makes something of it. Who asks for nothing, or does not take what it asked for, gives way
//! as soon as somebody waits, and comes last when it waits again. Who never had a slot comes first: a seed that shows
//! its pieces one by one shows none to whom it chokes, so a newcomer cannot even say that it wants something.

use std::{cmp::Reverse, time::Duration};

use peerpool_wire::{message::Message, time::Time};

use super::Swarm;
use crate::{
    ConnId, Outbox,
    connection::{Connection, Upload},
};

/// A peer keeps its slot for at least this long, so that pieces get finished …
pub(super) const ROUND: Duration = Duration::from_secs(10);
/// … unless it asks for nothing, or takes nothing, for this long …
const IDLE: Duration = Duration::from_secs(3);
/// … or has said for this long that it wants nothing.
const UNWANTED: Duration = Duration::from_secs(1);
/// After this long, a wasted slot is forgiven.
const FORGIVEN: Duration = Duration::from_secs(60);

impl<B> Swarm<B> {
    /// A peer wants something of us, or no longer does.
    pub(super) fn handle_interest(&mut self, now: Time, id: ConnId, interested: bool, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut conn.upload.peer_interested, interested) == interested {
            return;
        }
        if conn.upload.am_choking {
            conn.upload.slot.since = now;
        }
        self.offer_slots(now, out);
        // Somebody may be the only downloader now, or want nothing of what it was shown.
        self.set_super_seed_timer();
    }

    /// Gives slots that are free, or not made use of, to those that wait.
    pub(super) fn offer_slots(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut free = self
            .config
            .upload_slots
            .saturating_sub(self.conns.values().filter(|conn| !conn.upload.am_choking).count());
        // Who will want something is unchoked before it says so, so that its first request comes a round trip
        // earlier; it gives way to those that do want something.
        while let Some(id) = self.next_to_serve(now) {
            if free == 0 {
                let Some(idle) = self.idle_slot(now, id) else {
                    break;
                };
                self.choke(now, idle, out);
                free += 1;
            }
            self.unchoke(now, id, out);
            free -= 1;
        }
    }

    fn next_to_serve(&self, now: Time) -> Option<ConnId> {
        let rank = |id: ConnId, conn: &Connection| {
            let Upload { slot, .. } = &conn.upload;
            (!self.waits(id, conn), wasted(conn, now), slot.had, slot.since)
        };
        self.conns
            .iter()
            .filter(|(_, conn)| conn.upload.am_choking && !conn.takes_nothing())
            .min_by_key(|(id, conn)| rank(**id, conn))
            .map(|(id, _)| *id)
    }

    /// A slot that gives way to `waiting`: of those that are made no use of, the one for the longest time.
    fn idle_slot(&self, now: Time, waiting: ConnId) -> Option<ConnId> {
        let next = self.conns.get(&waiting).filter(|conn| self.waits(waiting, conn))?;
        let unwanted = |id: ConnId, conn: &Connection| {
            next.upload.peer_interested
                && !conn.upload.peer_interested
                && !self.super_seed.hides_from(id)
                && conn.upload.slot.still(now) >= UNWANTED
                && wasted(next, now) == 0
        };
        // Nobody gives way to somebody who is no better.
        let idle = |conn: &Connection| is_idle(conn, now) && wasted(conn, now) + 1 > wasted(next, now);
        self.conns
            .iter()
            .filter(|(id, conn)| !conn.upload.am_choking && (idle(conn) || unwanted(**id, conn)))
            .max_by_key(|(_, conn)| (idle(conn), !conn.upload.peer_interested, conn.upload.slot.still(now)))
            .map(|(id, _)| *id)
    }

    /// Whether a choked peer would make use of a slot: it wants something, or has been shown nothing yet.
    fn waits(&self, id: ConnId, conn: &Connection) -> bool {
        conn.upload.peer_interested || (!conn.upload.slot.had && self.super_seed.shows_to(id))
    }

    /// Once a round, where more want to be served than there are slots: a quarter of the slots changes hands.
    ///
    /// Those that make no use of it, and then those that give us nothing, while we need something, give way first;
    /// then those that take the least; then those that were served longest.
    pub(super) fn rotate_slots(&mut self, now: Time, out: &mut Outbox<B>) {
        let in_line = |id: ConnId, conn: &Connection| {
            let waits = conn.upload.am_choking && self.waits(id, conn) && wasted(conn, now) == 0;
            waits && !conn.takes_nothing()
        };
        let waiting = self.conns.iter().filter(|(id, conn)| in_line(**id, conn)).count();
        let leaving = waiting.min(self.config.upload_slots.div_ceil(4));
        let need = !self.is_complete();
        let given = |conn: &Connection| {
            if need { conn.download.pipeline.rate.peek(now) as u64 } else { 0 }
        };
        let rank = |conn: &Connection| {
            (
                !is_idle(conn, now),
                given(conn),
                conn.upload.slot.pace(now),
                Reverse(now.since(conn.upload.slot.since)),
            )
        };
        let mut served: Vec<_> = self
            .conns
            .iter()
            .filter(|(_, conn)| !conn.upload.am_choking && now.since(conn.upload.slot.since) >= ROUND)
            .map(|(id, conn)| (rank(conn), *id))
            .collect();
        served.sort_unstable();
        for (_, id) in served.into_iter().take(leaving) {
            self.choke(now, id, out);
        }
        self.offer_slots(now, out);
    }

    fn unchoke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.upload.am_choking = false;
            conn.upload.slot.begin(now);
            conn.last_sent = now;
            out.send(id, Message::Unchoke);
        }
    }

    /// Chokes a peer; each request that waits is rejected, where the peer understands that (BEP 6).
    pub(super) fn choke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id).filter(|conn| !conn.upload.am_choking) else {
            return;
        };
        let wasted = is_idle(conn, now) && !self.super_seed.hides_from(id);
        conn.upload.am_choking = true;
        conn.upload.slot.end(now, wasted);
        conn.last_sent = now;
        out.send(id, Message::Choke);
        for span in conn.upload.queue.clear() {
            self.super_seed.withdrawn(id, span.piece());
            if conn.remote.features.fast {
                out.send(id, Message::Reject(span.into()));
            }
        }
        self.serving.turns.remove(&id);
        // What it was shown, and cannot ask for, is for others.
        self.set_super_seed_timer();
    }
}

/// How many slots in a row it made nothing of.
fn wasted(conn: &Connection, now: Time) -> u32 {
    if now.since(conn.upload.slot.since) < FORGIVEN { conn.upload.slot.wasted } else { 0 }
}

/// Whether whoever has this slot neither asks for anything nor takes what it asked for.
fn is_idle(conn: &Connection, now: Time) -> bool {
    let takes_nothing = if conn.upload.queue.unsent() > 0 {
        conn.upload.queue.is_stuck(now)
    } else {
        conn.upload.queue.is_empty()
    };
    takes_nothing && conn.upload.slot.still(now) >= IDLE
}
