//! Super-seeding, as far as it concerns connections: what [`SuperSeed`](crate::super_seed::SuperSeed) decides is said
//! here.

use peerpool_wire::{geometry::Piece, message::Message, time::Time};

use super::Swarm;
use crate::{ConnId, Outbox, super_seed::Uplink, timers::Timer};

impl<B> Swarm<B> {
    /// Shows pieces while there is room for them to be asked for.
    pub(super) fn show_pieces(&mut self, now: Time, out: &mut Outbox<B>) {
        if !self.super_seed.is_active() {
            return;
        }
        self.super_seed.open_up(now, &self.conns);
        self.show_parts(now, out);
        if !self.picker.have().is_all() {
            return;
        }
        let uplink = Uplink {
            rate: self.serving.rate.get(now),
            under_way: self.under_way(now),
            asked: self.moving(now).map(|queue| queue.bytes() + queue.unsent()).sum::<u64>() as f64,
        };
        let Some(mut window) = self.super_seed.window(uplink, &self.conns) else { return };
        let mut any = false;
        while let Some((id, piece)) = self.super_seed.next(now, &mut window, &self.conns) {
            self.show(now, id, piece, out);
            any = true;
        }
        if any {
            self.set_super_seed_timer();
        }
    }

    /// What was shown is forgotten where nobody answered it.
    pub(super) fn expire_shown(&mut self, now: Time) {
        // Whatever was answered meanwhile may have been what the timer was set for.
        if self.super_seed.next_timeout(&self.conns).is_some_and(|due| due <= now) {
            let dry = self.serving.turns.is_empty() && self.unsent(now) == 0;
            self.super_seed.expire(now, dry, &self.conns);
        }
    }

    /// Sets the timer anew, after anything that may be due earlier than it was.
    pub(super) fn set_super_seed_timer(&mut self) {
        let due = self.super_seed.next_timeout(&self.conns);
        self.timers.set(Timer::SuperSeed, due);
    }

    fn show(&mut self, now: Time, id: ConnId, piece: Piece, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        if self.super_seed.hides_from(id) {
            // From now on it can say that it wants something.
            conn.upload.slot.asked(now);
        }
        let mut next = Some(piece);
        while let Some(piece) = next {
            next = self.super_seed.show(now, id, piece, &conn.holdings.pieces);
            out.send(id, Message::Have(piece.index()));
        }
        conn.last_sent = now;
    }

    /// Shows everything to everybody, where that is not here any more.
    pub(super) fn end_super_seeding(&mut self, now: Time, out: &mut Outbox<B>) {
        self.super_seed.end(now);
        self.show_parts(now, out);
    }

    fn show_parts(&mut self, now: Time, out: &mut Outbox<B>) {
        let parts = self.super_seed.next_parts(now, self.picker.have());
        if !parts.is_empty() {
            self.set_super_seed_timer();
        }
        for (id, part) in parts {
            if let Some(conn) = self.conns.get_mut(&id) {
                conn.last_sent = now;
            }
            for piece in part {
                out.send(id, Message::Have(piece.index()));
            }
        }
    }
}
