//! What a swarm's task shows of itself: figures, and who gave how much.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_swarm::{ConnStats, Stats, Swarm};
use peerpool_wire::{bitfield::Bitfield, id::PeerId, time::Time};
use tokio::sync::watch;

use super::{Served, connections::Connections};
use crate::buffer::Buffer;

/// Peers that are counted as takers.
const MAX_TAKERS: usize = 10_000;
/// Addresses that are remembered because they could not be connected to.
const MAX_UNREACHED: usize = 4;

/// A swarm at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) stats: Stats,
    /// Payload bytes given, those included that are under way.
    pub(crate) given: u64,
    /// Verified pieces.
    pub(crate) have: Option<Arc<Bitfield>>,
    pub(crate) rate_down: u64,
    pub(crate) rate_up: u64,
    pub(crate) sources: Vec<SourceProgress>,
    /// Connections to peers that have something we lack, and how many of those let us ask.
    pub(crate) useful: usize,
    pub(crate) unchoking: usize,
    /// Whether the disk lags behind.
    pub(crate) busy: bool,
    /// Who could not be connected to lately, and why.
    pub(crate) unreached: Vec<(SocketAddr, String)>,
}

/// A peer that is connected, or that gave something.
#[derive(Clone, Debug)]
pub(crate) struct SourceProgress {
    pub(crate) peer_id: PeerId,
    pub(crate) addr: SocketAddr,
    pub(crate) client: String,
    pub(crate) connected: bool,
    pub(crate) pieces: u32,
    pub(crate) bytes: u64,
    pub(crate) rate: u64,
    /// What goes to it.
    pub(crate) sent: u64,
    pub(crate) rate_up: u64,
}

/// Shows the figures to whoever watches.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) sources: Sources,
    takers: Takers,
    progress: watch::Sender<Progress>,
}

/// Who took something, and for how long something was given.
#[derive(Debug)]
struct Takers {
    peers: BTreeSet<PeerId>,
    began: Instant,
    /// Payload bytes given by the last tick.
    given: u64,
    busy: Duration,
}

impl Figures {
    pub(super) fn new(progress: watch::Sender<Progress>) -> Self {
        let takers = Takers { peers: BTreeSet::new(), began: Instant::now(), given: 0, busy: Duration::ZERO };
        Self { sources: Sources::default(), takers, progress }
    }

    /// A tick has passed, and so many bytes were given in all.
    pub(super) fn tick(&mut self, passed: Duration, given: u64) {
        if std::mem::replace(&mut self.takers.given, given) != given {
            self.takers.busy += passed;
        }
    }

    /// Somebody took something.
    pub(super) fn note_taker(&mut self, peer_id: PeerId) {
        if self.takers.peers.len() < MAX_TAKERS {
            self.takers.peers.insert(peer_id);
        }
    }

    /// What was given to others in all, of the item of this name.
    pub(super) fn served(&self, name: String, bytes: u64) -> Served {
        let Takers { peers, began, busy, .. } = &self.takers;
        Served { name, bytes, takers: peers.len() as u32, busy: *busy, ran: began.elapsed() }
    }

    /// Shows how the swarm stands now.
    pub(super) fn publish(&self, swarm: &Swarm<Buffer>, now: Time, connections: &Connections, busy: bool) {
        let stats = swarm.connections(now);
        connections.note_moved(&stats);
        let have = swarm.have();
        let shown = self.progress.borrow().have.clone();
        let have = match shown {
            Some(shown) if shown.count() == have.count() => shown,
            _ => Arc::new(have.clone()),
        };
        self.progress.send_replace(Progress {
            stats: swarm.stats(),
            given: connections.written(),
            have: Some(have),
            rate_down: stats.iter().map(|conn| conn.rate_down).sum(),
            rate_up: stats.iter().map(|conn| conn.rate_up).sum(),
            useful: stats.iter().filter(|conn| conn.interesting).count(),
            unchoking: stats.iter().filter(|conn| conn.interesting && !conn.peer_choking).count(),
            busy,
            unreached: self.sources.unreached(),
            sources: self.sources.progress(&stats),
        });
    }
}

/// Who gave how much, over all connections of this run.
#[derive(Debug, Default)]
pub(super) struct Sources {
    given: BTreeMap<PeerId, Given>,
    /// The latest last.
    unreached: Vec<(SocketAddr, String)>,
}

#[derive(Debug)]
struct Given {
    addr: SocketAddr,
    bytes: u64,
}

impl Sources {
    /// An address could not be connected to.
    pub(super) fn not_reached(&mut self, addr: SocketAddr, cause: &str) {
        self.reached(addr);
        if self.unreached.len() == MAX_UNREACHED {
            self.unreached.remove(0);
        }
        // The number of the system's error says nothing to people.
        let words = cause.split(" (os error").next().unwrap_or(cause).to_lowercase();
        self.unreached.push((addr, words));
    }

    /// An address could be connected to.
    pub(super) fn reached(&mut self, addr: SocketAddr) {
        self.unreached.retain(|(other, _)| *other != addr);
    }

    /// Who could not be connected to, of those tried last.
    pub(super) fn unreached(&self) -> Vec<(SocketAddr, String)> {
        self.unreached.clone()
    }

    /// Counts bytes that were of use.
    pub(super) fn count(&mut self, peer_id: PeerId, addr: SocketAddr, bytes: u32) {
        let given = self.given.entry(peer_id).or_insert(Given { addr, bytes: 0 });
        given.addr = addr;
        given.bytes += u64::from(bytes);
    }

    /// Those connected, then those that gave something before.
    pub(super) fn progress(&self, connections: &[ConnStats]) -> Vec<SourceProgress> {
        let connected = connections.iter().map(|conn| SourceProgress {
            peer_id: conn.peer_id,
            addr: conn.addr,
            client: conn.client.clone(),
            connected: true,
            pieces: conn.pieces,
            bytes: self.given.get(&conn.peer_id).map_or(0, |given| given.bytes),
            rate: conn.rate_down,
            sent: conn.sent,
            rate_up: conn.rate_up,
        });
        let gone = self
            .given
            .iter()
            .filter(|(peer_id, _)| !connections.iter().any(|conn| conn.peer_id == **peer_id));
        let gone = gone.map(|(peer_id, given)| SourceProgress {
            peer_id: *peer_id,
            addr: given.addr,
            client: String::new(),
            connected: false,
            pieces: 0,
            bytes: given.bytes,
            rate: 0,
            sent: 0,
            rate_up: 0,
        });
        connected.chain(gone).collect()
    }
}
