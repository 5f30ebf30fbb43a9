//! The connected peers.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
};

use peerpool_wire::{
    channel::{PeerInfo, SilentPeer},
    id::{InfoHash, PeerId},
    time::Time,
};
use rustc_hash::FxHashSet;

use crate::{
    input::{Ends, SessionId},
    swarm_peer::Identity,
    swarms::SwarmId,
};

/// What is known of one connected peer.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer_id: PeerId,
    pub(crate) identity: Identity,
    pub(crate) name: String,
    pub(crate) agent: String,
    pub(crate) ends: Ends,
    pub(crate) port: u16,
    pub(crate) connected: Time,
    pub(crate) heard: Time,
    /// Swarms of known items in which it is.
    pub(crate) swarms: FxHashSet<SwarmId>,
    /// Items that it registered and that wait for metainfo.
    pub(crate) unknown: BTreeSet<InfoHash>,
    /// Bytes of bitfields kept for it.
    pub(crate) state_bytes: usize,
    pub(crate) follows: BTreeSet<SwarmId>,
    pub(crate) metainfo: MetainfoAsks,
}

/// The metainfo that a peer is asked for: some at a time, so that a slow peer holds up little.
#[derive(Debug, Default)]
pub(crate) struct MetainfoAsks {
    /// Asked and not answered.
    pub(crate) open: BTreeSet<InfoHash>,
    /// To be asked next.
    pub(crate) queue: VecDeque<InfoHash>,
    /// Since when the peer has owed the next answer.
    pub(crate) since: Time,
}

impl Session {
    pub(crate) fn item_count(&self) -> usize {
        self.swarms.len() + self.unknown.len()
    }

    pub(crate) fn info(&self, now: Time) -> PeerInfo {
        PeerInfo {
            peer_id: self.peer_id,
            name: self.name.clone(),
            agent: self.agent.clone(),
            ip: self.ends.remote,
            port: self.port,
            reachable: None,
            items: self.item_count() as u32,
            connected_seconds: now.since(self.connected).as_secs(),
        }
    }

    pub(crate) fn silent(&self) -> SilentPeer {
        SilentPeer { peer_id: self.peer_id, name: self.name.clone(), ip: self.ends.remote }
    }
}

impl Ends {
    /// Where the other side reaches `address`: a loopback address means this machine, which the other side knows
    /// by our end of its connection.
    pub(crate) fn reach(&self, address: SocketAddr) -> SocketAddr {
        if address.ip().is_loopback() && !self.remote.is_loopback() {
            SocketAddr::new(self.local, address.port())
        } else {
            address
        }
    }
}

/// Sessions by connection and by peer id; each peer id has one.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_id: BTreeMap<SessionId, Session>,
    by_peer: BTreeMap<PeerId, SessionId>,
}

impl Sessions {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn of_peer(&self, peer_id: PeerId) -> Option<SessionId> {
        self.by_peer.get(&peer_id).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.by_id.iter().map(|(&id, session)| (id, session))
    }

    pub(crate) fn insert(&mut self, id: SessionId, session: Session) {
        self.by_peer.insert(session.peer_id, id);
        self.by_id.insert(id, session);
    }

    pub(crate) fn remove(&mut self, id: SessionId) -> Option<Session> {
        let session = self.by_id.remove(&id)?;
        self.by_peer.remove(&session.peer_id);
        Some(session)
    }
}
