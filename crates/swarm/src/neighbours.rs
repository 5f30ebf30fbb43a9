//! The peers around us: whom we know of, whom we connect to, and whom we do not let in.

mod arrivals;
mod bans;
mod candidates;
mod search;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use peerpool_wire::time::Time;

pub(crate) use self::candidates::Candidates;
use self::{arrivals::Arrivals, bans::Bans, search::Search};
use crate::{ConnId, HeardFrom, Reason, Remote, connection::Connection};

/// Connections being opened at a time.
const MAX_CONNECTING: usize = 16;
/// Departed connections remembered.
const MAX_DEPARTED: usize = 64;
/// When a peer that closed the connection is tried again.
const RECONNECT: Duration = Duration::from_secs(5);
/// When a peer that had nothing to exchange is tried again.
const LATER: Duration = Duration::from_secs(60);
/// A new connection counts for this long whatever it does …
const PATIENCE: Duration = Duration::from_secs(10);
/// … or only this long while no neighbour at all has anything for us.
const LONELY: Duration = Duration::from_secs(2);
/// How long it counts that a peer gave or took something.
const RECENT: Duration = Duration::from_secs(30);
/// How long a promise counts: of pieces, while it chokes us, or of interest, while it asks for nothing.
const PROMISE: Duration = Duration::from_secs(20);

/// Everybody who is, was or may become a neighbour.
#[derive(Debug)]
pub(crate) struct Neighbours {
    candidates: Candidates,
    search: Search,
    /// Addresses that are being connected to.
    connecting: BTreeSet<SocketAddr>,
    bans: Bans,
    arrivals: Arrivals,
    /// Connections that are of no use.
    useless: usize,
    /// The last connections that are gone, in case one of them turns out to have lied.
    departed: VecDeque<(ConnId, Remote)>,
}

