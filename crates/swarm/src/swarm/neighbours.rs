//! Which connections count as neighbours, and which addresses are tried instead of those that do not.
//!
//! Only what is of use counts towards the wanted number of connections: who has something that we need and gives it, or needs
//! something of ours and takes it. A claim is believed for a while, silence is not: holders that are paused, that have nothing
//! yet, that claim and never deliver, or that never unchoke us do not keep us from looking for others. They stay connected
//! as long as there is room, for they may be of use later.

use std::{net::SocketAddr, time::Duration};

use peerpool_wire::time::Time;

use super::Swarm;
use crate::{ConnId, HeardFrom, Outbox, Output, Reason, connection::Connection};

/// Connections being opened at a time.
const MAX_CONNECTING: usize = 16;
/// So many times as many connections as are wanted are kept while most of them are of no use.
const SPARE: usize = 3;
/// A new connection counts for so long whatever it does …
const PATIENCE: Duration = Duration::from_secs(10);
/// … or only so long while no neighbour at all has anything for us.
const LONELY: Duration = Duration::from_secs(2);
/// What was given or taken counts for so long.
const RECENT: Duration = Duration::from_secs(30);
/// A promise counts for so long: of pieces, while it chokes us, or of interest, while it asks for nothing.
const PROMISE: Duration = Duration::from_secs(20);

impl<B> Swarm<B> {
    pub(super) fn handle_candidates(
        &mut self,
        now: Time,
        addrs: Vec<SocketAddr>,
        heard_from: HeardFrom,
        out: &mut Outbox<B>,
    ) {
        for addr in addrs {
            if self.candidates.add(addr, heard_from) {
                self.search.found();
            }
        }
        self.open_connections(now, out);
    }

    /// Opens connections up to the wanted number, as long as something is missing.
    pub(super) fn open_connections(&mut self, now: Time, out: &mut Outbox<B>) {
        while self.wants_connections() && self.candidates.is_due(now) && self.has_room(now, out) {
            let Some(addr) = self.candidates.take(now) else {
                break;
            };
            if let Some(left) = self.bans.barred(now, addr, true) {
                self.candidates.disconnected(now, addr, left);
                continue;
            }
            let connected = |conn: &Connection| conn.remote.outgoing && conn.remote.addr == addr;
            // An address that was forgotten, and told of again, may still be tried.
            if !self.conns.values().any(connected) && self.connecting.insert(addr) {
                out.push(Output::Connect { addr });
            }
        }
        self.timers.wake(now);
    }

    pub(super) fn wants_connections(&self) -> bool {
        let under_way = self.connecting.len();
        let wanted = self.config.wanted_connections.min(self.config.max_connections);
        !self.paused
            && !self.is_complete()
            && under_way < MAX_CONNECTING
            && self.conns.len() - self.useless + under_way < wanted
    }

    /// Whether one more connection may be opened; some that are of no use may have to make room.
    fn has_room(&mut self, now: Time, out: &mut Outbox<B>) -> bool {
        let most = self.config.max_connections.min(self.config.wanted_connections * SPARE);
        while self.conns.len() + self.connecting.len() >= most {
            let useless = self.conns.iter().filter(|(_, conn)| conn.standing.useless);
            let oldest = useless.max_by_key(|(_, conn)| (conn.remote.outgoing, conn.standing.idle(now)));
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return false;
            };
            self.close_useless(now, oldest, out);
        }
        true
    }

    fn close_useless(&mut self, now: Time, id: ConnId, out: &mut Outbox<B>) {
        let addr = self.conns.get(&id).map(|conn| conn.remote.addr);
        self.drop_connection(now, id, Reason::Useless, out);
        if let Some(addr) = addr {
            self.candidates.was_useless(now, addr);
        }
    }

    /// Looks which connections are of no use.
    pub(super) fn weigh_neighbours(&mut self, now: Time) {
        let looking = !self.paused && !self.is_complete();
        let lonely = !self.conns.values().any(|conn| conn.needed > 0 && !conn.snubbed);
        let patience = if lonely { LONELY } else { PATIENCE };
        self.useless = 0;
        for conn in self.conns.values_mut() {
            conn.standing.useless = looking && !is_of_use(conn, now, patience);
            self.useless += usize::from(conn.standing.useless);
            if conn.standing.good > 0 && conn.remote.outgoing {
                self.candidates.was_useful(conn.remote.addr);
            }
        }
        self.search.urgent = self.useless > 0 && (lonely || self.useless * 2 > self.conns.len());
    }

    /// When the next candidate may be tried, or more are looked for, if one is wanted.
    pub(super) fn next_candidate(&self) -> Option<Time> {
        let search = self.search.due();
        self.wants_connections().then(|| self.candidates.next_due().map_or(search, |due| due.min(search)))
    }

    /// A peer that came last knows only those that came before, and few know it: with fewer neighbours than others it
    /// would be the last to finish. So who has fewer than wanted looks for more, more rarely each time.
    pub(super) fn find_candidates(&mut self, now: Time, out: &mut Outbox<B>) {
        if self.wants_connections() && now >= self.search.due() {
            self.search.begin(now);
            out.push(Output::FindCandidates);
        }
    }
}

fn is_of_use(conn: &Connection, now: Time, patience: Duration) -> bool {
    let promises =
        conn.needed > 0 && !conn.snubbed && (!conn.choked || now.since(conn.choked_since) < PROMISE);
    let waits = conn.wants && (conn.choking || now.since(conn.slot.since) < PROMISE);
    let proven = conn.standing.idle(now) < RECENT && conn.standing.idle(now) < conn.standing.age(now);
    (conn.standing.age(now) < patience && !conn.snubbed) || proven || promises || waits
}
