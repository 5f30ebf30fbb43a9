//! Who is served: a bounded number of upload slots (swarm-policy U1).
//!
//! A slot is kept by whoever makes something of it. Who asks for nothing, or does not take what it asked for, gives way as
//! soon as somebody waits, and comes last when it waits again. Who never had a slot comes first: a seed that shows its pieces
//! one by one shows none to whom it chokes, so a newcomer cannot even say that it wants something.

use std::{cmp::Reverse, time::Duration};

use peerpool_wire::{message::Message, time::Time};

use super::Swarm;
use crate::{ConnId, Outbox, connection::Connection};

/// A slot is kept for at least so long, so that pieces are finished …
pub(super) const ROUND: Duration = Duration::from_secs(10);
/// … unless its owner asks for nothing, or takes nothing, for so long …
const IDLE: Duration = Duration::from_secs(3);
/// … or has said for so long that it wants nothing.
const UNWANTED: Duration = Duration::from_secs(1);
/// Who made nothing of its slot has waited long enough after this.
const FORGIVEN: Duration = Duration::from_secs(60);

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
            conn.slot.since = now;
        }
        self.offer_slots(now, out);
    }

    /// Gives slots that are free, or not made use of, to those that wait.
    pub(super) fn offer_slots(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut free =
            self.config.upload_slots.saturating_sub(self.conns.values().filter(|conn| !conn.choking).count());
        // Who will want something is unchoked before it says so, so that its first request comes a round trip
        // earlier; it gives way to those that do want something.
        while let Some(id) = self.next_to_serve(now) {
            if free == 0 {
                let Some(idle) = self.conns.get(&id).and_then(|waiting| self.idle_slot(now, waiting)) else {
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
        let rank = |conn: &Connection| (!waits(conn), wasted(conn, now), conn.slot.had, conn.slot.since);
        self.conns
            .iter()
            .filter(|(_, conn)| conn.choking && !conn.is_upload_only())
            .min_by_key(|(_, conn)| rank(conn))
            .map(|(id, _)| *id)
    }

    /// A slot that gives way to `waiting`: of those that are made no use of, the one for the longest time.
    fn idle_slot(&self, now: Time, waiting: &Connection) -> Option<ConnId> {
        if !waits(waiting) {
            return None;
        }
        let unwanted = |conn: &Connection| {
            waiting.wants
                && !conn.wants
                && could_ask(conn)
                && conn.slot.still(now) >= UNWANTED
                && wasted(waiting, now) == 0
        };
        // Nobody gives way to somebody who is no better.
        let idle = |conn: &Connection| is_idle(conn, now) && wasted(conn, now) + 1 > wasted(waiting, now);
        self.conns
            .iter()
            .filter(|(_, conn)| !conn.choking && (idle(conn) || unwanted(conn)))
            .max_by_key(|(_, conn)| (idle(conn), !conn.wants, conn.slot.still(now)))
            .map(|(id, _)| *id)
    }

    /// Once a round, where more want to be served than there are slots: a quarter of the slots changes hands.
    ///
    /// Those that make no use of it, and then those that give us nothing, while we need something, give way first
    /// (swarm-policy U3); then those that take the least; then those that were served longest.
    pub(super) fn rotate_slots(&mut self, now: Time, out: &mut Outbox<B>) {
        let in_line = |conn: &Connection| conn.choking && waits(conn) && wasted(conn, now) == 0;
        let waiting = self.conns.values().filter(|conn| in_line(conn) && !conn.is_upload_only()).count();
        let leaving = waiting.min(self.config.upload_slots.div_ceil(4));
        let need = !self.is_complete();
        let given = |conn: &Connection| {
            if need { conn.pipeline.rate.peek(now) as u64 } else { 0 }
        };
        let rank = |conn: &Connection| {
            (!is_idle(conn, now), given(conn), conn.slot.pace(now), Reverse(now.since(conn.slot.since)))
        };
        let mut served: Vec<_> = self
            .conns
            .iter()
            .filter(|(_, conn)| !conn.choking && now.since(conn.slot.since) >= ROUND)
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
            conn.choking = false;
            conn.slot.begin(now);
            conn.spoken = now;
            out.send(id, Message::Unchoke);
        }
    }

    /// Chokes a peer; each request that waits is rejected, where the peer understands that (BEP 6).
    fn choke(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id).filter(|conn| !conn.choking) else {
            return;
        };
        let wasted = is_idle(conn, now) && could_ask(conn);
        conn.choking = true;
        conn.slot.end(now, wasted);
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

/// Whether somebody who is choked would make something of a slot: it wants something, or has not been shown anything yet.
fn waits(conn: &Connection) -> bool {
    conn.wants || (!conn.slot.had && conn.shown.is_some())
}

/// How many slots in a row it made nothing of.
fn wasted(conn: &Connection, now: Time) -> u32 {
    if now.since(conn.slot.since) < FORGIVEN { conn.slot.wasted } else { 0 }
}

/// Whether whoever has this slot neither asks for anything nor takes what it asked for.
fn is_idle(conn: &Connection, now: Time) -> bool {
    let takes_nothing =
        if conn.uploads.unsent() > 0 { conn.uploads.is_stuck(now) } else { conn.uploads.is_empty() };
    takes_nothing && conn.slot.still(now) >= IDLE
}

/// Whether it knows of anything to ask for.
fn could_ask(conn: &Connection) -> bool {
    conn.shown.as_ref().is_none_or(|shown| shown.is_anything())
}
