//! What may pass on a connection.
//!
//! Whoever never had a right and acts as if it had breaks the rules, and its connection ends. A right that ends in the
//! middle is another matter: what was on its way then is turned down, or dropped.

use bytes::Bytes;
use peerpool_wire::{message::Message, time::Time};

use super::{Swarm, messages::Violation};
use crate::{ConnId, Event, Outbox, Reason, Rights};

/// Longest pass, in bytes.
const MAX_PASS: usize = 4096;

impl<B> Swarm<B> {
    pub(super) fn set_rights(&mut self, now: Time, id: ConnId, rights: Rights, out: &mut Outbox<B>) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let before = std::mem::replace(&mut conn.rights, rights);
        let told = conn.had.give;
        conn.had = Rights { give: told || rights.give, take: conn.had.take || rights.take };
        if before.give && !rights.give {
            self.choke(now, id, out);
        }
        if !told && rights.give {
            self.tell_what_we_have(now, id, out);
        }
        if before.take && !rights.take {
            self.take_back_requests(id, out);
            self.update_interest(now, id, out);
            self.feed_starved(now, out);
        }
        self.offer_slots(now, out);
        self.peer_changed(now, id, out);
    }

    /// Shows a newer pass, if the other end looks at passes.
    pub(super) fn show_pass(&mut self, now: Time, id: ConnId, payload: Bytes, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id)
            && let Some(number) = conn.extensions.pp_pass
        {
            conn.last_sent = now;
            out.send(id, Message::Extended { id: number, payload });
        }
    }

    /// The other end shows a newer pass.
    pub(super) fn handle_pass(
        &mut self,
        now: Time,
        id: ConnId,
        pass: &Bytes,
        out: &mut Outbox<B>,
    ) -> Result<(), Violation> {
        if !self.config.passes {
            return Ok(());
        }
        if pass.len() > MAX_PASS {
            return Err(Violation("a pass longer than any is"));
        }
        if self.conns.get_mut(&id).is_some_and(|conn| !conn.questions.may_introduce_itself(now)) {
            return Err(Violation("a flood of passes"));
        }
        out.event(Event::Pass { conn: id, pass: pass.clone() });
        Ok(())
    }

    /// Whether the other end may ask for pieces, hashes and metadata; if not, they are turned down.
    ///
    /// # Errors
    ///
    /// It never could.
    pub(super) fn may_be_asked(&self, id: ConnId) -> Result<bool, Reason> {
        match self.conns.get(&id) {
            Some(conn) if !conn.had.give => Err(Reason::Forbidden("it asked for what it may not have")),
            conn => Ok(conn.is_some_and(|conn| conn.rights.give)),
        }
    }

    /// Whether what the other end sends may be taken.
    ///
    /// # Errors
    ///
    /// It never could.
    pub(super) fn may_be_given(&self, id: ConnId) -> Result<bool, Reason> {
        match self.conns.get(&id) {
            Some(conn) if !conn.had.take => Err(Reason::Forbidden("it sent what it may not give")),
            conn => Ok(conn.is_some_and(|conn| conn.rights.take)),
        }
    }

    /// Takes back everything that a connection was asked for.
    pub(super) fn take_back_requests(&mut self, id: ConnId, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id) {
            for asked in conn.download.pipeline.clear() {
                out.send(id, Message::Cancel(asked.span.into()));
                conn.download.give_back(asked.span.length());
                if !asked.given_up {
                    self.picker.release(asked.span);
                }
            }
        }
        self.picker.disown_all(id, &mut self.rng);
    }
}
