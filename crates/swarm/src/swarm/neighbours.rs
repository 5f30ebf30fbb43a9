//! Which connections count as neighbours, and which addresses are tried instead of those that do not.
//!
//! Only what is of use counts towards the wanted number of connections: who has something that we need and gives it, or
//! needs something of ours and takes it. Holders that are paused, that have nothing yet, that claim and never deliver,
//! or that never unchoke us do not keep us from looking for others. They stay connected as long as there is room, for
//! they may be of use later.

use std::net::SocketAddr;

use peerpool_wire::time::Time;

use super::Swarm;
use crate::{ConnId, HeardFrom, Outbox, Output, Reason, timers::Timer};

/// While most connections are of no use, up to this many times the wanted number are kept.
const SPARE: usize = 3;

impl<B> Swarm<B> {
    pub(super) fn handle_candidates(
        &mut self,
        now: Time,
        addrs: Vec<SocketAddr>,
        heard_from: HeardFrom,
        out: &mut Outbox<B>,
    ) {
        self.neighbours.hear_of(addrs, heard_from);
        self.open_connections(now, out);
    }

    /// Tries everybody anew whom nothing came of ([`Command::Retry`](crate::Command::Retry)).
    pub(super) fn retry(&mut self, now: Time, out: &mut Outbox<B>) {
        self.neighbours.retry();
        self.open_connections(now, out);
    }

    pub(super) fn handle_connect_failed(&mut self, now: Time, addr: SocketAddr, out: &mut Outbox<B>) {
        self.neighbours.connect_failed(now, addr);
        self.open_connections(now, out);
    }

    /// Opens connections up to the wanted number, as long as something is missing.
    pub(super) fn open_connections(&mut self, now: Time, out: &mut Outbox<B>) {
        while self.wants_connections() && self.neighbours.is_candidate_due(now) && self.has_room(now, out) {
            let Some(addr) = self.neighbours.next_candidate(now) else {
                break;
            };
            if self.neighbours.begin_connecting(now, addr, &self.conns) {
                out.push(Output::Connect { addr });
            }
        }
        self.set_candidates_timer();
    }

    pub(super) fn wants_connections(&self) -> bool {
        let wanted = self.config.wanted_connections.min(self.config.max_connections);
        !self.requests.paused && !self.is_complete() && self.neighbours.are_few(self.conns.len(), wanted)
    }

    /// Whether one more connection may be opened; some that are of no use may have to make room.
    fn has_room(&mut self, now: Time, out: &mut Outbox<B>) -> bool {
        let most = self.config.max_connections.min(self.config.wanted_connections * SPARE);
        while self.conns.len() + self.neighbours.connecting() >= most {
            let useless = self.conns.iter().filter(|(_, conn)| conn.standing.useless);
            let oldest = useless.max_by_key(|(_, conn)| (conn.remote.outgoing, conn.standing.idle(now)));
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return false;
            };
            self.close(now, oldest, Reason::Useless, out);
        }
        true
    }

    /// Looks which connections are of no use.
    pub(super) fn weigh_neighbours(&mut self, now: Time) {
        let looking = !self.requests.paused && !self.is_complete();
        self.neighbours.weigh(now, &mut self.conns, looking);
    }

    /// The next candidate may be tried then, or more are looked for, if any is wanted.
    pub(super) fn set_candidates_timer(&mut self) {
        let due = self.wants_connections().then(|| self.neighbours.next_due());
        self.timers.set(Timer::Candidates, due);
    }

    /// A peer that came last knows only those that came before, and few know it: with fewer neighbours than others it
    /// would be the last to finish. So who has fewer than wanted looks for more, more rarely each time.
    pub(super) fn find_candidates(&mut self, now: Time, out: &mut Outbox<B>) {
        if self.wants_connections() && self.neighbours.begin_search(now) {
            out.push(Output::FindCandidates);
        }
        self.set_candidates_timer();
    }

    /// Closes a connection and forgets it; others are opened instead.
    pub(super) fn disconnect(&mut self, now: Time, id: ConnId, reason: Reason, out: &mut Outbox<B>) {
        if self.close(now, id, reason, out) {
            self.open_connections(now, out);
        }
    }
}
