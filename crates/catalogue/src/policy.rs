//! The numbers by which the catalogue works: intervals and limits.

use std::time::Duration;

/// Intervals and limits. [`Policy::default`] is what a tracker uses.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Time between two regular announces of a stock client.
    pub announce_interval: Duration,
    /// The least time between two announces.
    pub min_interval: Duration,
    /// How long a stock client counts after its last announce.
    pub announce_lease: Duration,
    /// Time between two pings on the channel.
    pub keep_alive: Duration,
    /// How long a connected peer counts without a sign of life.
    pub session_lease: Duration,
    /// How long an update waits for the other peers.
    pub update_deadline: Duration,
    /// How long a peer may take for the metainfo of one item before others are asked for it, too.
    pub metainfo_deadline: Duration,
    /// How long a session may take to show that it is alive, when somebody else comes with its peer id.
    pub contest_deadline: Duration,
    /// Neighbours handed out when a peer does not say how many it wants. It ends with about twice as many connections, for
    /// others are told of it. Who came last asks again, until all have about the same number: whoever has fewer links than
    /// the others is the last one to finish, and more links spread pieces no better.
    pub neighbours: usize,
    /// Peers handed out to a stock client that does not say how many it wants.
    pub default_numwant: usize,
    /// Most peers handed out to a stock client.
    pub max_numwant: usize,
    /// Peers that may be connected at once.
    pub max_sessions: usize,
    /// Most items of one peer.
    pub max_items_per_peer: usize,
    /// Most bytes of bitfields kept for one peer.
    pub max_state_bytes: usize,
    /// Most items that one peer follows.
    pub max_follows: usize,
    /// Most items of the catalogue.
    pub max_items: usize,
    /// Most swarms, those of unknown items included.
    pub max_swarms: usize,
    /// Most peers of one swarm.
    pub max_swarm_peers: usize,
    /// Most items of one name that one peer introduces.
    pub max_variants_per_peer: usize,
    /// Most registrations of all peers; a host has a share of them, and of what follows.
    pub max_registrations: usize,
    /// Most registrations of items that are not known yet.
    pub max_unknown: usize,
    /// Most bytes of bitfields. Of a peer for whose bitfield there is no room it is not known which pieces it has.
    pub max_all_state_bytes: usize,
    /// Most stock clients, each counted once in a swarm.
    pub max_announced: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            announce_interval: Duration::from_secs(300),
            min_interval: Duration::from_secs(30),
            announce_lease: Duration::from_secs(660),
            keep_alive: Duration::from_secs(15),
            session_lease: Duration::from_secs(45),
            update_deadline: Duration::from_secs(5),
            metainfo_deadline: Duration::from_secs(10),
            contest_deadline: Duration::from_secs(5),
            neighbours: 7,
            default_numwant: 50,
            max_numwant: 200,
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
