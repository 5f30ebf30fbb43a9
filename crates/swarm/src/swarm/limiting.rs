//! What is fetched may be limited: then the driver says how much may be asked for.

use peerpool_wire::time::Time;

use super::Swarm;
use crate::{ConnId, Outbox, Output};

impl<B> Swarm<B> {
    pub(super) fn set_limited(&mut self, now: Time, limited: bool, out: &mut Outbox<B>) {
        if std::mem::replace(&mut self.requests.limited, limited) == limited {
            return;
        }
        self.conns.values_mut().for_each(|conn| conn.download.set_limited(limited));
        self.ask_everybody(now, out);
    }

    pub(super) fn handle_allowance(&mut self, now: Time, id: ConnId, bytes: u32, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id)
            && let Some(allowance) = &mut conn.download.allowance
        {
            allowance.grant(bytes);
            self.ask(now, id, out);
        }
    }

    /// Has the driver allow a connection a request of this length.
    pub(super) fn wish(&mut self, id: ConnId, length: u32, out: &mut Outbox<B>) {
        if let Some(conn) = self.conns.get_mut(&id)
            && let Some(allowance) = &mut conn.download.allowance
            && let Some(bytes) = allowance.wish(length)
        {
            out.push(Output::AskAllowance { conn: id, bytes });
        }
    }
}