impl Neighbours {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            candidates: Candidates::default(),
            search: Search::new(now),
            connecting: BTreeSet::new(),
            bans: Bans::default(),
            arrivals: Arrivals::default(),
            useless: 0,
            departed: VecDeque::new(),
        }
    }

    /// Somebody told of these addresses.
    pub(crate) fn hear_of(&mut self, addrs: Vec<SocketAddr>, heard_from: HeardFrom) {
        for addr in addrs {
            if self.candidates.add(addr, heard_from) {
                self.search.found();
            }
        }
    }

    /// Whatever was in vain may not be any more.
    pub(crate) fn retry(&mut self) {
        self.candidates.retry();
    }

    /// Connections being opened.
    pub(crate) fn connecting(&self) -> usize {
        self.connecting.len()
    }

    /// Whether, with so many connections, fewer than `wanted` are of use or being opened.
    pub(crate) fn are_few(&self, connections: usize, wanted: usize) -> bool {
        let connecting = self.connecting.len();
        connecting < MAX_CONNECTING && connections - self.useless + connecting < wanted
    }

    /// Whether there is an address to try now.
    pub(crate) fn is_candidate_due(&self, now: Time) -> bool {
        self.candidates.is_due(now)
    }

    /// The address to try now.
    pub(crate) fn next_candidate(&mut self, now: Time) -> Option<SocketAddr> {
        self.candidates.take(now)
    }

    /// Whether to connect to an address: not where wrong data came from lately, and not twice.
    pub(crate) fn begin_connecting(
        &mut self,
        now: Time,
        addr: SocketAddr,
        conns: &BTreeMap<ConnId, Connection>,
    ) -> bool {
        if let Some(left) = self.bans.barred(now, addr, true) {
            self.candidates.disconnected(now, addr, left);
            return false;
        }
        // An address that was forgotten, and told of again, may still be tried.
        let connected = conns.values().any(|conn| conn.remote.outgoing && conn.remote.addr == addr);
        !connected && self.connecting.insert(addr)
    }

    /// A connection stands.
    pub(crate) fn connected(&mut self, remote: &Remote) {
        if remote.outgoing {
            self.connecting.remove(&remote.addr);
            self.candidates.connected(remote.addr);
        }
    }

    pub(crate) fn connect_failed(&mut self, now: Time, addr: SocketAddr) {
        self.connecting.remove(&addr);
        self.candidates.failed(now, addr);
    }

    /// Whether wrong data came from there lately.
    pub(crate) fn are_barred(&self, now: Time, remote: &Remote) -> bool {
        self.bans.barred(now, remote.addr, remote.outgoing).is_some()
    }

    /// Whether an incoming connection is one too many of its host.
    pub(crate) fn are_too_many_of(&mut self, now: Time, remote: &Remote) -> bool {
        !self.arrivals.knock(now, remote.host())
    }

    /// Whether liars came from this host lately.
    pub(crate) fn are_suspected(&self, now: Time, addr: SocketAddr) -> bool {
        self.bans.is_suspected(now, addr)
    }

    /// We closed a connection, or did not let it in: when its address is tried again.
    pub(crate) fn closed(&mut self, now: Time, remote: &Remote, reason: &Reason) {
        let addr = remote.addr;
        match reason {
            Reason::Ourselves | Reason::Protocol(_) => self.candidates.forget(addr),
            // The other connection may turn out to be that of somebody else.
            Reason::Crossed => self.candidates.disconnected(now, addr, RECONNECT),
            Reason::Liar => {
                let left = self.bans.barred(now, addr, true).unwrap_or(LATER);
                self.candidates.disconnected(now, addr, left);
            }
            Reason::Useless => self.candidates.was_useless(now, addr),
            _ => self.candidates.disconnected(now, addr, LATER),
        }
    }

    /// A connection is gone, whoever closed it.
    pub(crate) fn left(&mut self, now: Time, id: ConnId, conn: Connection) {
        self.useless -= usize::from(conn.standing.useless);
        self.candidates.disconnected(now, conn.remote.addr, RECONNECT);
        self.search.lost_one();
        if conn.download.received > 0 {
            self.departed.push_back((id, conn.remote));
            if self.departed.len() > MAX_DEPARTED {
                self.departed.pop_front();
            }
        }
    }

    /// A connection that is gone brought wrong data: who it was, if that is remembered.
    pub(crate) fn recall(&mut self, id: ConnId) -> Option<Remote> {
        let nth = self.departed.iter().position(|(gone, _)| *gone == id)?;
        self.departed.remove(nth).map(|(_, remote)| remote)
    }

    /// Wrong data came from there; what peer id it showed proves nothing.
    pub(crate) fn ban(&mut self, now: Time, remote: &Remote) {
        self.bans.strike(now, remote);
    }

    /// Looks which connections are of no use; none is blamed while we are not `looking` for anything.
    pub(crate) fn weigh(&mut self, now: Time, conns: &mut BTreeMap<ConnId, Connection>, looking: bool) {
        let gives = |conn: &Connection| conn.holdings.needed > 0 && !conn.download.snubbed;
        let lonely = !conns.values().any(gives);
        let patience = if lonely { LONELY } else { PATIENCE };
        self.useless = 0;
        for conn in conns.values_mut() {
            conn.standing.useless = looking && !is_of_use(conn, now, patience);
            self.useless += usize::from(conn.standing.useless);
            if conn.standing.good > 0 && conn.remote.outgoing {
                self.candidates.was_useful(conn.remote.addr);
            }
        }
        self.search.urgent = self.useless > 0 && (lonely || self.useless * 2 > conns.len());
    }

    /// Whether somebody reads what no neighbour has.
    pub(crate) fn set_held_up(&mut self, held_up: bool) {
        self.search.held_up = held_up;
    }

    /// When the next candidate may be tried, or more are to be looked for.
    pub(crate) fn next_due(&self) -> Time {
        let search = self.search.due();
        self.candidates.next_due().map_or(search, |due| due.min(search))
    }

    /// Whether it is time to look for more; a search begins then.
    pub(crate) fn begin_search(&mut self, now: Time) -> bool {
        let due = now >= self.search.due();
        if due {
            self.search.begin(now);
        }
        due
    }
}

/// A claim is believed for a while, silence is not.
fn is_of_use(conn: &Connection, now: Time, patience: Duration) -> bool {
    let Connection { download, upload, standing, rights, .. } = conn;
    let lets_us_ask = !download.peer_choking || now.since(download.peer_choking_since) < PROMISE;
    let promises = rights.take && conn.holdings.needed > 0 && !download.snubbed && lets_us_ask;
    let waits = rights.give
        && upload.peer_interested
        && (upload.am_choking || now.since(upload.slot.since) < PROMISE);
    let proven = standing.idle(now) < RECENT && standing.idle(now) < standing.age(now);
    (standing.age(now) < patience && !download.snubbed) || proven || promises || waits
}
