//! The intervals and limits by which the catalogue works.

use std::{fmt, time::Duration};

use peerpool_wire::networks::Networks;

/// Intervals and limits. [`Policy::default`] is what a tracker uses.
#[derive(Debug, Clone)]
pub struct Policy {
    /// For stock clients.
    pub announces: Announces,
    /// For connected peers.
    pub sessions: SessionTimes,
    /// Neighbours handed out when a peer does not say how many it wants. It ends up with about twice as many
    /// connections, because others learn of it. Late-comers ask again until all have about the same number: a peer with
    /// fewer links than the others finishes last, and more links spread pieces no better.
    pub neighbours: usize,
    /// The most that there may be.
    pub limits: Limits,
    /// Set where several nodes are one pool.
    pub pool: Option<Pool>,
    /// Which addresses are one network.
    pub networks: Networks,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            announces: Announces::default(),
            sessions: SessionTimes::default(),
            neighbours: 7,
            limits: Limits::default(),
            pool: None,
            networks: Networks::default(),
        }
    }
}

impl From<Limits> for Policy {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}

/// What the nodes of a pool have in common.
#[derive(Clone)]
pub struct Pool {
    /// Known to the nodes alone, and the same at all of them.
    pub secret: [u8; 16],
    /// How long the connected peers of a node that is out of reach still count.
    pub session_grace: Duration,
    /// The same for stock clients, which come back with their next announce.
    pub client_grace: Duration,
}

impl Pool {
    /// With the usual times.
    pub fn new(secret: [u8; 16]) -> Self {
        Self { secret, session_grace: Duration::from_secs(60), client_grace: Duration::from_secs(360) }
    }
}

impl fmt::Debug for Pool {
    /// The secret is never shown, so that it reaches no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool { .. }")
    }
}

/// What stock clients are told, and how long they count.
#[derive(Debug, Clone)]
pub struct Announces {
    /// Time between two regular announces of a stock client.
    pub interval: Duration,
    /// Minimum time between two announces of a stock client.
    pub min_interval: Duration,
    /// How long a stock client counts as present after its last announce.
    pub lease: Duration,
    /// Peers handed out to a stock client that does not say how many it wants.
    pub default_numwant: usize,
    /// Maximum number of peers handed out to a stock client.
    pub max_numwant: usize,
}

impl Default for Announces {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(300),
            min_interval: Duration::from_secs(30),
            lease: Duration::from_secs(660),
            default_numwant: 50,
            max_numwant: 200,
        }
    }
}

/// How long connected peers may take.
#[derive(Debug, Clone)]
pub struct SessionTimes {
    /// Time between two pings on the channel.
    pub keep_alive: Duration,
    /// How long a session lasts without a sign of life.
    pub lease: Duration,
    /// How long an update waits for the other peers.
    pub update_deadline: Duration,
    /// How long a peer may take to send the metainfo of one item before others are asked, too.
    pub metainfo_deadline: Duration,
    /// How long a session may take to show that it is alive when somebody else claims its peer id.
    pub contest_deadline: Duration,
}

impl Default for SessionTimes {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_secs(15),
            lease: Duration::from_secs(45),
            update_deadline: Duration::from_secs(5),
            metainfo_deadline: Duration::from_secs(10),
            contest_deadline: Duration::from_secs(5),
        }
    }
}

/// The most that there may be; `docs/runtime.md` says what happens at each bound.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Peers that may be connected at once.
    pub max_sessions: usize,
    /// Maximum number of items that one peer registers.
    pub max_items_per_peer: usize,
    /// Maximum bytes of bitfields kept for one peer.
    pub max_state_bytes: usize,
    /// Maximum number of items that one peer follows.
    pub max_follows: usize,
    /// Maximum number of items in the catalogue.
    pub max_items: usize,
    /// Maximum number of swarms, including those of unknown items.
    pub max_swarms: usize,
    /// Maximum number of peers in one swarm.
    pub max_swarm_peers: usize,
    /// Maximum number of items of one name that one peer introduces.
    pub max_variants_per_peer: usize,
    /// Maximum number of registrations of all peers. Each host gets a share of this, and of the limits below.
    pub max_registrations: usize,
    /// Maximum number of registrations of items that are not known yet.
    pub max_unknown: usize,
    /// Maximum bytes of bitfields. A peer for whose bitfield there is no room counts without it.
    pub max_all_state_bytes: usize,
    /// Maximum number of stock clients, each counted once for each of its swarms.
    pub max_announced: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_sessions: 100_000,
            max_items_per_peer: 100_000,
            max_state_bytes: 64 << 20,
            max_follows: 10_000,
            max_items: 5_000_000,
            max_swarms: 8_000_000,
            max_swarm_peers: 200_000,
            max_variants_per_peer: 16,
            max_registrations: 16_000_000,
            max_unknown: 2_000_000,
            max_all_state_bytes: 256 << 20,
            max_announced: 8_000_000,
        }
    }
}
