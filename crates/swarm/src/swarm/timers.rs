//! What happens because time passes.

use std::time::Duration;

use peerpool_wire::{message::Message, time::Time};

use super::{Swarm, choking::ROUND};
use crate::{ConnId, Outbox, Reason};

/// Connections are looked after this often, while there are any.
const CARE: Duration = Duration::from_secs(1);
/// A peer that owes us blocks and sends none for so long is asked for little from then on …
const SNUB: Duration = Duration::from_secs(8);
/// … or for so long, when it never gave anything.
const SNUB_NEW: Duration = Duration::from_secs(3);
/// Something is said at least this often (BEP 3 closes after two minutes).
const KEEP_ALIVE: Duration = Duration::from_secs(90);
/// A peer that says nothing for so long is gone …
const SILENT: Duration = Duration::from_secs(180);
/// … or for so long, while it owes us an answer: the other end may have lost power.
const SILENT_OWING: Duration = Duration::from_secs(60);

/// When what is due next.
#[derive(Debug)]
pub(super) struct Timers {
    care: Time,
    round: Time,
}

impl Timers {
    pub(super) fn new(now: Time) -> Self {
        Self { care: now + CARE, round: now + ROUND }
    }

    /// There is something to look after again, after a time in which nothing was due.
    pub(super) fn wake(&mut self, now: Time) {
        if self.care < now {
            self.care = now + CARE;
        }
        if self.round < now {
            self.round = now + ROUND;
        }
    }
}

impl<B> Swarm<B> {
    /// When [`Input::Tick`](crate::Input::Tick) is due, unless something else happens before; `None`: never.
    pub fn next_timeout(&self) -> Option<Time> {
        let connections = (!self.conns.is_empty()).then(|| self.timers.care.min(self.timers.round));
        let due = [
            connections,
            self.next_candidate(),
            self.super_seed.next_timeout(&self.conns),
            self.answers.due(),
        ];
        due.into_iter().flatten().min()
    }

    pub(super) fn handle_tick(&mut self, now: Time, out: &mut Outbox<B>) {
        if now >= self.timers.care {
            self.timers.care = now + CARE;
            self.look_after_connections(now, out);
        }
        if now >= self.timers.round {
            self.timers.round = now + ROUND;
            self.rotate_slots(now, out);
        }
        if self.answers.due().is_some_and(|due| now >= due) {
            self.answer(now, out);
        }
        let dry = self.serving.turns.is_empty() && self.unsent(now) == 0;
        self.super_seed.expire(now, dry);
        self.show_pieces(now, out);
        self.open_connections(now, out);
        self.find_candidates(now, out);
    }

    fn look_after_connections(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut silent = Vec::new();
        let mut stalled: Vec<ConnId> = Vec::new();
        for (id, conn) in &mut self.conns {
            let patience = if conn.download.pipeline.is_empty() { SILENT } else { SILENT_OWING };
            if now.since(conn.last_received) > patience {
                silent.push(*id);
            } else if now.since(conn.last_sent) > KEEP_ALIVE {
                conn.last_sent = now;
                out.send(*id, Message::KeepAlive);
            }
            let snub = if conn.download.received > 0 { SNUB } else { SNUB_NEW };
            if !conn.download.snubbed
                && conn.download.pipeline.silence(now).is_some_and(|silence| silence > snub)
            {
                stalled.push(*id);
            }
        }
        for id in stalled {
            self.give_up(now, id, out);
        }
        for id in silent {
            self.disconnect(now, id, Reason::Silent, out);
        }
        self.close_twins(now, out);
        self.weigh_neighbours(now);
        self.count_sources();
        self.feed_starved(now, out);
        self.offer_slots(now, out);
        self.serve(now, out);
    }
}
