//! What happens because time passes.

use std::time::Duration;

use peerpool_wire::{message::Message, time::Time};

use super::{Swarm, choking::ROUND};
use crate::{ConnId, Outbox, Reason, connection::Connection, timers::Timer};

/// How often connections are looked after, while there are any.
const CARE: Duration = Duration::from_secs(1);
/// The same, where nothing happens.
const CARE_AT_REST: Duration = Duration::from_secs(4);
/// A peer that owes us blocks and sends none for this long is asked for little from then on …
const SNUB: Duration = Duration::from_secs(8);
/// … or for this long, when it never gave anything.
const SNUB_NEW: Duration = Duration::from_secs(3);
/// Something is said at least this often (BEP 3 closes after two minutes).
const KEEP_ALIVE: Duration = Duration::from_secs(90);
/// A peer that says nothing for this long is gone …
const SILENT: Duration = Duration::from_secs(180);
/// … or for this long, while it owes us an answer: the other end may have lost power.
const SILENT_OWING: Duration = Duration::from_secs(60);

impl<B> Swarm<B> {
    /// When [`Input::Tick`](crate::Input::Tick) is due, unless something else happens before; `None`: never.
    pub fn next_timeout(&self) -> Option<Time> {
        self.timers.next()
    }

    pub(super) fn handle_tick(&mut self, now: Time, out: &mut Outbox<B>) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Care => {
                    self.stirred = false;
                    self.look_after_connections(now, out);
                }
                Timer::Rotation => self.rotate_slots(now, out),
                Timer::Answers => self.answer(now, out),
                Timer::SuperSeed => self.expire_shown(now),
                Timer::Candidates => {
                    self.open_connections(now, out);
                    self.find_candidates(now, out);
                }
                Timer::Readers => self.hurry(now, out),
            }
        }
        self.keep_watch(now);
        // Whoever was unchoked may be shown something.
        self.show_pieces(now, out);
        self.set_super_seed_timer();
    }

    /// Something comes or is ordered.
    pub(super) fn stir(&mut self, now: Time) {
        if !std::mem::replace(&mut self.stirred, true) {
            self.timers.hasten(Timer::Care, now.next_multiple(CARE));
            self.keep_watch(now);
        }
    }

    /// Connections are looked after as long as there are any: seldom while nothing comes and nobody wants anything.
    pub(super) fn keep_watch(&mut self, now: Time) {
        if self.conns.is_empty() || self.timers.is_set(Timer::Care) && self.timers.is_set(Timer::Rotation) {
            return;
        }
        let wants = |conn: &Connection| {
            conn.download.am_interested || conn.upload.peer_interested || !conn.download.pipeline.is_empty()
        };
        let rests = !self.stirred && !self.conns.values().any(wants);
        if !self.timers.is_set(Timer::Care) {
            // At moments that the swarms of a peer share, which have one clock: they wake up together.
            let pause = if rests { CARE_AT_REST } else { CARE };
            self.timers.set(Timer::Care, Some(now.next_multiple(pause)));
        }
        if !rests && !self.timers.is_set(Timer::Rotation) {
            self.timers.set(Timer::Rotation, Some(now + ROUND));
        }
    }

    fn look_after_connections(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut silent = Vec::new();
        let mut stalled: Vec<ConnId> = Vec::new();
        for (id, conn) in &mut self.conns {
            let pipeline = &conn.download.pipeline;
            let patience = if pipeline.is_empty() { SILENT } else { SILENT_OWING };
            if now.since(conn.last_received) > patience {
                silent.push(*id);
            } else if now.since(conn.last_sent) > KEEP_ALIVE {
                conn.last_sent = now;
                out.send(*id, Message::KeepAlive);
            }
            let snub = if conn.download.received > 0 { SNUB } else { SNUB_NEW };
            if !conn.download.snubbed && pipeline.silence(now).is_some_and(|silence| silence > snub) {
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
        self.open_connections(now, out);
    }
}
